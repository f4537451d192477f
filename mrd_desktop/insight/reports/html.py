"""Reports as one HTML file: no links, no scripts, styles for paper; every word is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mrd_desktop.insight.figures.svg import svg_element
from mrd_desktop.insight.reports.issue import PREVIEW, Stamp
from mrd_desktop.insight.reports.model import (
    Blank,
    Blanks,
    Block,
    Break,
    Cell,
    Codes,
    Drawing,
    Facts,
    Hand,
    Heading,
    Report,
    Said,
    Signing,
    Table,
    Tongue,
    Weeks,
    Words,
    line,
    lines,
)
from mrd_desktop.texts import Text

COPY = Text("copy {n}", "第 {n} 份")
LOOK = Text("preview, not a print", "预览，非正式打印件")
PRINTED = Text("printed by {user} ({role}) at {at}", "打印：{user}（{role}） {at}")
RECORD = Text("record {head}", "记录号 {head}")
DEFINITION = Text("definition {version}", "研究定义 {version}")
TRAINING = Text("TRAINING", "培训")
SITE = Text("Site {site} {name}", "中心 {site} {name}")
MISSING = Text("M", "缺")
SIGN = (Text("Name", "姓名"), Text("Signature", "签名"), Text("Date", "日期"))
LIST = Text("list {name} in the appendix", "见附录列表 {name}")
WEEKDAYS = tuple(
    Text(en, zh)
    for en, zh in zip(
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        strict=True,
    )
)

DRAWING_WIDE = 720.0
"""Pixels of a picture across a page that stands; its words are then as large as notes."""

STYLE = """
@page { size: A4 %(way)s; margin: 14mm 14mm 16mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 "Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;
  color: #1a1f27; margin: 0 auto; max-width: %(wide)s; padding: 8mm;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 15pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 6mm 0 2mm; }
h3 { font-size: 10.5pt; margin: 4mm 0 1.5mm; }
h1, h2, h3 { break-after: avoid; }
.en { color: #5a6472; font-size: .86em; margin-left: .4em; font-weight: normal; }
.quiet { color: #5a6472; } .strong { font-weight: 600; } s { color: #5a6472; }
.stamp { color: #5a6472; font-size: 8pt; border-top: .5pt solid #868f9b; padding-top: 1.5mm;
  margin-top: 5mm; }
.training { border: 1pt solid #6b4fa0; color: #6b4fa0; padding: 0 2mm; font-size: 9pt; }
table { border-collapse: collapse; width: 100%%; table-layout: fixed; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 1mm 1.5mm;
  border-bottom: .5pt solid #dde1e7; overflow-wrap: anywhere; }
th { font-size: 8.5pt; color: #5a6472; font-weight: 600; border-bottom-color: #868f9b; }
.tall td { height: 9mm; }
.facts td { border: 0; } .facts .name { color: #5a6472; }
.hand { border-bottom: .5pt solid #868f9b !important; height: 7mm; }
.blank { display: grid; grid-template-columns: 36%% 1fr 16mm; gap: 0 3mm; padding: 1.4mm 0;
  border-bottom: .5pt solid #dde1e7; break-inside: avoid; }
.blank .code { font-size: 7.5pt; color: #5a6472; display: block; }
.box { display: inline-block; width: 5mm; height: 6mm; border: .5pt solid #868f9b;
  margin-right: .4mm; vertical-align: middle; }
.option { display: inline-block; margin-right: 4mm; } .tick { font-size: 11pt; }
.rule { border-bottom: .5pt solid #868f9b; height: 7mm; }
.codes { columns: 3; font-size: 9pt; } .codes div { break-inside: avoid; }
.weeks td { height: 26mm; border: .5pt solid #dde1e7; font-size: 8pt; }
.weeks .outside { color: #868f9b; background: #f6f7f9; }
.weeks .today { outline: 1.2pt solid #1f6fb2; }
.weeks .number { font-weight: 600; }
.sign td { height: 11mm; vertical-align: bottom; }
.drawing svg { max-width: 100%%; height: auto; } .drawing { break-inside: avoid; }
.new { break-before: page; }
@media print { body { padding: 0; max-width: none; } }
"""


def to_html(report: Report, stamp: Stamp, tongue: Tongue) -> str:
    """The report as a file that a browser shows and prints."""
    way, wide = ("landscape", "297mm") if report.landscape else ("portrait", "210mm")
    title = line(report.title, tongue)
    body = "\n".join(_blocks(report, tongue))
    head = "" if report.discreet else _head(report, stamp, tongue)
    foot = escape(" · ".join(stamp_words(report, stamp, tongue)))
    language = "en" if tongue is Tongue.EN else "zh-CN"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE % {'way': way, 'wide': wide}}</style>\n"
        f"</head>\n<body>\n{head}<h1>{_said(report.title, tongue)}</h1>\n{body}\n"
        f'<div class="stamp">{foot}</div>\n</body>\n</html>\n'
    )


def head_words(stamp: Stamp, tongue: Tongue) -> tuple[str, ...]:
    """What stands over a report: study and site."""
    return stamp.study, line(SITE.filled(site=stamp.site, name=stamp.name), tongue)


def stamp_words(report: Report, stamp: Stamp, tongue: Tongue) -> tuple[str, ...]:
    """What stands under every page: coded id, who, when, which copy, of which state.

    A discreet report keeps what tells the study out of it.
    """
    copy = LOOK if stamp.copy == PREVIEW else COPY.filled(n=stamp.copy)
    role = stamp.role
    printed = Text(
        PRINTED.en.format(user=stamp.user, role=role.en, at=stamp.at),
        PRINTED.zh.format(user=stamp.user, role=role.zh, at=stamp.at),
    )
    if report.discreet:
        return report.subject, stamp.at, line(copy, tongue)
    said: tuple[Said, ...] = (
        *((report.subject,) if report.subject else ()),
        printed,
        copy,
        RECORD.filled(head=stamp.head),
        DEFINITION.filled(version=stamp.definition),
        f"MRD Desktop {stamp.program}",
    )
    return tuple(line(x, tongue) for x in said)


def _head(report: Report, stamp: Stamp, tongue: Tongue) -> str:
    words = escape(" · ".join(head_words(stamp, tongue)))
    training = f' <span class="training">{_said(TRAINING, tongue)}</span>' if stamp.training else ""
    return f'<div class="quiet">{words}{training}</div>\n'


def _blocks(report: Report, tongue: Tongue) -> Iterator[str]:
    fresh = ""
    for block in report.blocks:
        if isinstance(block, Break):
            fresh = ' class="new"'
            continue
        drawn = _block(block, tongue)
        yield f"<div{fresh}>{drawn}</div>" if fresh else drawn
        fresh = ""


def _block(block: Block, tongue: Tongue) -> str:  # noqa: PLR0911 - one for each kind of block
    match block:
        case Heading(text, level):
            return f"<h{level + 1}>{_said(text, tongue)}</h{level + 1}>"
        case Words(text, quiet):
            name = ' class="quiet"' if quiet else ""
            return f"<p{name}>{_said(text, tongue)}</p>"
        case Facts():
            return _facts(block, tongue)
        case Table():
            return _table(block, tongue)
        case Blanks(blanks):
            return "\n".join(_blank(b, tongue) for b in blanks)
        case Codes():
            return _codes(block, tongue)
        case Signing():
            return _signing(block, tongue)
        case Weeks():
            return _weeks(block, tongue)
        case Drawing(picture):
            language = tongue.language
            drawn = svg_element(picture.inset(DRAWING_WIDE, language), language)
            return f'<div class="drawing">{drawn}</div>'
        case Break():
            return ""


def _said(said: Said, tongue: Tongue) -> str:
    first, *second = lines(said, tongue) or ("",)
    more = "".join(f'<span class="en" lang="en">{escape(x)}</span>' for x in second)
    return escape(first).replace("\n", "<br>") + more


def _facts(block: Facts, tongue: Tongue) -> str:
    rows = []
    step = block.columns
    for start in range(0, len(block.facts), step):
        cells = "".join(
            f'<td class="name">{_said(f.name, tongue)}</td>'
            + (f"<td>{_said(f.value, tongue)}</td>" if line(f.value, tongue) else _HAND)
            for f in block.facts[start : start + step]
        )
        rows.append(f"<tr>{cells}</tr>")
    return f'<table class="facts">{"".join(rows)}</table>'


_HAND = '<td class="hand"></td>'


def _table(block: Table, tongue: Tongue) -> str:
    if not block.rows:
        return f'<p class="quiet">{_said(block.empty, tongue)}</p>'
    whole = sum(c.share for c in block.columns)
    widths = "".join(f'<col style="width:{100 * c.share / whole:.1f}%">' for c in block.columns)
    heads = "".join(f"<th>{_said(c.title, tongue)}</th>" for c in block.columns)
    rows = "".join(f"<tr>{''.join(_cell(cell, tongue) for cell in row)}</tr>" for row in block.rows)
    tall = ' class="tall"' if block.tall else ""
    return (
        f"<table{tall}><colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(cell: Cell, tongue: Tongue) -> str:
    names = [n for n, on in (("strong", cell.strong), ("quiet", cell.quiet)) if on]
    said = _said(cell.text, tongue)
    said = f"<s>{said}</s>" if cell.struck and said else said
    mark = f"<sup>{escape(cell.mark)}</sup>" if cell.mark else ""
    return f'<td class="{" ".join(names)}">{said}{mark}</td>'


def _blank(blank: Blank, tongue: Tongue) -> str:
    notes = "".join(
        f'<div class="quiet">{_said(n, tongue)}</div>'
        for n in (blank.only, blank.note if blank.hand is not Hand.SYSTEM else None)
        if n is not None
    )
    code = f'<span class="code">{escape(blank.code)}</span>'
    label = f"<div>{_said(blank.text, tongue)}{code}{notes}</div>"
    missing = f'{_said(MISSING, tongue)} <span class="box"></span>' if blank.missing else ""
    return (
        f'<div class="blank">{label}<div>{_hand(blank, tongue)}</div>'
        f'<div class="quiet">{missing}</div></div>'
    )


def _hand(blank: Blank, tongue: Tongue) -> str:
    said = line(blank.unit, tongue)
    unit = f' <span class="quiet">{escape(said)}</span>' if said else ""
    match blank.hand:
        case Hand.SYSTEM:
            return f'<span class="quiet">{_said(blank.note or "", tongue)}</span>'
        case Hand.BOXES:
            boxes = "".join('<span class="box"></span>' if c == "#" else c for c in blank.boxes)
            return boxes + unit
        case Hand.OPTIONS:
            return "".join(
                f'<span class="option"><span class="tick">□</span> <b>{escape(o.key)}</b> '
                f"{_said(o.text, tongue)}</span>"
                for o in blank.options
            )
        case Hand.LIST:
            said = _said(LIST.filled(name=blank.list), tongue)
            return f'<div class="rule"></div><span class="quiet">{said}</span>'
        case Hand.LINE:
            return '<div class="rule"></div>' * blank.rows + unit


def _codes(block: Codes, tongue: Tongue) -> str:
    items = "".join(
        f"<div><b>{escape(o.key)}</b> {_said(o.text, tongue)}</div>" for o in block.options
    )
    return (
        f'<h3>{escape(block.name)} {_said(block.text, tongue)}</h3><div class="codes">{items}</div>'
    )


def _signing(block: Signing, tongue: Tongue) -> str:
    rows = "".join(
        f'<tr><td class="strong">{_said(p, tongue)}</td>'
        + "".join(f'<td class="quiet">{_said(s, tongue)}</td>' for s in SIGN)
        + "</tr>"
        for p in block.people
    )
    return f'<table class="sign">{rows}</table>'


def _weeks(block: Weeks, tongue: Tongue) -> str:
    heads = "".join(f"<th>{_said(d, tongue)}</th>" for d in WEEKDAYS)
    rows = []
    for week in block.weeks:
        cells = []
        for day in week:
            names = [n for n, on in (("outside", not day.inside), ("today", day.today)) if on]
            entries = "".join(
                f'<div class="{"strong" if e.strong else ""}">{escape(e.sign)} '
                f"{_said(e.text, tongue)}</div>"
                for e in day.entries
            )
            number = f'<div class="number">{day.day.day}</div>'
            cells.append(f'<td class="{" ".join(names)}">{number}{entries}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    body = "".join(rows)
    return f'<table class="weeks"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
