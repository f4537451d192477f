"""Values of data points: from typing to canonical text, and from there to words.

Four forms, and the only places where one becomes another:

    typed text  --parse_text-->  canonical text  --typed-->  typed value  --written-->  canonical
                                 canonical text  --show-->  words

Canonical text is permanent: numbers without plus sign and leading zeros, decimals kept (20.0 is
not 20); dates ISO 8601; times ``HH:MM``; codes as in their list, several of them sorted; texts
NFC, trimmed, with LF; direct identifiers as typed, only trimmed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from mrd_desktop.study.answer import Answer, Raw
from mrd_desktop.study.dates import UNKNOWN, parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Code, CodeList, DataType, Item, Kind, Phi, Requirement
from mrd_desktop.study.reading import Typed, digits_fit, typed, written
from mrd_desktop.texts import Language, Text

__all__ = [
    "Typed",
    "ascii_forms",
    "coded",
    "entry_text",
    "in_order",
    "meanings",
    "parse_text",
    "show",
    "typed",
    "written",
]

_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(" "): ord(" "),
    ord("。"): ord("."),
    ord("−"): ord("-"),
    ord("–"): ord("-"),
    ord("—"): ord("-"),
}

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_CLOCK = re.compile(r"([0-9]{1,2})(?::|时|点)([0-9]{2})分?|([0-9]{1,2})([0-9]{2})")

_DATES = (Kind.DATE, Kind.PARTIAL_DATE)
_UNKNOWN = "UNK"
_NEEDED = Text(
    "A date is needed here; that it is unknown is not accepted.",
    "此处须填写日期，不接受“不详”。",
)
_NOT_A_TIME = Text(
    "This is no time. Type it like 0830 or 8:30, from 00:00 to 23:59.",
    "不是时间。请按 0830 或 8:30 录入（00:00–23:59）。",
)
_NO_WHOLE = Text(
    "A digit is needed before the point, as in 0.5. Type the whole number again.",
    "小数点前须有数字，如 0.5。请重新录入整个数值。",
)
_NOT_TEXT = Text(
    "The text holds unseen characters that cannot be kept, as copying brings them. Clear the field "
    "and type it.",
    "文本含有看不见、无法保存的字符，多由复制粘贴带入。请清空本项，改为手动录入。",
)


def parse_text(
    item: Item,
    text: str,
    *,
    today: date,
    visit_date: date | None = None,
    reasons: CodeList | None = None,
) -> Answer | None:
    """The answer that a typed text means for an item; None for an empty text.

    Args:
        reasons: the list of missing reasons; ``UN`` alone in place of a date gives the reason
            “unknown”, where it has one.

    Canonical text always parses to itself. Dates: see :mod:`mrd_desktop.study.dates`. A code may
    be typed as itself in any case, or as its position in the list (``2`` for the second) where
    no code of the list begins with a digit; where some do, digits stand for the one code that
    begins with them. Several codes are separated by ``;``, ``,``, ``、`` or spaces.

    Raises:
        ValueRefused: the text is no value of the item's type; the message tells what would be.
    """
    kind = item.type.kind
    if kind is Kind.TEXT:
        kept = _text(item, text)
        return Answer(kept) if kept else None
    plain = ascii_forms(text).strip()
    if not plain:
        return None
    if item.type.kind in _DATES and plain.upper() in UNKNOWN and reasons is not None:
        return _unknown(item, reasons)
    raw = _raw(item, plain, today, visit_date)
    return Answer(raw) if raw else None


def _unknown(item: Item, reasons: CodeList) -> Answer:
    if item.required is Requirement.MUST or _UNKNOWN not in reasons.by_code:
        raise ValueRefused(_NEEDED)
    return Answer(missing=_UNKNOWN)


def _raw(item: Item, text: str, today: date, visit_date: date | None) -> Raw:
    match item.type.kind:
        case Kind.DATE | Kind.PARTIAL_DATE as kind:
            partial = kind is Kind.PARTIAL_DATE
            return parse_date(
                text, today=today, visit_date=visit_date, partial=partial, with_year=item.with_year
            ).text
        case Kind.TIME:
            return parse_time(text)
        case Kind.CODE:
            return _code(item, text)
        case Kind.CODES:
            return _codes(item, text)
        case _:
            return _number(item.type, text)


def entry_text(item: Item, answer: Answer | None) -> str:
    """The text to edit a value with: a code's position where one types it so, else canonical.

    Always parses back to the same value; empty where there is no value.
    """
    if answer is None or answer.value is None:
        return ""
    codes = [c.code for c in item.codelist.codes] if item.codelist else []
    if item.type.kind is Kind.CODES:
        return "; ".join(answer.codes)
    if answer.text not in codes or len(codes) > 9 or any(c[0].isdigit() for c in codes):
        return answer.text
    return str(codes.index(answer.text) + 1)


def ascii_forms(text: str) -> str:
    """A text with full-width forms and Chinese stops as their ASCII twins."""
    return text.translate(_ASCII)


def show(
    item: Item, answer: Answer | None, language: Language, reasons: CodeList | None = None
) -> str:
    """What stands in a data point, in words: codes as their meaning, the rest as recorded.

    Args:
        reasons: the list of missing reasons; a reason is shown as its code without it.
    """
    if answer is None:
        return ""
    if answer.missing is not None:
        return _meaning(reasons.by_code if reasons else {}, answer.missing).say(language)
    if not coded(item, answer):
        return answer.text
    return meanings(item, answer).say(language)


# -- texts


def _text(item: Item, text: str) -> str:
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    if item.phi is not Phi.DIRECT:
        kept = unicodedata.normalize("NFC", kept)
    kept = kept.strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in kept):
        raise ValueRefused(_NOT_TEXT)
    if len(kept) > item.type.length:
        over = len(kept) - item.type.length
        raise ValueRefused(
            Text(
                f"At most {item.type.length} characters; {over} too many.",
                f"最多 {item.type.length} 个字符，超出 {over} 个。",
            )
        )
    return kept


# -- numbers and times


def _number(type: DataType, text: str) -> str:
    found = _NUMBER.fullmatch(text)
    whole, decimals = (found[2], found[3] or "") if found else ("", "")
    if found is None or not (whole or decimals):
        raise ValueRefused(_number_wanted(type))
    if not whole:
        raise ValueRefused(_NO_WHOLE)  # what is left of 0.5 when its first digit went elsewhere
    whole = whole.lstrip("0") or "0"
    if not digits_fit(type, whole, decimals):
        raise ValueRefused(_number_wanted(type))
    number = f"{whole}.{decimals}" if decimals else whole
    return f"-{number}" if found[1] == "-" and number.strip("0.") else number


def _number_wanted(type: DataType) -> Text:
    whole = type.length - type.decimals
    if not type.decimals:
        return Text(
            f"A whole number of at most {whole} digits is expected, without unit.",
            f"请录入不超过 {whole} 位的整数，不带单位。",
        )
    return Text(
        f"A number with at most {whole} digits before the point and {type.decimals} after it is "
        "expected, without unit.",
        f"请录入数值：整数最多 {whole} 位，小数最多 {type.decimals} 位，不带单位。",
    )


def parse_time(text: str) -> str:
    """A time of 24 hours as ``HH:MM``.

    Args:
        text: four digits, or hours and minutes with a colon or in Chinese; ASCII forms already.

    Raises:
        ValueRefused: it is none.
    """
    found = _CLOCK.fullmatch(text.replace(" ", ""))
    if found is None:
        raise ValueRefused(_NOT_A_TIME)
    hour, minute = int(found[1] or found[3]), int(found[2] or found[4])
    if hour > 23 or minute > 59:
        raise ValueRefused(_NOT_A_TIME)
    return f"{hour:02}:{minute:02}"


# -- codes


def _code(item: Item, text: str) -> str:
    found = _find(item, text)
    if found is None:
        raise ValueRefused(
            Text(
                "This is not in the list. Type a code or its number; F4 opens the list.",
                "不在选项中。请录入代码或序号，按 F4 打开列表。",
            )
        )
    return found


def _find(item: Item, text: str) -> str | None:
    codes = [c.code for c in item.codelist.codes] if item.codelist else []
    if text in codes:
        return text
    alike = [c for c in codes if c.casefold() == text.casefold()]
    if not alike and text.isascii() and text.isdigit():
        if any(c[0].isdigit() for c in codes):
            alike = [c for c in codes if c.startswith(text)]
        elif 1 <= int(text[:6]) <= len(codes):
            alike = [codes[int(text[:6]) - 1]]
    return alike[0] if len(alike) == 1 else None


def _codes(item: Item, text: str) -> tuple[str, ...]:
    found: set[str] = set()
    for part in filter(None, (p.strip() for p in re.split("[;,、]", text))):
        whole = _find(item, part)
        found |= {whole} if whole else {_code(item, word) for word in part.split()}
    return tuple(sorted(found))


def meanings(item: Item, answer: Answer) -> Text:
    """What the codes of an answer mean, in the order of their list."""
    texts = [_meaning(item.meanings, code) for code in in_order(item, answer)]
    return Text("; ".join(t.en for t in texts), "；".join(t.zh for t in texts))


def coded(item: Item, answer: Answer) -> bool:
    """Whether codes stand there: of a code list, or of a derived text that has words for all."""
    if item.type.kind in (Kind.CODE, Kind.CODES):
        return True
    return all(code in item.meanings for code in _codes_of(item, answer))


def _codes_of(item: Item, answer: Answer) -> tuple[str, ...]:
    return tuple(answer.text.split(";")) if item.words else answer.codes


def in_order(item: Item, answer: Answer) -> tuple[str, ...]:
    """The codes of an answer in the order of their list; those it does not know stand last."""
    order = list(item.meanings)
    codes = _codes_of(item, answer)
    return tuple(sorted(codes, key=lambda c: order.index(c) if c in order else len(order)))


def _meaning(codes: Mapping[str, Code], code: str) -> Text:
    found = codes.get(code)
    return found.text if found else Text(code, code)
