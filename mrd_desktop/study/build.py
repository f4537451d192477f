"""From a :class:`Document` to a :class:`Study`: names resolved, expressions compiled.

Everything a shape cannot tell is checked here: code lists and forms that exist, OIDs that are not
given twice, expressions that fit, conditions that do not run in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches

from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.derivation import refuse_cycles
from mrd_desktop.study.document import Bilingual, CheckPart, Document, ItemCheckPart, ItemPart
from mrd_desktop.study.errors import DefinitionError, ExpressionError
from mrd_desktop.study.expression import (
    Expression,
    Type,
    compile_derivation,
    compile_expression,
)
from mrd_desktop.study.model import (
    Check,
    Code,
    CodeList,
    CtcaeTerm,
    Derivation,
    Drug,
    Form,
    Item,
    ItemGroup,
    Kind,
    Reason,
    Reduction,
    Role,
    SaveRule,
    Selector,
    Severity,
    Study,
    StudyEvent,
)
from mrd_desktop.study.rules import RULES
from mrd_desktop.study.yaml_tree import Path
from mrd_desktop.texts import Text

SCOPES = ("SUBJECT", "EVENTS", "ALL", "ITEMS", "REQUIRED")
"""What a check may stand on beside a form and a repeating group."""


@dataclass(frozen=True)
class Mistakes:
    """Mistakes by the place in the document where they stand."""

    all: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, place: Path, sentence: str) -> None:
        """Note one mistake."""
        self.all.append((place, sentence))


def build(document: Document, digest: str, mistakes: Mistakes) -> Study:
    """The study of a document; of use only if no mistake was added.

    Args:
        document: the definition in its written shape.
        digest: SHA-256 (hex) of its canonical JSON.
        mistakes: filled with everything that is wrong.
    """
    part = document.study
    codelists = _code_lists(document, mistakes)
    plain = _forms(document, codelists, mistakes)
    catalogue = Catalogue.of(
        plain,
        parameters=part.parameters,
        events=[e.oid for e in document.schedule.events],
        rules=RULES,
    )
    expressions = _Expressions(catalogue, mistakes)
    study = Study(
        oid=part.oid,
        name=_text(part),
        protocol=part.protocol,
        version=part.version,
        digest=digest,
        forms=tuple(_with_conditions(document, plain, expressions)),
        codelists=codelists,
        checks=(
            *_item_checks(document, expressions),
            *_checks(document, plain, expressions, mistakes),
        ),
        derivations=tuple(_derivations(document, plain, expressions, mistakes)),
        events=tuple(_events(document, plain, expressions, mistakes)),
        parameters=dict(part.parameters),
        roles=tuple(Role(r.oid, _text(r), frozenset(r.operations), r.vault) for r in part.roles),
        reasons=tuple(Reason(r.code, _text(r), r.needs_text) for r in part.reasons),
        drugs=_drugs(document, codelists, mistakes),
        ctcae=tuple(_terms(document, codelists, mistakes)),
        save_rules=tuple(_save_rules(document, plain, expressions, mistakes)),
        fixed_when_signed=frozenset(part.fixed_when_signed),
        reductions=tuple(_reductions(document, plain, mistakes)),
    )
    _no_circle(document, study, mistakes)
    _keep_private(document, study, mistakes)
    try:
        refuse_cycles(study.by_item, study.derivations)
    except DefinitionError as e:
        mistakes.add(("derivations",), e.detail)
    _unique((p.oid for p in part.roles), ("study", "roles"), "oid", mistakes)
    _unique((p.code for p in part.reasons), ("study", "reasons"), "code", mistakes)
    return study


class _Expressions:
    """Compiles the expressions of a definition; one that recurs is compiled only once."""

    def __init__(self, catalogue: Catalogue, mistakes: Mistakes) -> None:
        self._catalogue = catalogue
        self._mistakes = mistakes
        self._nothing = compile_expression("true", catalogue, on="SUBJECT")
        self._known: dict[tuple[str, str], Expression] = {}

    def condition(
        self, source: str, place: Path, on: str, selector: Selector | None = None
    ) -> Expression:
        """An expression that is true or false."""
        if (source, on) in self._known and selector is None:
            return self._known[source, on]
        found = self._try(
            place,
            lambda: compile_expression(
                source, self._catalogue, on=on, gives=Type.BOOL, selector=selector
            ),
        )
        if selector is None:
            self._known[source, on] = found
        return found

    def opposite(self, source: str, place: Path, on: str) -> Expression:
        """What is true where a condition is false; a mistake is told by the condition's columns."""
        if self.condition(source, place, on) is self._nothing:
            return self._nothing
        return self.condition(f"not ({source})", place, on)

    def value(
        self, source: str, place: Path, on: str, selector: Selector | None = None
    ) -> Expression:
        """An expression of any type, for a message."""
        return self._try(
            place,
            lambda: compile_expression(source, self._catalogue, on=on, selector=selector),
        )

    def derivation(self, source: str, place: Path, item: str) -> Expression:
        """The expression that computes an item."""
        return self._try(place, lambda: compile_derivation(source, self._catalogue, item))

    def _try(self, place: Path, compiled: Callable[[], Expression]) -> Expression:
        try:
            return compiled()
        except ExpressionError as e:
            self._mistakes.add(place, e.detail)
            return self._nothing


def _text(part: Bilingual) -> Text:
    return Text(part.en, part.zh)


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), 1, 0.6)
    return f"did you mean {close[0]}?" if close else "add it, or name one that exists"


def _unique(names: Iterable[str], place: Path, key: str, mistakes: Mistakes) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            mistakes.add((*place, number, key), f"“{name}” is given twice; name it otherwise")
        seen.add(name)


def _code_lists(document: Document, mistakes: Mistakes) -> Mapping[str, CodeList]:
    found: dict[str, CodeList] = {}
    for number, part in enumerate(document.codelists):
        codes = tuple(Code(c.code, _text(c), c.ncit) for c in part.codes)
        found[part.oid] = CodeList(part.oid, _text(part), codes, part.cdisc, part.source or "")
        _unique((c.code for c in codes), ("codelists", number, "codes"), "code", mistakes)
    return found


def _forms(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> tuple[Form, ...]:
    """The forms without the conditions of their items, in the order of ``study.yaml``."""
    found: dict[str, Form] = {}
    groups: dict[str, str] = {}
    items: set[str] = set()
    for f, form in enumerate(document.forms):
        made: list[ItemGroup] = []
        for g, group in enumerate(form.groups):
            place: Path = ("forms", f, "groups", g)
            name = group.oid.rpartition(".")[2]
            if group.oid not in (f"IG.{name}", f"IG.{form.oid}.{name}"):
                mistakes.add(
                    (*place, "oid"),
                    f"“{group.oid}” is no section of {form.oid}; write IG.{form.oid}.{name}",
                )
            if groups.setdefault(name, form.oid) == form.oid and name in [x.name for x in made]:
                mistakes.add((*place, "oid"), f"the section {name} stands twice in the form")
            prefixes = {form.oid, name}
            fields = []
            for i, item in enumerate(group.items):
                at = (*place, "items", i)
                _check_item(item, at, prefixes, codelists, mistakes)
                if item.oid in items:
                    mistakes.add((*at, "oid"), f"“{item.oid}” is given twice; name it otherwise")
                items.add(item.oid)
                fields.append(_item(item, codelists))
            made.append(ItemGroup(group.oid, _text(group), group.repeating, tuple(fields)))
        found[form.oid] = Form(
            oid=form.oid,
            text=_text(form),
            repeating=form.repeating,
            groups=tuple(made),
            log=form.log,
            private=form.private,
            sdtm=form.sdtm,
            when=form.when or "",
            note=form.note or "",
        )
    return tuple(_in_order(document, found, mistakes))


def _in_order(document: Document, found: Mapping[str, Form], mistakes: Mistakes) -> Iterator[Form]:
    listed = document.study.forms
    _unique(listed, ("study", "forms"), "", mistakes)
    for number, oid in enumerate(listed):
        if oid in found:
            yield found[oid]
        else:
            mistakes.add(("study", "forms", number), f"there is no form {oid}; {_hint(oid, found)}")
    for number, form in enumerate(document.forms):
        if form.oid not in listed:
            mistakes.add(
                ("forms", number, "oid"), f"{form.oid} has no place; add it to forms in study.yaml"
            )


def _check_item(
    item: ItemPart,
    place: Path,
    prefixes: set[str],
    codelists: Mapping[str, CodeList],
    mistakes: Mistakes,
) -> None:
    if item.oid.partition(".")[0] not in prefixes:
        mistakes.add(
            (*place, "oid"),
            f"“{item.oid}” stands in another form or section; begin it with "
            + " or ".join(f"{p}." for p in sorted(prefixes)),
        )
    coded = item.type.kind in (Kind.CODE, Kind.CODES)
    if item.codelist and item.codelist not in codelists:
        mistakes.add(
            (*place, "codelist"),
            f"there is no code list {item.codelist}; {_hint(item.codelist, codelists)}",
        )
    elif coded and not item.codelist:
        mistakes.add(place, f"{item.oid} has codes but no code list; add codelist")
    elif item.codelist and not coded:
        mistakes.add(
            (*place, "codelist"),
            f"{item.oid} is of type {item.type.kind} and has no codes; remove codelist",
        )
    numeric = item.type.kind in (Kind.INTEGER, Kind.DECIMAL)
    for number, check in enumerate(item.checks):
        if check.range and not numeric:
            mistakes.add(
                (*place, "checks", number),
                f"{item.oid} is no number and has no range; write legal",
            )


def _item(item: ItemPart, codelists: Mapping[str, CodeList]) -> Item:
    return Item(
        oid=item.oid,
        text=_text(item),
        type=item.type,
        required=item.required,
        phi=item.phi,
        unit=item.unit,
        codelist=codelists.get(item.codelist) if item.codelist else None,
        cdash=item.cdash,
        sdtm=item.sdtm,
        guidance=item.guidance,
    )


def _parts(document: Document) -> Iterator[tuple[ItemPart, Path, str]]:
    """Every item with its place and the line it is read on: its repeating group, or its form."""
    for f, form in enumerate(document.forms):
        for g, group in enumerate(form.groups):
            on = group.oid.rpartition(".")[2] if group.repeating else form.oid
            for i, item in enumerate(group.items):
                yield item, ("forms", f, "groups", g, "items", i), on


def _with_conditions(
    document: Document, plain: Sequence[Form], expressions: _Expressions
) -> Iterator[Form]:
    conditions = {
        item.oid: expressions.condition(item.show_when, (*place, "show_when"), on)
        for item, place, on in _parts(document)
        if item.show_when
    }
    for form in plain:
        groups = (
            replace(
                group,
                items=tuple(replace(i, show_when=conditions.get(i.oid)) for i in group.items),
            )
            for group in form.groups
        )
        yield replace(form, groups=tuple(groups))


def _item_checks(document: Document, expressions: _Expressions) -> Iterator[Check]:
    private = {f.oid for f in document.forms if f.private}
    for item, place, on in _parts(document):
        form = document.forms[int(place[1])].oid
        letters: dict[str, int] = {}
        for number, check in enumerate(item.checks):
            letter = "H" if check.severity is Severity.HARD else "S"
            letters[letter] = letters.get(letter, 0) + 1
            times = "" if letters[letter] == 1 else str(letters[letter])
            at = (*place, "checks", number)
            yield Check(
                id=f"{item.oid}.{letter}{times}",
                severity=check.severity,
                forms=(form,),
                on=on,
                at=item.oid,
                fires=_fires(item.oid, check, at, on, expressions),
                text=_words(document, check),
                vault=form in private,
            )


def _fires(
    oid: str, check: ItemCheckPart, place: Path, on: str, expressions: _Expressions
) -> Expression:
    if check.legal:
        return expressions.opposite(check.legal, (*place, "legal"), on)
    assert check.range
    low, high = check.range
    ends = [f"{oid} < {low}"] * (low is not None) + [f"{oid} > {high}"] * (high is not None)
    return expressions.condition(" or ".join(ends), (*place, "range"), on)


def _words(document: Document, check: ItemCheckPart) -> Text:
    said = document.study.messages
    if check.en and check.zh:
        return Text(check.en, check.zh)
    if check.severity is Severity.SOFT or not check.range:
        return _text(said.unusual)
    low, high = check.range
    chosen = (
        said.between if None not in (low, high) else said.at_least if high is None else said.at_most
    )
    return _text(chosen).filled(lo=low, hi=high)


def _checks(
    document: Document, plain: Sequence[Form], expressions: _Expressions, mistakes: Mistakes
) -> Iterator[Check]:
    forms = {f.oid for f in plain}
    groups = {g.name for f in plain for g in f.groups if g.repeating}
    items = {i.oid for f in plain for i in f.items}
    _unique((c.id for c in document.checks), ("checks",), "id", mistakes)
    for number, part in enumerate(document.checks):
        place: Path = ("checks", number)
        for n, form in enumerate(part.forms):
            if form not in forms | groups:
                mistakes.add(
                    (*place, "forms", n), f"there is no form {form}; {_hint(form, forms | groups)}"
                )
        if part.on not in forms | groups | set(SCOPES):
            mistakes.add(
                (*place, "on"),
                f"“{part.on}” is neither a form nor a repeating section; "
                + _hint(part.on, [*forms, *groups, *SCOPES]),
            )
            continue
        if part.at and part.at not in items:
            mistakes.add((*place, "at"), f"there is no item {part.at}; {_hint(part.at, items)}")
        selector = _selector(part, place, forms, items, mistakes)
        visits = selector if part.on == "ITEMS" else None
        yield Check(
            id=part.id,
            severity=part.severity,
            forms=part.forms,
            on=part.on,
            at=part.at,
            fires=expressions.condition(part.fires, (*place, "fires"), part.on, visits),
            text=_text(part),
            params={
                name: expressions.value(value, (*place, "params", name), part.on, visits)
                for name, value in part.params.items()
            },
            vault=part.vault,
            daily=part.daily,
            items=selector,
        )


def _selector(
    part: CheckPart, place: Path, forms: set[str], items: set[str], mistakes: Mistakes
) -> Selector:
    chosen = part.items
    for key, names, known in (
        ("forms", chosen.forms, forms),
        ("items", chosen.items, items),
        ("excluded", chosen.excluded, forms | items),
    ):
        for number, name in enumerate(names):
            if name not in known:
                mistakes.add(
                    (*place, "items", key, number), f"there is no {name}; {_hint(name, known)}"
                )
    return Selector(
        types=frozenset(chosen.types),
        forms=frozenset(chosen.forms),
        items=frozenset(chosen.items),
        excluded=frozenset(chosen.excluded),
        phi=frozenset(chosen.phi),
        free_text=chosen.free_text,
    )


def _derivations(
    document: Document, plain: Sequence[Form], expressions: _Expressions, mistakes: Mistakes
) -> Iterator[Derivation]:
    items = {i.oid: i for f in plain for i in f.items}
    _unique((d.item for d in document.derivations), ("derivations",), "item", mistakes)
    for number, part in enumerate(document.derivations):
        place: Path = ("derivations", number)
        item = items.get(part.item)
        if item is None:
            mistakes.add(
                (*place, "item"), f"there is no item {part.item}; {_hint(part.item, items)}"
            )
        elif not item.derived:
            mistakes.add((*place, "item"), f"{part.item} is entered by people; give it required: X")
        else:
            value = expressions.derivation(part.value, (*place, "value"), part.item)
            yield Derivation(part.item, value, part.recorded)


def _events(
    document: Document, plain: Sequence[Form], expressions: _Expressions, mistakes: Mistakes
) -> Iterator[StudyEvent]:
    forms = {f.oid for f in plain}
    events = document.schedule.events
    _unique((e.oid for e in events), ("schedule", "events"), "oid", mistakes)
    for number, part in enumerate(events):
        place: Path = ("schedule", "events", number)
        for key, names in (("planned", part.planned), ("optional", part.optional)):
            for n, form in enumerate(names):
                if form not in forms:
                    mistakes.add((*place, key, n), f"there is no form {form}; {_hint(form, forms)}")
        for form in part.when:
            if form not in part.planned:
                mistakes.add(
                    (*place, "when", form), f"{form} is not planned here; add it to planned"
                )
        before, after = 0, 0
        if part.window:
            at = (*place, "window")
            before = _days(document, part.window.before, (*at, "before"), mistakes)
            after = _days(document, part.window.after, (*at, "after"), mistakes)
        yield StudyEvent(
            oid=part.oid,
            text=_text(part),
            planned=part.planned,
            optional=part.optional,
            offset_days=part.target.days if part.target else None,
            offset_months=part.target.months if part.target else None,
            before=before,
            after=after,
            repeating=part.repeating,
            every_months=part.every_months,
            when={
                form: expressions.condition(source, (*place, "when", form), "SV")
                for form, source in part.when.items()
            },
        )


def _save_rules(
    document: Document, plain: Sequence[Form], expressions: _Expressions, mistakes: Mistakes
) -> Iterator[SaveRule]:
    forms = [f.oid for f in plain]
    for number, part in enumerate(document.study.save_rules):
        place: Path = ("study", "save_rules", number)
        for key, names in (("forms", part.forms), ("except", part.excluded)):
            for n, form in enumerate(names):
                if form not in forms:
                    mistakes.add((*place, key, n), f"there is no form {form}; {_hint(form, forms)}")
        chosen = part.forms or [f for f in forms if f not in part.excluded]
        refuses = expressions.condition(part.refuses, (*place, "refuses"), "ALL")
        yield SaveRule(part.cause, frozenset(chosen), refuses)


def _reductions(
    document: Document, plain: Sequence[Form], mistakes: Mistakes
) -> Iterator[Reduction]:
    items = {i.oid: i for f in plain for i in f.items}
    study = document.study
    named = [("fixed_when_signed", n, oid) for n, oid in enumerate(study.fixed_when_signed)]
    named += [("reductions", n, part.item) for n, part in enumerate(study.reductions)]
    for key, number, oid in named:
        if oid not in items:
            mistakes.add(("study", key, number), f"there is no item {oid}; {_hint(oid, items)}")
    for number, part in enumerate(study.reductions):
        item = items.get(part.item)
        codes = item.codelist.by_code if item and item.codelist else None
        for code in part.keeps:
            if codes is not None and code not in codes:
                mistakes.add(
                    ("study", "reductions", number, "keeps"),
                    f"“{code}” is no code of {part.item}; {_hint(code, codes)}",
                )
        yield Reduction(part.item, part.to, frozenset(part.keeps), part.above)


def _days(document: Document, text: str, place: Path, mistakes: Mistakes) -> int:
    if text.isdigit():
        return int(text)
    name = text.removeprefix("P.")
    known = document.study.parameters
    value = known.get(name, Decimal(0))
    if name not in known or value != int(value):
        mistakes.add(place, f"{text} is no parameter in whole days; {_hint(name, known)}")
    return int(value)


def _drugs(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Mapping[str, Drug]:
    found: dict[str, Drug] = {}
    drugs = document.drugs.drugs
    _unique((d.code for d in drugs), ("drugs", "drugs"), "code", mistakes)
    for number, part in enumerate(drugs):
        for key, code, oid in (("code", part.code, "DRUG"), ("route", part.route, "ROUTE")):
            codes = codelists[oid].by_code if oid in codelists else {}
            if code not in codes:
                mistakes.add(
                    ("drugs", "drugs", number, key),
                    f"“{code}” is no code of the list {oid}; {_hint(code, codes)}",
                )
        doses = tuple((d.low, d.high, d.unit) for d in part.doses)
        found[part.code] = Drug(part.code, part.class_, part.route, doses, part.approved)
    return found


def _terms(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Iterator[CtcaeTerm]:
    classes = codelists["AESOC"].by_code if "AESOC" in codelists else {}
    seen: set[str] = set()
    for soc, terms in document.ctcae.items():
        if soc not in classes:
            mistakes.add(
                ("ctcae", soc), f"“{soc}” is no code of the list AESOC; {_hint(soc, classes)}"
            )
        for number, part in enumerate(terms):
            place: Path = ("ctcae", soc, number)
            if part.en in seen:
                mistakes.add((*place, "en"), f"“{part.en}” is given twice; keep one")
            seen.add(part.en)
            if list(part.grades) != sorted(set(part.grades) & {1, 2, 3, 4, 5}) or not part.grades:
                mistakes.add((*place, "grades"), "grades are 1 to 5 in rising order; correct them")
            yield CtcaeTerm(_text(part), soc, part.grades)


def _keep_private(document: Document, study: Study, mistakes: Mistakes) -> None:
    """Refuse what would carry identity items out of the vault or be wrong without it."""
    private = {f.oid for f in study.forms if f.private}
    private |= {i.oid for f in study.forms if f.private for i in f.items}
    for item, place, _ in _parts(document):
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


def _no_circle(document: Document, study: Study, mistakes: Mistakes) -> None:
    """Refuse items whose conditions depend on each other in a circle."""
    reads = {
        item.oid: sorted(item.show_when.reads & study.by_item.keys())
        for item in study.by_item.values()
        if item.show_when
    }
    done: set[str] = set()
    places = {item.oid: place for item, place, _ in _parts(document)}
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
