"""RangeChecks of an item: ranges where they are plain bounds, else what is legal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from mrd_desktop.study.document import FORMAT
from mrd_desktop.study.importing.formula import Untranslatable, quoted
from mrd_desktop.study.importing.report import Report, shortened
from mrd_desktop.study.importing.wording import Wording
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.study.model import Kind
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import decimal
from mrd_desktop.texts import Text

_SIGNS: Final = {"LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "EQ": "=", "NE": "!="}
_NUMBERS: Final = (Kind.INTEGER, Kind.DECIMAL)
_DATES: Final = (Kind.DATE, Kind.PARTIAL_DATE)
_SAID: Final = {
    "<": Text("Value must be less than {v}.", "数值应小于{v}。"),
    "<=": Text("Value must be {v} or less.", "数值应不大于{v}。"),
    ">": Text("Value must be greater than {v}.", "数值应大于{v}。"),
    ">=": Text("Value must be {v} or more.", "数值应不小于{v}。"),
    "=": Text("Value must be {v}.", "取值应为{v}。"),
    "!=": Text("Value must not be {v}.", "取值不得为{v}。"),
    "in": Text("Value must be one of {v}.", "取值应为以下之一：{v}。"),
    "not in": Text("Value must be none of {v}.", "取值不得为：{v}。"),
}


@dataclass
class _Bounds:
    """Both ends of a range with the message that belongs to it."""

    low: Decimal | None = None
    high: Decimal | None = None
    said: list[Text] = field(default_factory=list)


def digits_needed(item: Element) -> int:
    """Digits before the point that the values of the range checks of an item have."""
    found = (decimal(v.text.strip()) for c in item.all("RangeCheck") for v in c.all("CheckValue"))
    sizes = [len(str(int(abs(n)))) for n in found if n is not None and abs(n) < 10**15]
    return max(sizes, default=0)


def bounded(item: Element) -> bool:
    """Whether hard range checks leave neither end open."""
    signs = {
        c.get("Comparator")[:1].upper()
        for c in item.all("RangeCheck")
        if c.get("SoftHard").casefold() != "soft"
        and c.get("Comparator").upper() in ("GE", "GT", "LE", "LT")
    }
    return signs == {"G", "L"}


def checks(
    item: Element,
    oid: str,
    kind: Kind,
    codes: Mapping[str, str] | None,
    wording: Wording,
    report: Report,
) -> Iterator[dict[str, Any]]:
    """The checks of an item in their written shape."""
    bounds: dict[str, _Bounds] = {}
    found: list[dict[str, Any]] = []
    for number, check in enumerate(item.all("RangeCheck"), start=1):
        inside = f"RangeCheck {number}"
        severity = "soft" if check.get("SoftHard").casefold() == "soft" else "hard"
        said = wording.of(check, "ErrorMessage")
        formal = check.first("FormalExpression")
        if formal is not None and formal.get("Context") == FORMAT:
            found.append(_part(severity, " ".join(formal.text.split()), said or _unusual()))
            continue
        values = [v.text.strip() for v in check.all("CheckValue")]
        sign = check.get("Comparator").upper()
        end = _end(kind, sign, values)
        if end is not None:
            at = bounds.get(severity)
            if at is None:
                at = bounds[severity] = _Bounds()
                found.append({"severity": severity})
            _narrow(at, *end)
            at.said += [said] if said else []
            continue
        try:
            legal, spoken = _legal(oid, kind, sign, values, codes)
        except Untranslatable as why:
            report.left("range", item, _lost(check, str(why)), oid, inside)
            continue
        found.append(_part(severity, legal, said or spoken))
    for part in found:
        if "legal" not in part:
            yield from _range(part, bounds[part["severity"]], item, oid, report)
        else:
            yield part


def _part(severity: str, legal: str, said: Text) -> dict[str, Any]:
    return {"severity": severity, "legal": legal, "en": said.en, "zh": said.zh}


def _unusual() -> Text:
    return Text("Please check this value.", "请核对该数值。")


def _range(
    part: dict[str, Any], bounds: _Bounds, item: Element, oid: str, report: Report
) -> Iterator[dict[str, Any]]:
    low, high = bounds.low, bounds.high
    if low is not None and high is not None and low > high:
        report.left(
            "range",
            item,
            Text(
                f"the range from {low} to {high} holds nothing", f"范围 {low} 至 {high} 不含任何值"
            ),
            oid,
            "RangeCheck",
        )
        return
    ends = [None if e is None else f"{e:f}" for e in (low, high)]
    said = list(dict.fromkeys(bounds.said))
    words = {"en": said[0].en, "zh": said[0].zh} if len(said) == 1 else {}
    yield {**part, "range": ends, **words}


def _end(kind: Kind, sign: str, values: list[str]) -> tuple[str, Decimal] | None:
    """A bound of a number that a range can say."""
    number = decimal(values[0]) if len(values) == 1 else None
    if kind not in _NUMBERS or number is None:
        return None
    if kind is Kind.INTEGER and sign in ("GT", "LT") and number == int(number):
        number += 1 if sign == "GT" else -1
        sign = "GE" if sign == "GT" else "LE"
    return (sign, number) if sign in ("GE", "LE") else None


def _narrow(bounds: _Bounds, sign: str, value: Decimal) -> None:
    if sign == "GE":
        bounds.low = value if bounds.low is None else max(bounds.low, value)
    else:
        bounds.high = value if bounds.high is None else min(bounds.high, value)


def _legal(
    oid: str, kind: Kind, sign: str, values: list[str], codes: Mapping[str, str] | None
) -> tuple[str, Text]:
    if not values:
        raise Untranslatable("it has no value to compare with")
    if kind is Kind.CODES:
        raise Untranslatable("several answers are not compared with a value")
    if sign in ("IN", "NOTIN"):
        members = ", ".join(_literal(kind, v, codes) for v in values)
        word = "in" if sign == "IN" else "not in"
        said = _SAID[word].filled(v=shortened(", ".join(values), 200))
        return f"{oid} {word} ({members})", said
    if sign not in _SIGNS:
        raise Untranslatable(f"the comparator {sign or '–'} is not known")
    if len(values) != 1:
        raise Untranslatable("it has several values")
    word = _SIGNS[sign]
    asked = oid
    if word not in ("=", "!=") and kind in (Kind.TEXT, Kind.CODE):
        if decimal(values[0]) is None:
            raise Untranslatable("texts have no order")
        return f"number({oid}) {word} {_plain(values[0])}", _SAID[word].filled(v=values[0])
    return f"{asked} {word} {_literal(kind, values[0], codes)}", _SAID[word].filled(
        v=shortened(values[0], 60)
    )


def _literal(kind: Kind, text: str, codes: Mapping[str, str] | None) -> str:
    if kind in _NUMBERS:
        return _plain(text)
    if kind in _DATES:
        try:
            return quoted(PartialDate.parse(text[:10]).text)
        except ValueError:
            raise Untranslatable(f"{shortened(text, 20)!r} is no date") from None
    if codes is not None:
        if text not in codes:
            raise Untranslatable(f"{shortened(text, 40)!r} is no code of the item")
        return quoted(codes[text])
    return quoted(text)


def _plain(text: str) -> str:
    number = decimal(text)
    if number is None:
        raise Untranslatable(f"{shortened(text, 20)!r} is no number")
    return f"{number:f}"


def _lost(check: Element, why: str) -> Text:
    sign = check.get("Comparator") or "–"
    values = shortened(", ".join(v.text for v in check.all("CheckValue")), 80)
    formal = check.first("FormalExpression")
    said = shortened(formal.text, 160) if formal is not None else f"{sign} {values}"
    return Text(f"the check “{said}” is not made here: {why}", f"检查“{said}”未导入：{why}")
