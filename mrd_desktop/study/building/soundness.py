"""What holds for the definition as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mrd_desktop.study.building.common import Mistakes, hint, item_parts
from mrd_desktop.study.document import Document
from mrd_desktop.study.model import Phi, Study


def keep_private(document: Document, study: Study, mistakes: Mistakes) -> None:
    """Refuse what would carry identity items out of the vault or be wrong without it."""
    private = {f.oid for f in study.forms if f.private}
    private |= {i.oid for f in study.forms if f.private for i in f.items}
    for item, place, _ in item_parts(document):
        condition = study.by_item[item.oid].show_when if item.oid in study.by_item else None
        if condition and item.oid not in private and condition.reads & private:
            read = min(condition.reads & private)
            mistakes.add(
                (*place, "show_when"),
                f"the condition reads {read}, which few may see; ask for something else",
            )
    for number, part in enumerate(document.checks):
        check = study.by_check.get(part.id)
        if check is None:
            continue
        if check.fires.reads & private and not part.vault:
            read = min(check.fires.reads & private)
            mistakes.add(("checks", number), f"the check reads {read}; add vault: true")
        for name, value in check.params.items():
            if value.reads & private:
                read = min(value.reads & private)
                mistakes.add(
                    ("checks", number, "params", name),
                    f"the message would show {read}; name the field and leave its value out",
                )
    derived = {d.item: d for d in study.derivations}
    for number, rule in enumerate(document.derivations):
        derivation = derived.get(rule.item)
        if derivation and derivation.value.reads & private and not derivation.recorded:
            read = min(derivation.value.reads & private)
            mistakes.add(
                ("derivations", number), f"the value comes from {read}; add recorded: true"
            )


def refer_rightly(document: Document, study: Study, mistakes: Mistakes) -> None:
    """Refuse items that point at nothing, at identity, or at what they cannot hold."""
    for item, place, _ in item_parts(document):
        if item.refers is None:
            continue
        at = (*place, "refers")
        known = [oid for oid in (item.refers.to, *item.refers.shows) if oid in study.places]
        for oid in (item.refers.to, *item.refers.shows):
            if oid not in known:
                mistakes.add(at, f"there is no item {oid}; {hint(oid, study.by_item)}")
        if item.refers.to not in known:
            continue
        form, group, target = study.places[item.refers.to]
        if not form.repeating and not group.repeating:
            mistakes.add(at, f"{target.oid} stands once only; point at an item of rows")
        if target.type != item.type:
            mistakes.add(at, f"{target.oid} is of another type; give both the same")
        for oid in known:
            its_form, its_group, its_item = study.places[oid]
            if its_form.private or its_item.phi is Phi.DIRECT:
                mistakes.add(at, f"{oid} tells who a person is; point at something else")
            elif its_form is not form or (its_group.repeating and its_group is not group):
                mistakes.add(at, f"{oid} stands in another row than {target.oid}; leave it out")


def no_circle(document: Document, study: Study, mistakes: Mistakes) -> None:
    """Refuse items whose conditions depend on each other in a circle."""
    reads = {
        item.oid: sorted(item.show_when.reads & study.by_item.keys())
        for item in study.by_item.values()
        if item.show_when
    }
    done: set[str] = set()
    places = {item.oid: place for item, place, _ in item_parts(document)}
    for start in reads:
        trail: list[str] = []
        circle = _circle(start, reads, trail, done)
        if circle:
            mistakes.add(
                (*places[start], "show_when"),
                f"the conditions run in a circle ({' → '.join(circle)}); break it at one item",
            )


def _circle(
    item: str, reads: Mapping[str, Sequence[str]], trail: list[str], done: set[str]
) -> list[str]:
    if item in trail:
        return [*trail[trail.index(item) :], item]
    if item in done:
        return []
    trail.append(item)
    for read in reads.get(item, ()):
        if found := _circle(read, reads, trail, done):
            return found
    trail.pop()
    done.add(item)
    return []
