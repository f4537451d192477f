"""What an amendment changes: two versions of a definition side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mrd_desktop.study.expression import Expression
from mrd_desktop.study.model import Check, Form, Item, Purpose, SaveRule, Study, StudyEvent
from mrd_desktop.texts import Text

Facts: TypeAlias = Mapping[str, str]


class Subject(StrEnum):
    """What kind of part a change is about."""

    STUDY = "study"
    FORM = "form"
    SECTION = "section"
    ITEM = "item"
    CODELIST = "codelist"
    CODE = "code"
    CHECK = "check"
    DERIVATION = "derivation"
    EVENT = "event"
    PARAMETER = "parameter"
    OVERSIGHT = "oversight"
    ROLE = "role"
    REASON = "reason"
    UNIT = "unit"
    DRUG = "drug"
    TERM = "term"
    LISTED = "listed"
    HEADING = "heading"


WORDS = {
    Subject.STUDY: Text("study", "研究"),
    Subject.FORM: Text("form", "表单"),
    Subject.SECTION: Text("section", "区段"),
    Subject.ITEM: Text("item", "条目"),
    Subject.CODELIST: Text("code list", "代码表"),
    Subject.CODE: Text("code", "代码"),
    Subject.CHECK: Text("check", "核查"),
    Subject.DERIVATION: Text("derivation", "派生规则"),
    Subject.EVENT: Text("event", "访视"),
    Subject.PARAMETER: Text("parameter", "参数"),
    Subject.OVERSIGHT: Text("oversight", "复核与里程碑"),
    Subject.ROLE: Text("role", "角色"),
    Subject.REASON: Text("reason for change", "修改原因"),
    Subject.UNIT: Text("unit conversion", "单位换算"),
    Subject.DRUG: Text("drug", "药物"),
    Subject.TERM: Text("CTCAE term", "CTCAE术语"),
    Subject.LISTED: Text("term to pick", "可选用词"),
    Subject.HEADING: Text("heading of reports", "报告列标题"),
}
"""What each kind of part is called."""

_KEPT = frozenset(
    {Subject.FORM, Subject.SECTION, Subject.ITEM, Subject.CODELIST, Subject.CODE, Subject.EVENT}
)
_FIXED = frozenset(
    {"type", "unit", "codelist", "repeating", "log", "private", "phi", "form", "section"}
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        name: OID, id or code of the part; a code as ``LIST.CODE``.
        fact: what of the part changed (``en``, ``type``, ``fires`` …); empty if the whole part was
            added or removed.
        before, after: None where there was or is none.
    """

    subject: Subject
    name: str
    fact: str = ""
    before: str | None = None
    after: str | None = None

    @property
    def added(self) -> bool:
        """The part is new."""
        return not self.fact and self.before is None

    @property
    def removed(self) -> bool:
        """The part is gone."""
        return not self.fact and self.after is None

    @property
    def forbidden(self) -> bool:
        """No amendment may do this: data entered before would lose their meaning.

        Parts that hold data or name them are never removed or moved, an item keeps type, unit and
        code list, and what identifies a person stays what it is.
        """
        return self.subject in _KEPT and (self.removed or self.fact in _FIXED)

    @property
    def sentence(self) -> Text:
        """The change as one line."""
        what = WORDS[self.subject]
        head = Text(f"{what.en} {self.name}", f"{what.zh} {self.name}")
        if self.added:
            return Text(f"{head.en}: added", f"{head.zh}：新增")
        if self.removed:
            return Text(f"{head.en}: removed", f"{head.zh}：删除")
        before, after = self.before or "–", self.after or "–"
        return Text(
            f"{head.en}: {self.fact}: “{before}” → “{after}”",
            f"{head.zh}:{self.fact}:“{before}” → “{after}”",
        )

    def __str__(self) -> str:
        return self.sentence.en

    def as_json(self) -> dict[str, str | bool | None]:
        """The change for scripts."""
        return {
            "subject": str(self.subject),
            "name": self.name,
            "fact": self.fact,
            "before": self.before,
            "after": self.after,
            "forbidden": self.forbidden,
        }


def newer(version: str, than: str) -> bool:
    """Whether a version of a definition comes after another one: ``1.10`` after ``1.9``."""
    return in_numbers(version) > in_numbers(than)


def in_numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, to be put in order."""
    numbers = [int(n) for n in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def diff(a: Study, b: Study) -> list[Change]:
    """Every difference between two versions, in the order of the definition, removed parts last."""
    old, new = dict(_parts(a)), dict(_parts(b))
    found: list[Change] = []
    for key, facts in new.items():
        subject, name = key
        if key not in old:
            found.append(Change(subject, name, after=name))
            continue
        was = old[key]
        found += [
            Change(subject, name, fact, was.get(fact) or None, facts.get(fact) or None)
            for fact in (was | facts)
            if was.get(fact, "") != facts.get(fact, "")
        ]
    found += [Change(s, name, before=name) for s, name in old if (s, name) not in new]
    return found


def _parts(study: Study) -> Iterator[tuple[tuple[Subject, str], dict[str, str]]]:
    """Every part of a definition with what it says, all as text."""
    yield (
        (Subject.STUDY, study.oid),
        {
            **_text(study.name),
            "version": study.version,
            "protocol": study.protocol,
            "forms": " ".join(f.oid for f in study.forms),
            "fixed_when_signed": " ".join(sorted(study.fixed_when_signed)),
            "save_rules": "; ".join(
                f"{r.cause}: {' '.join(_covered(r))}: {r.refuses.source}"
                + (": live" if r.live else "")
                + (": waits" if r.waits else "")
                + (f": {r.text.en} / {r.text.zh}" if r.text else "")
                for r in study.save_rules
            ),
            "reductions": "; ".join(
                f"{r.item}: {' '.join(sorted(r.keeps))} {r.above or ''}: {r.to}"
                for r in study.reductions
            ),
            "critical": " ".join(sorted(study.critical)),
            "second_look": study.second_look.value,
            "sdv": f"{study.sdv.percent} % {study.sdv.seed}",
            "protocol_parts": "; ".join(
                f"{oid} = {t.en} / {t.zh}" for oid, t in study.protocol_parts.items()
            ),
        },
    )
    for form in study.forms:
        yield from _form(form)
    for codelist in study.codelists.values():
        facts = _text(codelist.text) | {"cdisc": codelist.cdisc or "", "source": codelist.source}
        facts["order"] = " ".join(c.code for c in codelist.codes)
        yield (Subject.CODELIST, codelist.oid), facts
        for code in codelist.codes:
            name = f"{codelist.oid}.{code.code}"
            yield (Subject.CODE, name), _text(code.text) | {"ncit": code.ncit or ""}
    for check in study.checks:
        yield (Subject.CHECK, check.id), _check(check)
    for derivation in study.derivations:
        facts = {"value": derivation.value.source, "recorded": str(derivation.recorded)}
        yield (Subject.DERIVATION, derivation.item), facts
    for event in study.events:
        yield (Subject.EVENT, event.oid), _event(event)
    for parameter, value in study.parameters.items():
        yield (Subject.PARAMETER, parameter), {"value": str(value)}
    yield (Subject.OVERSIGHT, "accounts"), {"review_days": str(study.oversight.accounts_days)}
    yield (Subject.OVERSIGHT, "passwords"), {"oldest": str(study.oversight.password_days)}
    kept = study.oversight
    until = "" if kept.retain_until is None else kept.retain_until.isoformat()
    yield (Subject.OVERSIGHT, "retention"), {"years": str(kept.retention_years), "until": until}
    ends = {"idle_minutes": str(kept.idle_minutes), "session_hours": str(kept.session_hours)}
    yield (Subject.OVERSIGHT, "sessions"), ends
    apart = {"by_another": str(kept.confirmed_by_another)}
    yield (Subject.OVERSIGHT, "confirmation"), apart
    yield (Subject.OVERSIGHT, "data_key"), {"changed": str(kept.data_key_days)}
    for one in study.oversight.milestones:
        facts = {"every": str(one.every_days), "item": one.item, "within": str(one.within_days)}
        yield (Subject.OVERSIGHT, one.oid), _text(one.text) | facts
    for role in study.roles:
        facts = {"operations": " ".join(sorted(role.operations)), "vault": str(role.vault)}
        yield (Subject.ROLE, role.oid), _text(role.text) | facts
    for reason in study.reasons:
        yield (Subject.REASON, reason.code), _text(reason.text) | {"words": str(reason.needs_text)}
    yield from _tables(study)


def _tables(study: Study) -> Iterator[tuple[tuple[Subject, str], dict[str, str]]]:
    """What stands beside the forms: units, drugs, terms, headings."""
    for conversion in study.conversions:
        yield (
            (Subject.UNIT, f"{conversion.item} {conversion.unit}"),
            {"factor": str(conversion.factor)},
        )
    for drug in study.drugs.values():
        facts = {"class": drug.drug_class, "route": drug.route, "approved": drug.approved or ""}
        facts["doses"] = "; ".join(f"{low}-{high} {unit}" for low, high, unit in drug.doses)
        yield (Subject.DRUG, drug.code), facts
    for term in study.ctcae:
        facts = {"zh": term.text.zh, "soc": term.soc, "grades": " ".join(map(str, term.grades))}
        yield (Subject.TERM, term.text.en), facts
    for oid, listed in study.terms.items():
        for entry in listed:
            yield (Subject.LISTED, f"{oid} {entry.term}"), {"also": entry.also}
    for oid in {**study.headings, **study.headings_with_unit}:
        names, wary = study.headings.get(oid, ()), study.headings_with_unit.get(oid, ())
        yield (Subject.HEADING, oid), {"names": "; ".join(names), "with_unit": "; ".join(wary)}


def _form(form: Form) -> Iterator[tuple[tuple[Subject, str], dict[str, str]]]:
    yield (
        (Subject.FORM, form.oid),
        {
            **_text(form.text),
            "repeating": str(form.repeating),
            "log": str(form.log),
            "private": str(form.private),
            "second_entry": str(form.second_entry),
            "sdtm": form.sdtm or "",
            "when": form.when,
            "note": form.note,
            "purpose": _purpose(form.purpose),
            "sections": " ".join(g.oid for g in form.groups),
        },
    )
    for group in form.groups:
        yield (
            (Subject.SECTION, group.oid),
            {
                **_text(group.text),
                "form": form.oid,
                "repeating": str(group.repeating),
                "expects_rows": str(group.expects_rows),
                "genetic": str(group.genetic),
                "purpose": _purpose(group.purpose),
                "items": " ".join(i.oid for i in group.items),
            },
        )
        for item in group.items:
            yield (Subject.ITEM, item.oid), {"section": group.oid, **_item(item)}


def _item(item: Item) -> dict[str, str]:
    kind = item.type
    return {
        **_text(item.text),
        "type": f"{kind.kind} {kind.length}.{kind.decimals}",
        "unit": item.unit or "",
        "codelist": item.codelist.oid if item.codelist else "",
        "required": str(item.required),
        "phi": str(item.phi),
        "show_when": _source(item.show_when),
        "cdash": item.cdash or "",
        "sdtm": item.sdtm or "",
        "guidance": item.guidance or "",
        "capitals": str(item.capitals),
        "carry": str(item.carry),
        "with_year": str(item.with_year),
        "original": str(item.original),
        "refers": " ".join((item.refers.to, *item.refers.shows)) if item.refers else "",
        "words": "; ".join(f"{c.code} = {c.text.en} / {c.text.zh}" for c in item.words),
        "purpose": _purpose(item.purpose),
        "harmless": f"{item.harmless.en} / {item.harmless.zh}" if item.harmless else "",
    }


def _purpose(purpose: Purpose | None) -> str:
    if purpose is None:
        return ""
    return f"{purpose.text.en} / {purpose.text.zh} ({purpose.protocol})"


def _check(check: Check) -> dict[str, str]:
    return {
        **_text(check.text),
        "severity": str(check.severity),
        "forms": " ".join(check.forms),
        "on": check.on,
        "at": check.at or "",
        "fires": check.fires.source,
        "params": "; ".join(f"{k}: {v.source}" for k, v in sorted(check.params.items())),
        "vault": str(check.vault),
        "daily": str(check.daily),
        "at_once": str(check.at_once),
        "export": str(check.export),
        "also": f"{check.also.at}: {check.also.when.source}" if check.also else "",
        "way_en": check.way.en if check.way else "",
        "way_zh": check.way.zh if check.way else "",
        "items": " ".join(
            sorted(
                [str(x) for x in check.items.types | check.items.phi]
                + [*check.items.forms, *check.items.items]
                + [f"-{x}" for x in check.items.excluded]
                + ["free_text"] * check.items.free_text
            )
        ),
    }


def _covered(rule: SaveRule) -> list[str]:
    """What a rule of Save closes: forms, and sections with their form."""
    return sorted((*rule.forms, *(f"{s.form}.{s.group}" for s in rule.sections)))


def _event(event: StudyEvent) -> dict[str, str]:
    return {
        **_text(event.text),
        "days": "" if event.offset_days is None else str(event.offset_days),
        "months": "" if event.offset_months is None else str(event.offset_months),
        "before": str(event.before),
        "after": str(event.after),
        "every_months": str(event.every_months or ""),
        "repeating": str(event.repeating),
        "planned": " ".join(event.planned),
        "optional": " ".join(event.optional),
        "when": "; ".join(f"{k}: {v.source}" for k, v in sorted(event.when.items())),
    }


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _source(expression: Expression | None) -> str:
    return expression.source if expression else ""
