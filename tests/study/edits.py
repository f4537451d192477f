"""Changes to the records of a story, written as short lines.

``BCH.STAGE=IIIA``            an item of the first record of a form
``MRD@M03.SAMPID=S1``         … of the first record of that form at a visit
``MRD@UNS#2.SAMPID=S1``       … of the second one
``CR/CRL#1.STATE=PRESENT``    … of row 1 of a repeating section (made if it is not there)
``DM.CETHNIC=``               no answer
``DM.CETHNIC=?UNK``           a missing reason
``TC.REASON=[FEAR|COST]``     several codes
``-CONV``, ``-TM@M06``        without the first record
``-*MRD``                     without every record of the form
``-BCH/MET``                  without the rows of a section
``+DTH@LOG DTHDAT=2027-03; PDYN=N``  one record more, at the end
``TODAY=2027-05-04``          the day that counts as today
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from tests.study.stories import CUT_OFF, records, subject_data

_WHERE = (
    r"(?P<form>[A-Z]+)(?:@(?P<visit>[A-Z0-9]+))?(?:#(?P<nth>\d+))?"
    r"(?:/(?P<group>[A-Z]+)(?:#(?P<row>\d+))?)?"
)
_SET = re.compile(_WHERE + r"\.(?P<item>[A-Z0-9]+)=(?P<value>.*)")
_DROP = re.compile(r"-(?P<all>\*)?" + _WHERE)
_ADD = re.compile(r"\+(?P<form>[A-Z]+)@(?P<visit>[A-Z0-9]+) ?(?P<items>.*)")

Records = list[dict[str, Any]]


def edited(study: Study, subject: str, edits: Iterable[str]) -> Scene:
    """A story with changes, as a scene with identity items."""
    story = copy.deepcopy(records(subject))
    today = CUT_OFF
    for edit in edits:
        if edit.startswith("TODAY="):
            today = date.fromisoformat(edit.removeprefix("TODAY="))
        else:
            _apply(story, edit)
    return Scene(study, subject_data(study, subject, story, today), vault=True)


def edited_records(subject: str, edits: Iterable[str]) -> Records:
    """The records of a story, repeated ones written out, with changes, as for a story file."""
    story = [{k: v for k, v in r.items() if k != "repeat"} for r in copy.deepcopy(records(subject))]
    for edit in edits:
        _apply(story, edit)
    return story


def _apply(story: Records, edit: str) -> None:
    if found := _ADD.fullmatch(edit):
        pairs = (p.strip().split("=", 1) for p in found["items"].split(";") if p.strip())
        items = {name: _value(text) for name, text in pairs}
        story.append({"form": found["form"], "visit": found["visit"], "items": items})
    elif found := _DROP.fullmatch(edit):
        if found["all"]:
            story[:] = [r for r in story if r["form"] != found["form"]]
        elif found["group"]:
            del _record(story, found)["rows"][found["group"]]
        else:
            story.remove(_record(story, found))
    elif found := _SET.fullmatch(edit):
        record = _record(story, found)
        target = record["items"]
        if found["group"]:
            rows = record.setdefault("rows", {}).setdefault(found["group"], [])
            rows += [{} for _ in range(int(found["row"]) - len(rows))]
            target = rows[int(found["row"]) - 1]
        if found["value"]:
            target[found["item"]] = _value(found["value"])
        else:
            del target[found["item"]]
    else:
        raise AssertionError(f"not an edit: {edit}")


def _record(story: Records, where: re.Match[str]) -> dict[str, Any]:
    found = [
        r for r in story if r["form"] == where["form"] and where["visit"] in (None, r["visit"])
    ]
    return found[int(where["nth"] or 1) - 1]


def _value(text: str) -> Any:
    if text.startswith("?"):
        return {"missing": text[1:]}
    return [c for c in text[1:-1].split("|") if c] if text.startswith("[") else text


def changed(study: Study, edit: str) -> set[str]:
    """What an edit changes: item OIDs, and the form or section that comes or goes."""
    if found := _ADD.fullmatch(edit) or _DROP.fullmatch(edit):
        form = study.by_form[found["form"]]
        group = found.groupdict().get("group")
        items = form.by_group[group].items if group else form.items
        return {group or form.oid, *(i.oid for i in items)}
    if found := _SET.fullmatch(edit):
        return {f"{found['group'] or found['form']}.{found['item']}"}
    return set()
