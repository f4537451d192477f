"""Blank forms to write on while the computer cannot be used, and to type from afterwards.

Every item of the form version in force stands on the sheet with its code; choices stand with the
digits that are typed for them. What the program works out is named and left out of writing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mrd_desktop.insight.reports.keys import options
from mrd_desktop.insight.reports.model import (
    Blank,
    Blanks,
    Block,
    Break,
    Codes,
    Fact,
    Facts,
    Hand,
    Heading,
    Option,
    Report,
    Signing,
    Words,
)
from mrd_desktop.study.address import EventKey
from mrd_desktop.study.model import (
    CodeList,
    Form,
    Item,
    ItemGroup,
    Kind,
    Requirement,
    Study,
    StudyEvent,
)
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import planned_forms, windows
from mrd_desktop.study.unit_words import unit_text
from mrd_desktop.texts import Language, Text

TITLE = Text("Paper form", "纸质表单")
SUBJECT = Text("Subject number", "受试者编号")
VISIT = Text("Visit", "访视")
VISIT_DATE = Text("Date of visit", "访视日期")
WINDOW = Text("Window", "访视窗口")
WRITTEN = Text("Written on paper (date, time)", "纸质填写日期、时间")
ENTERED = Text("Entered in the computer (date, by)", "录入日期、录入人")
ROW = Text("Record {n}", "第 {n} 条")
MORE = Text("More records: print another sheet.", "如不够填写，请另打印一份。")
HOW = Text(
    "Tick or write the digit before a choice; it is what is typed later. M: reason why a value is "
    "missing: {reasons}.",
    "勾选或填写选项前的数字，录入时即键入该数字。“缺”栏填写缺失原因：{reasons}。",
)
APPENDIX = Text("Code lists", "选项列表")
SYSTEM = Text("worked out by the program", "由系统计算，无需填写")
SEVERAL = Text("several possible", "可多选")
PARTIAL = Text("unknown parts stay empty", "不详部分留空")
ONLY = Text("only if {condition}", "仅当 {condition}")
FILLED_BY = Text("Filled in by", "填写人")
ENTERED_BY = Text("Entered by", "录入人")
FROM_T0 = Text(
    "T0 + {n} months, {before} days before to {after} after",
    "T0 + {n} 个月，前 {before} 天至后 {after} 天",
)
DAYS_FROM_T0 = Text(
    "T0 + {n} days, {before} days before to {after} after",
    "T0 + {n} 天，前 {before} 天至后 {after} 天",
)

_ROWS = 2
"""Records of a repeating section on one sheet."""
_MOST_OPTIONS = 14
"""Longer code lists stand in the appendix."""
_LINE = 40
"""Characters written by hand on one line."""


def blank_form(study: Study, form: str, event: str = "", scene: Scene | None = None) -> Report:
    """A blank form.

    Args:
        form: OID of the form.
        event: OID of the visit it is for, which then stands on it.
        scene: the subject it is for, whose number and window then stand on it.

    Raises:
        KeyError: there is no such form or visit.
    """
    about = f"{event}/{form}" if event else form
    return _report(study, (study.by_form[form],), "form", about, event, scene)


def blank_visit(study: Study, event: str, scene: Scene | None = None) -> Report:
    """All blank forms of a visit, one after the other. Identity is never among them.

    Raises:
        KeyError: there is no such visit.
    """
    plan = study.by_event[event]
    oids: tuple[str, ...] = plan.planned
    if scene is not None:
        oids = planned_forms(scene, EventKey(scene.data.subject, event))
    forms = tuple(study.by_form[o] for o in oids if not study.by_form[o].private)
    return _report(study, forms, "visit", event, event, scene)


def _report(
    study: Study, forms: tuple[Form, ...], what: str, about: str, event: str, scene: Scene | None
) -> Report:
    sheet = _Sheet(study)
    blocks: list[Block] = [_head(study, event, scene), Words(_how(study), quiet=True)]
    for number, form in enumerate(forms):
        if number:
            blocks.append(Break())
        blocks += sheet.form(form)
    blocks.append(Signing((FILLED_BY, ENTERED_BY)))
    blocks += sheet.appendix()
    title = forms[0].text if len(forms) == 1 else study.by_event[event].text
    return Report(
        what=what,
        title=Text(f"{TITLE.en} · {title.en}", f"{TITLE.zh} · {title.zh}"),
        blocks=tuple(blocks),
        subject=scene.data.subject if scene else "",
        about=about,
        each=_each(scene.data.subject if scene else "", event, title),
    )


def _each(subject: str, event: str, title: Text) -> Text:
    """Whose page it is, of which visit and form: sheets part from each other."""
    named = subject or "_" * 16
    parts = ((SUBJECT.en, named, event, title.en), (SUBJECT.zh, named, event, title.zh))
    en, zh = (f"{a} {b} · {' '.join(dict.fromkeys(filter(None, (c, d))))}" for a, b, c, d in parts)
    return Text(en, zh)


def _head(study: Study, event: str, scene: Scene | None) -> Facts:
    plan = study.by_event.get(event)
    visit = Text(f"{plan.oid} {plan.text.en}", f"{plan.oid} {plan.text.zh}") if plan else ""
    window = window_words(plan, scene) if plan else ""
    facts = [Fact(SUBJECT, scene.data.subject if scene else ""), Fact(VISIT, visit)]
    if window:
        facts.append(Fact(WINDOW, window))
    facts += [Fact(VISIT_DATE), Fact(WRITTEN), Fact(ENTERED)]
    return Facts(tuple(facts))


def window_words(event: StudyEvent, scene: Scene | None) -> Text | str:
    """A visit's window: its days for a subject with T0, else how it is counted."""
    if scene is not None:
        due = next((v.window for v in windows(scene) if v.event.oid == event.oid), None)
        if due is not None:
            return f"{due.opens} – {due.closes} ({due.target})"
    counted = {"before": event.before, "after": event.after}
    if event.offset_months is not None:
        return FROM_T0.filled(n=event.offset_months, **counted)
    if event.offset_days:
        return DAYS_FROM_T0.filled(n=event.offset_days, **counted)
    return ""


def _how(study: Study) -> Text:
    reasons = options(study.codelists["MISS"])
    return Text(
        HOW.en.format(reasons="; ".join(f"{o.key} {o.text.en}" for o in reasons)),
        HOW.zh.format(reasons="；".join(f"{o.key} {o.text.zh}" for o in reasons)),
    )


@dataclass
class _Sheet:
    """Gathers the code lists that have to stand in the appendix."""

    study: Study
    lists: dict[str, CodeList] = field(default_factory=dict)

    def form(self, form: Form) -> Iterator[Block]:
        name = form.text
        yield Heading(Text(f"{form.oid} {name.en}", f"{form.oid} {name.zh}"))
        for group in form.groups:
            yield from self._group(group)

    def _group(self, group: ItemGroup) -> Iterator[Block]:
        blanks = tuple(self._blank(i) for i in group.items)
        if not group.repeating:
            yield Heading(group.text, 2)
            yield Blanks(blanks)
            return
        for n in range(1, _ROWS + 1):
            row = ROW.filled(n=n)
            text = group.text
            yield Heading(Text(f"{text.en} · {row.en}", f"{text.zh} · {row.zh}"), 2)
            yield Blanks(blanks)
        yield Words(MORE, quiet=True)

    def _blank(self, item: Item) -> Blank:
        hand, boxes, rows = _hand(item)
        choices: tuple[Option, ...] = ()
        listed = ""
        if item.codelist and hand is Hand.OPTIONS:
            choices = options(item.codelist)
            if len(choices) > _MOST_OPTIONS:
                self.lists[item.codelist.oid] = item.codelist
                hand, listed, choices = Hand.LIST, item.codelist.oid, ()
        many = item.type.kind is Kind.CODES
        note = SYSTEM if hand is Hand.SYSTEM else SEVERAL if many else None
        if item.type.kind is Kind.PARTIAL_DATE:
            note = PARTIAL
        return Blank(
            code=item.oid,
            text=item.text,
            hand=hand,
            unit=unit_text(item.unit),
            boxes=boxes,
            rows=rows,
            options=choices,
            many=many,
            list=listed,
            missing=item.required not in (Requirement.MUST, Requirement.DERIVED),
            only=condition(self.study, item),
            note=note,
        )

    def appendix(self) -> Iterator[Block]:
        if not self.lists:
            return
        yield Break()
        yield Heading(APPENDIX)
        for oid, found in self.lists.items():
            yield Codes(oid, found.text, options(found))


def _hand(item: Item) -> tuple[Hand, str, int]:
    """How an item is filled by hand: the pattern of its boxes, the lines it takes."""
    size = item.type
    if item.derived:
        return Hand.SYSTEM, "", 1
    if size.kind in (Kind.CODE, Kind.CODES):
        return Hand.OPTIONS, "", 1
    if size.kind is Kind.TEXT:
        return Hand.LINE, "", min(4, -(-size.length // _LINE))
    whole = "#" * (size.length - size.decimals)
    number = f"{whole}.{'#' * size.decimals}" if size.decimals else whole
    return Hand.BOXES, _PATTERNS.get(size.kind, number), 1


_PATTERNS = {
    Kind.DATE: "####-##-##",
    Kind.PARTIAL_DATE: "####-##-##",
    Kind.TIME: "##:##",
}
_WORDS = (
    (re.compile(r"!= ''"), Text("is answered", "已填写")),
    (re.compile(r"= ''"), Text("is empty", "未填写")),
    (re.compile(r"\band\b"), Text("and", "且")),
    (re.compile(r"\bor\b"), Text("or", "或")),
    (re.compile(r"!="), Text("≠", "≠")),
)
_AMONG = re.compile(r"([A-Z0-9]+\.[A-Z0-9]+) (not in|in|overlaps) \(([^)]*)\)")
_LISTED = re.compile(r"'([^']*)'")
_IS = {
    "in": Text("{item} is {any}", "{item} 为{any}"),
    "not in": Text("{item} is not {any}", "{item} 不为{any}"),
    "overlaps": Text("{item} has {any}", "{item} 含{any}"),
}
_TOKEN = re.compile(r"([A-Z0-9]+\.[A-Z0-9]+)|'([^']+)'")


def condition(study: Study, item: Item) -> Text | None:
    """When an item is asked: item codes, and choices by their meaning; None where it always is."""
    if item.show_when is None:
        return None
    en = zh = item.show_when.source
    en = _AMONG.sub(lambda found: _among(study, found, Language.EN), en)
    zh = _AMONG.sub(lambda found: _among(study, found, Language.ZH), zh)
    for pattern, words in _WORDS:
        en, zh = pattern.sub(words.en, en), pattern.sub(words.zh, zh)
    return Text(
        ONLY.en.format(condition=_meant(study, en, Language.EN)),
        ONLY.zh.format(condition=_meant(study, zh, Language.ZH)),
    )


def _among(study: Study, found: re.Match[str], language: Language) -> str:
    """«One of these», its choices by what they mean."""
    item, how, listed = found.groups()
    codelist = study.by_item[item].codelist if item in study.by_item else None
    codes = codelist.by_code if codelist else {}
    said = [codes[c].text.say(language) if c in codes else c for c in _LISTED.findall(listed)]
    between = "或" if language is Language.ZH else " or "
    return _IS[how].say(language, item=item, any=between.join(said))


def _meant(study: Study, source: str, language: Language) -> str:
    """The codes of a condition as what they mean in the list of the item before them."""
    codes: CodeList | None = None

    def said(found: re.Match[str]) -> str:
        nonlocal codes
        oid, code = found.groups()
        if oid:
            codes = study.by_item[oid].codelist if oid in study.by_item else None
            return str(oid)
        meant = codes.by_code.get(code) if codes else None
        return meant.text.say(language) if meant else code

    return _TOKEN.sub(said, source)
