"""What an amendment changes, in the words of the study: forms, questions and choices by name.

:mod:`mrd_desktop.study.compare` finds the differences and names them by their codes; here they are
told to people, those first that ask for something anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mrd_desktop.study.compare import WORDS, Change, Subject
from mrd_desktop.study.impact import forms_of, newly_required
from mrd_desktop.study.model import Item, Requirement, SecondLook, Study
from mrd_desktop.texts import Text

_NAME: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:\.[A-Z0-9_]+)+\b")


@dataclass(frozen=True, slots=True)
class Told:
    """One change for people.

    Attributes:
        forms: codes of the forms that it touches; ``place`` is the form, or what else it is about.
        what: the question, choice, check or visit by name.
        said: what of it changes.
        asks: a question that must be answered from now on and need not be so far.
    """

    change: Change
    forms: tuple[str, ...]
    place: Text
    what: Text
    said: Text
    asks: bool

    @property
    def sentence(self) -> Text:
        """All of it in one line."""
        return Text(
            f"{self.place.en} · {self.what.en}: {self.said.en}",
            f"{self.place.zh} · {self.what.zh}：{self.said.zh}",
        )

    def as_json(self) -> dict[str, str | bool | list[str] | None]:
        """The change for scripts, its words included."""
        words = self.sentence
        return {
            **self.change.as_json(),
            "forms": list(self.forms),
            "newly_required": self.asks,
            "sentence_en": words.en,
            "sentence_zh": words.zh,
        }


def tell(before: Study, after: Study, changes: Iterable[Change]) -> tuple[Told, ...]:
    """Every change in words: form by form, what asks for more first, the study as a whole last."""
    teller = _Teller(before, after)
    told = [teller.told(change) for change in changes]
    order = {form.oid: n for n, form in enumerate(after.forms)}

    def rank(one: Told) -> tuple[int, str, bool]:
        if len(one.forms) == 1:
            return order[one.forms[0]], "", not one.asks
        return len(order) + (not one.forms), one.place.en if not one.forms else "", True

    return tuple(sorted(told, key=rank))


def named(study: Study, item: str) -> Text:
    """A question by its name, with the form it stands on."""
    form, _, found = study.places[item]
    return Text(f"{form.text.en} · {found.text.en}", f"{form.text.zh} · {found.text.zh}")


class _Teller:
    def __init__(self, before: Study, after: Study) -> None:
        self._before: Final = before
        self._after: Final = after
        self._required: Final = frozenset(newly_required(before, after))
        self._namers: Final[Mapping[Subject, Callable[[str], Text | None]]] = {
            Subject.STUDY: lambda _: Text(after.protocol, after.protocol),
            Subject.FORM: self._form,
            Subject.SECTION: self._section,
            Subject.ITEM: self._item,
            Subject.CODELIST: self._list,
            Subject.CODE: self._code,
            Subject.CHECK: self._check,
            Subject.DERIVATION: self._item,
            Subject.EVENT: self._event,
            Subject.ROLE: self._role,
            Subject.REASON: self._reason,
            Subject.UNIT: self._unit,
            Subject.HEADING: self._item,
            Subject.OVERSIGHT: self._care,
        }

    def told(self, change: Change) -> Told:
        forms = forms_of(self._after, change)
        return Told(
            change,
            forms,
            self._place(change, forms),
            self._named(change.subject, change.name),
            self._said(change),
            self._asks(change),
        )

    def _asks(self, change: Change) -> bool:
        mine = change.subject is Subject.ITEM and change.name in self._required
        return mine and (change.added or change.fact == "required")

    # --- where and what ---------------------------------------------------------------

    def _place(self, change: Change, forms: tuple[str, ...]) -> Text:
        if len(forms) == 1:
            return self._after.by_form[forms[0]].text
        if change.subject is Subject.FORM:
            return self._named(Subject.FORM, change.name)
        return _SEVERAL if forms else _PLACES.get(change.subject, _WHOLE)

    def _named(self, subject: Subject, name: str) -> Text:
        namer = self._namers.get(subject)
        return (namer(name) if namer else None) or Text(name, name)

    def _form(self, oid: str) -> Text | None:
        form = self._after.by_form.get(oid) or self._before.by_form.get(oid)
        return form.text if form else None

    def _section(self, oid: str) -> Text | None:
        for study in (self._after, self._before):
            for form in study.forms:
                for group in form.groups:
                    if group.oid == oid:
                        return group.text
        return None

    def _item(self, oid: str) -> Text | None:
        item = self._item_of(oid)
        return item.text if item else None

    def _item_of(self, oid: str) -> Item | None:
        return self._after.by_item.get(oid) or self._before.by_item.get(oid)

    def _list(self, oid: str) -> Text | None:
        found = self._after.codelists.get(oid) or self._before.codelists.get(oid)
        return found.text if found else None

    def _code(self, name: str) -> Text | None:
        for study in (self._after, self._before):
            for oid, codelist in study.codelists.items():
                code = codelist.by_code.get(name.removeprefix(f"{oid}."))
                if code is not None and name.startswith(f"{oid}."):
                    listed = codelist.text
                    return Text(f"{listed.en} · {code.text.en}", f"{listed.zh} · {code.text.zh}")
        return None

    def _check(self, oid: str) -> Text | None:
        for study in (self._after, self._before):
            for check in study.checks:
                if check.id == oid:
                    return self._check_named(oid, check.at, check.text)
        return None

    def _check_named(self, oid: str, at: str | None, text: Text) -> Text:
        item = self._item_of(at) if at else None
        return _CHECK_AT.filled(item=item.text) if item else text

    def _event(self, oid: str) -> Text | None:
        event = self._after.by_event.get(oid) or self._before.by_event.get(oid)
        if event is None:
            return None
        return Text(f"{event.text.en} ({oid})", f"{event.text.zh}（{oid}）")

    def _role(self, oid: str) -> Text | None:
        return next((r.text for r in self._after.roles if r.oid == oid), None)

    def _reason(self, code: str) -> Text | None:
        return next((r.text for r in self._after.reasons if r.code == code), None)

    def _care(self, name: str) -> Text | None:
        for study in (self._after, self._before):
            for milestone in study.oversight.milestones:
                if milestone.oid == name:
                    return milestone.text
        return _CARES.get(name)

    def _unit(self, name: str) -> Text | None:
        oid, _, unit = name.partition(" ")
        item = self._item(oid)
        return None if item is None else Text(f"{item.en} ({unit})", f"{item.zh}（{unit}）")

    # --- what of it -------------------------------------------------------------------

    def _said(self, change: Change) -> Text:
        kind = WORDS[change.subject]
        if change.added:
            asked = self._asks(change)
            return (_NEW_ASKED if asked else _NEW).filled(kind=_KINDS.get(change.subject, kind))
        if change.removed:
            return _GONE.filled(kind=_KINDS.get(change.subject, kind))
        fact = _ALSO if change.subject is Subject.LISTED else FACTS[change.fact]
        if change.fact in _LISTS:
            return self._listed(change, fact)
        before = self._value(change, change.before)
        after = self._value(change, change.after)
        return _FROM_TO.filled(fact=fact, before=before, after=after)

    def _listed(self, change: Change, fact: Text) -> Text:
        was, now = (change.before or "").split(), (change.after or "").split()
        came = [c for c in now if c not in was]
        went = [c for c in was if c not in now]
        subject = _LISTS[change.fact]
        if change.subject is Subject.CODELIST:
            subject, came, went = Subject.CODE, *_prefixed(change.name, came, went)
        parts = [
            word.filled(fact=fact, names=_joined([self._short(subject, n) for n in names]))
            for word, names in ((_CAME, came), (_WENT, went))
            if names
        ]
        return _joined(parts, "; ", "；") if parts else _ORDER.filled(fact=fact)

    def _short(self, subject: Subject, name: str) -> Text:
        said = self._named(subject, name)
        return Text(said.en.rpartition(" · ")[2], said.zh.rpartition(" · ")[2])

    def _value(self, change: Change, value: str | None) -> Text:
        if not value:
            return _NONE
        if value in _FLAGS:
            return _FLAGS[value]
        if change.fact in _CODED:
            return _CODED[change.fact][value]
        if change.fact in _EXPRESSIONS:
            return Text(self._spoken(value, "en"), self._spoken(value, "zh"))
        return Text(value, value)

    def _spoken(self, source: str, language: str) -> str:
        """An expression with the names of its questions in place of their codes."""

        def name(found: re.Match[str]) -> str:
            item = self._item_of(found[0])
            return f"[{getattr(item.text, language)}]" if item else found[0]

        return _NAME.sub(name, source)


def _prefixed(oid: str, *lists: list[str]) -> list[list[str]]:
    return [[f"{oid}.{code}" for code in codes] for codes in lists]


def _joined(texts: Iterable[Text], en: str = ", ", zh: str = "、") -> Text:
    all_of = tuple(texts)
    return Text(en.join(t.en for t in all_of), zh.join(t.zh for t in all_of))


_WHOLE: Final = Text("The study as a whole", "研究整体")
_SEVERAL: Final = Text("Several forms", "多种表单")
_PLACES: Final = {
    Subject.EVENT: Text("Visits", "访视"),
    Subject.CODELIST: Text("Code lists", "代码表"),
    Subject.CODE: Text("Code lists", "代码表"),
    Subject.ROLE: Text("Roles", "角色"),
    Subject.REASON: Text("Reasons for change", "修改原因"),
    Subject.DRUG: Text("Drugs", "药物"),
    Subject.TERM: Text("Terms to pick", "可选用词"),
    Subject.LISTED: Text("Terms to pick", "可选用词"),
    Subject.PARAMETER: Text("Parameters", "参数"),
    Subject.OVERSIGHT: Text("Reviews and milestones", "复核与里程碑"),
}
_CARES: Final = {
    "accounts": Text("Review of accounts", "账户复核"),
    "passwords": Text("Passwords", "密码"),
    "retention": Text("Retention", "保存期限"),
    "sessions": Text("Sessions", "登录与锁定"),
    "confirmation": Text("Confirmation of a user's key", "用户密钥的确认"),
    "data_key": Text("Data key", "数据密钥"),
}
"""What the policies of a site's care are called; milestones have their own words."""
_KINDS: Final = {
    Subject.ITEM: Text("question", "问题"),
    Subject.CODE: Text("choice", "选项"),
    Subject.EVENT: Text("visit", "访视"),
}
_CHECK_AT: Final = Text("Check at “{item}”", "核查“{item}”")
_NEW: Final = Text("new {kind}", "新增{kind}")
_NEW_ASKED: Final = Text("new {kind}, must be answered", "新增{kind}，必填")
_GONE: Final = Text("{kind} removed", "删除{kind}")
_FROM_TO: Final = Text("{fact}: “{before}” → “{after}”", "{fact}：“{before}” → “{after}”")
_CAME: Final = Text("{fact}: added {names}", "{fact}：新增 {names}")
_WENT: Final = Text("{fact}: removed {names}", "{fact}：删除 {names}")
_ORDER: Final = Text("{fact}: another order", "{fact}：顺序调整")
_NONE: Final = Text("none", "无")
_FLAGS: Final = {"True": Text("yes", "是"), "False": Text("no", "否")}
_REQUIREMENTS: Final[Mapping[str, Text]] = {
    Requirement.MUST: Text("required, a reason is not enough", "必填，不可填缺失原因"),
    Requirement.REQUIRED: Text("required", "必填"),
    Requirement.CONDITIONAL: Text("required where it is asked", "适用时必填"),
    Requirement.OPTIONAL: Text("optional", "选填"),
    Requirement.DERIVED: Text("worked out by the program", "系统计算"),
}
_SEVERITIES: Final[Mapping[str, Text]] = {
    "hard": Text("the form cannot be complete", "表单不能完整"),
    "soft": Text("opens a query", "提出质疑"),
}
_LOOKS: Final[Mapping[str, Text]] = {
    SecondLook.MONITOR: Text("the monitor compares them with the source", "监查员与原始记录核对"),
    SecondLook.SECOND_ENTRY: Text(
        "a second person keys their forms again as well", "另由第二人再次录入所在表单"
    ),
}
_CODED: Final = {"required": _REQUIREMENTS, "severity": _SEVERITIES, "second_look": _LOOKS}
"""Facts with values of a few codes, and what these mean."""
_EXPRESSIONS: Final = frozenset(
    {"show_when", "fires", "value", "when", "params", "also", "save_rules", "reductions"}
)
_ALSO: Final = Text("also found by", "同义词")
_LISTS: Final = {
    "forms": Subject.FORM,
    "sections": Subject.SECTION,
    "items": Subject.ITEM,
    "order": Subject.CODE,
    "planned": Subject.FORM,
    "optional": Subject.FORM,
    "fixed_when_signed": Subject.ITEM,
    "critical": Subject.ITEM,
}
"""Facts that list parts by code, and what these are."""
FACTS: Final = {
    "en": Text("English wording", "英文文字"),
    "zh": Text("Chinese wording", "中文文字"),
    "version": Text("version", "版本"),
    "protocol": Text("protocol", "方案编号"),
    "forms": Text("forms", "表单"),
    "sections": Text("sections", "区段"),
    "items": Text("questions", "问题"),
    "order": Text("choices", "选项"),
    "planned": Text("planned forms", "计划表单"),
    "optional": Text("optional forms", "可选表单"),
    "fixed_when_signed": Text("fixed once signed", "签名后不可更改"),
    "critical": Text("critical questions", "关键数据"),
    "second_look": Text("second look at critical questions", "关键数据的第二次核对"),
    "save_rules": Text("rules of saving", "保存规则"),
    "reductions": Text("reduced before it leaves", "外发前泛化"),
    "sdv": Text("comparison with the source", "原始数据核对"),
    "review_days": Text("days between reviews", "复核间隔天数"),
    "oldest": Text("days until a new password", "密码有效天数"),
    "idle_minutes": Text("minutes until the window locks", "自动锁定分钟数"),
    "session_hours": Text("longest session in hours", "单次登录最长小时数"),
    "changed": Text("days until a new key", "密钥更换间隔天数"),
    "by_another": Text("never by who made the account", "须由非建账人确认"),
    "years": Text("years of retention", "保存年限"),
    "until": Text("last day of retention", "保存截止日"),
    "every": Text("every so many days", "间隔天数"),
    "item": Text("date that decides", "判定日期"),
    "within": Text("within so many days", "期限天数"),
    "repeating": Text("may come several times", "可重复"),
    "log": Text("a log", "日志式"),
    "private": Text("identity data", "身份信息"),
    "second_entry": Text("entered twice", "双人录入"),
    "sdtm": Text("SDTM annotation", "SDTM 标注"),
    "cdash": Text("CDASH annotation", "CDASH 标注"),
    "cdisc": Text("CDISC code", "CDISC 代码"),
    "ncit": Text("NCI code", "NCI 代码"),
    "source": Text("source", "来源"),
    "when": Text("condition", "条件"),
    "note": Text("note", "说明"),
    "purpose": Text("purpose", "用途"),
    "harmless": Text("why it is no identifier", "非身份标识的理由"),
    "protocol_parts": Text("parts of the protocol", "方案依据"),
    "form": Text("form", "表单"),
    "section": Text("section", "区段"),
    "expects_rows": Text("expects rows", "应有记录"),
    "genetic": Text("genetic data", "遗传信息"),
    "type": Text("data type", "数据类型"),
    "unit": Text("unit", "单位"),
    "codelist": Text("code list", "代码表"),
    "required": Text("answer", "填写要求"),
    "phi": Text("grade of identification", "可识别程度"),
    "show_when": Text("asked when", "显示条件"),
    "guidance": Text("guidance", "填写说明"),
    "capitals": Text("typed in capitals", "大写录入"),
    "carry": Text("taken over into a new row", "复制到新行"),
    "with_year": Text("year always typed", "须填年份"),
    "original": Text("first record, not transcribed", "原始记录（非转录）"),
    "refers": Text("points at", "引用"),
    "words": Text("meaning of values", "取值含义"),
    "severity": Text("effect", "核查结果"),
    "on": Text("checked", "核查时机"),
    "at": Text("told at", "提示位置"),
    "fires": Text("says so when", "提示条件"),
    "params": Text("values in the message", "提示中的数值"),
    "vault": Text("reads identity data", "读取身份信息"),
    "daily": Text("checked daily", "每日核查"),
    "at_once": Text("told at once", "即时提示"),
    "export": Text("checked before sending", "导出前核查"),
    "also": Text("told also at", "同时提示于"),
    "way_en": Text("way out, English", "处理办法（英文）"),
    "way_zh": Text("way out, Chinese", "处理办法（中文）"),
    "days": Text("days after the start", "距起点天数"),
    "months": Text("months after the start", "距起点月数"),
    "before": Text("days before it that count", "窗口前天数"),
    "after": Text("days after it that count", "窗口后天数"),
    "every_months": Text("months between", "间隔月数"),
    "value": Text("value", "取值"),
    "recorded": Text("recorded", "写入记录"),
    "operations": Text("operations", "权限"),
    "factor": Text("factor", "换算系数"),
    "class": Text("class", "类别"),
    "route": Text("route", "给药途径"),
    "approved": Text("approved", "获批情况"),
    "doses": Text("doses", "剂量"),
    "soc": Text("organ class", "系统器官分类"),
    "grades": Text("grades", "分级"),
    "names": Text("headings", "列标题"),
    "with_unit": Text("headings with unit", "含单位的列标题"),
}
"""What each fact of a part is called."""
