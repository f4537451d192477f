"""What depends on what in a definition: computed items, and conditions that show items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from mrd_desktop.study.model import Item, ItemGroup, Phi, Study


@lru_cache(maxsize=8)
def sources(study: Study) -> Mapping[str, frozenset[str]]:
    """Derived item OID → everything it is computed from, through other derived items too."""
    direct = {d.item: d.value.reads | _shown_by(study.by_item[d.item]) for d in study.derivations}
    return {oid: _reached((oid,), direct) for oid in direct}


def turning(study: Study, items: Iterable[str]) -> frozenset[str]:
    """The items that may be shown or hidden when some items change.

    What is hidden has no value, so hiding one item may hide the next: those are among them.

    Args:
        items: item OIDs.
    """
    return _reached(items, _shows(study))


@lru_cache(maxsize=8)
def _shows(study: Study) -> Mapping[str, frozenset[str]]:
    """Item OID → the items whose condition reads it, itself or what is computed from it."""
    computed = sources(study)
    found: dict[str, set[str]] = defaultdict(set)
    for _, group, item in study.places.values():
        reads = set(_condition(group, item))
        for name in tuple(reads):
            reads |= computed.get(name, frozenset())
        for name in reads:
            found[name].add(item.oid)
    return {name: frozenset(oids) for name, oids in found.items()}


def _condition(group: ItemGroup, item: Item) -> frozenset[str]:
    """In a repeating group the first item's condition decides about all rows."""
    return _shown_by(item) | (_shown_by(group.items[0]) if group.repeating else frozenset())


def _shown_by(item: Item) -> frozenset[str]:
    return item.show_when.reads if item.show_when else frozenset()


def _reached(starts: Iterable[str], steps: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Everything that some steps lead to."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        fresh = steps.get(waiting.pop(), frozenset()) - seen
        seen |= fresh
        waiting += fresh
    return frozenset(seen)


@lru_cache(maxsize=8)
def genetic(study: Study) -> frozenset[str]:
    """What holds human genetic resources, or is worked out from them, as expressions name it.

    Items, the groups that they stand in, forms all of whose sections are marked, and the derived
    items that read one of these.
    """
    marked: set[str] = set()
    for form in study.forms:
        groups = [group for group in form.groups if group.genetic]
        marked.update(name for g in groups for name in (g.name, *(i.oid for i in g.items)))
        if groups and len(groups) == len(form.groups):
            marked.add(form.oid)
    return frozenset(marked | reading(study, marked))


@lru_cache(maxsize=8)
def identifying(study: Study) -> frozenset[str]:
    """Items that tell who somebody is, and the derived items that read one of these."""
    own = {
        item.oid
        for form in study.forms
        for item in form.items
        if form.private or item.phi is Phi.DIRECT
    }
    return frozenset(own | reading(study, own))


def reading(study: Study, names: Collection[str]) -> frozenset[str]:
    """The derived items that read one of these, through other derived items too."""
    return frozenset(oid for oid, read in sources(study).items() if not read.isdisjoint(names))
