"""Taking out of a definition what would not load, until it loads.

A translated condition may ask for a row that cannot be told from here, a check for a code that a
list does not have, two conditions for each other. The builder of definitions is the judge; what it
refuses goes, with a remark, and everything else stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from mrd_desktop.study.build import Mistakes, build
from mrd_desktop.study.document import Document
from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing.report import Report, shortened
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.study.yaml_tree import Path
from mrd_desktop.texts import Text

MOST_ROUNDS: Final = 40


def prove(value: dict[str, Any], report: Report, sources: Mapping[str, Element]) -> None:
    """Change a definition in its written shape until it has no mistake.

    Args:
        sources: the element of the file behind each item.

    Raises:
        OdmRefused: a mistake is left that no part can be taken out for.
    """
    for _ in range(MOST_ROUNDS):
        try:
            document = Document.model_validate(value)
        except ValidationError as e:
            first = e.errors()[0]
            _give_up(first["loc"], first["msg"])
        found = Mistakes()
        build(document, "", found)
        if not found.all:
            return
        gone: set[tuple[object, ...]] = set()
        for place, sentence in _last_first(found.all):
            _take_out(value, place, sentence, report, sources, gone)
        _clear(value)
    _give_up((), "it does not settle")


def _last_first(mistakes: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """The same from the end of each list, so that places stay right while parts are taken out."""
    return sorted(mistakes, key=lambda m: [str(p).zfill(9) for p in m[0]], reverse=True)


def _take_out(
    value: dict[str, Any],
    place: Path,
    sentence: str,
    report: Report,
    sources: Mapping[str, Element],
    gone: set[tuple[object, ...]],
) -> None:
    match place:
        case ("forms", int(f), "groups", int(g), "items", int(i), "show_when"):
            item = value["forms"][f]["groups"][g]["items"][i]
            said = item.pop("show_when", None)
            if said is not None:
                _tell(report, "condition", item["oid"], said, sentence, _ALWAYS, sources)
        case ("forms", int(f), "groups", int(g), "items", int(i), "checks", int(c), *_):
            item = value["forms"][f]["groups"][g]["items"][i]
            if place[:8] not in gone:
                gone.add(place[:8])
                check = item["checks"][c]
                item["checks"][c] = None
                said = check.get("legal") or f"{check.get('range')}"
                _tell(report, "range", item["oid"], said, sentence, _UNCHECKED, sources)
        case ("derivations", *rest):
            _underive(value, rest, sentence, report, sources)
        case ("schedule", "events", int(e), "when", *rest):
            event = value["schedule"]["events"][e]
            said = (event.pop("when", None) or {}).get(str(rest[0]) if rest else "", "")
            _tell(report, "condition", event["oid"], said, sentence, _EXPECTED, sources)
        case _:
            _give_up(place, sentence)


_ALWAYS: Final = Text("it is always asked", "该题始终显示")
_UNCHECKED: Final = Text("it is not checked", "不做检查")
_EXPECTED: Final = Text("the form is always expected", "该表单始终按计划表单处理")
_TYPED: Final = Text("it is typed in", "改为手工录入")


def _underive(
    value: dict[str, Any],
    rest: list[str | int],
    sentence: str,
    report: Report,
    sources: Mapping[str, Element],
) -> None:
    """Let an item be typed in whose computation is refused; all in a circle, if it is one."""
    derivations = value["derivations"]
    if rest and isinstance(rest[0], int):
        wanted = [derivations[rest[0]]["item"]] if rest[0] < len(derivations) else []
    else:
        named = [d["item"] for d in derivations if d["item"] in sentence]
        wanted = named or [d["item"] for d in derivations]
    items = {i["oid"]: i for f in value["forms"] for g in f["groups"] for i in g["items"]}
    for number, one in enumerate(derivations):
        if one is not None and one["item"] in wanted:
            derivations[number] = None
            if one["item"] in items:
                items[one["item"]]["required"] = "O"
            _tell(report, "formula", one["item"], one["value"], sentence, _TYPED, sources)
    value["derivations"] = [d for d in derivations if d is not None]


def _clear(value: dict[str, Any]) -> None:
    for form in value["forms"]:
        for group in form["groups"]:
            for item in group["items"]:
                if "checks" in item:
                    item["checks"] = [c for c in item["checks"] if c is not None]


def _tell(
    report: Report,
    code: str,
    oid: str,
    said: str,
    why: str,
    then: Text,
    sources: Mapping[str, Element],
) -> None:
    said, why = shortened(said, 200), shortened(why, 200)
    report.left(
        code,
        sources.get(oid),
        Text(
            f"“{said}” cannot be kept ({why}); {then.en}", f"“{said}”无法保留（{why}），{then.zh}"
        ),
        oid,
    )


def _give_up(place: Path, sentence: str) -> NoReturn:
    at = "/".join(str(p) for p in place)
    raise OdmRefused(
        Text(
            f"no sound definition comes of it ({at}: {shortened(sentence, 200)})",
            f"无法生成有效的研究定义（{at}：{shortened(sentence, 200)}）",
        )
    )
