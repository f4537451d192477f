"""Commands on a study definition: check, diff, ODM metadata, import."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from mrd_desktop.cli.console import Outcome, existing, speech
from mrd_desktop.study import compare, minimal, naming, odm
from mrd_desktop.study.compare import Change, Subject
from mrd_desktop.study.impact import affected_forms, newly_required
from mrd_desktop.study.importing import importer
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.telling import Told, named, tell
from mrd_desktop.texts import Language, Text


def check(args: argparse.Namespace) -> Outcome:
    """Load a definition; its mistakes end with exit code 1."""
    study = load_study(existing(args.dir))
    data: dict[str, Any] = {
        "oid": study.oid,
        "version": study.version,
        "digest": study.digest,
        "forms": len(study.forms),
        "items": sum(len(f.items) for f in study.forms),
        "codelists": len(study.codelists),
        "checks": len(study.checks),
    }
    lines = [f"{k} {v}" for k, v in data.items()]
    found, language = minimal.wanting(study), speech(args)
    data["practice_only"] = [
        {"item": w.item, "message_en": w.text.en, "message_zh": w.text.zh} for w in found
    ]
    unfit = naming.devices(study)
    data["device_names"] = list(unfit)
    lines += [DEVICE.filled(forms=", ".join(unfit)).say(language)] if unfit else []
    lines += [PRACTICE.say(language)] if found else []
    return Outcome(data, [*lines, *(f" {w.item}: {w.text.say(language)}" for w in found)])


def diff(args: argparse.Namespace) -> Outcome:
    """What an amendment changes, for which forms, and whether it may come into force."""
    before, after = load_study(existing(args.a)), load_study(existing(args.b))
    changes = compare.diff(before, after)
    told = tell(before, after, changes)
    rows = [{**t.as_json(), "reason_en": None, "reason_zh": None} for t in told]
    faults = tuple(_faults(before, after, changes))
    for row in rows:
        if row["forbidden"]:
            row["reason_en"], row["reason_zh"] = NEVER.en, NEVER.zh
    if changes and not compare.newer(after.version, before.version):
        rows.append(_same_version(before, after))
    language = speech(args)
    lines = [*sentences(told, language), *facts(before, after, changes, language)]
    return Outcome(rows, [*lines, *(f.say(language) for f in faults)] if changes else [])


def sentences(told: Iterable[Told], language: Language) -> Iterator[str]:
    """Changes in words, form by form, each with the code of what it is about."""
    for place, group in groupby(told, key=lambda t: t.place):
        yield place.say(language)
        for one in group:
            mark = "!" if one.asks else " "
            yield f" {mark} {one.what.say(language)} [{one.change.name}]: {one.said.say(language)}"


def facts(
    before: Study, after: Study, changes: Iterable[Change], language: Language
) -> Iterator[str]:
    """The forms touched and what must be answered from now on, by name and code."""
    forms = (after.by_form[oid] for oid in affected_forms(after, changes))
    asked = newly_required(before, after)
    yield FORMS.say(
        language, forms="; ".join(f"{f.oid} {f.text.say(language)}" for f in forms) or "-"
    )
    yield ASKED.say(
        language,
        items="; ".join(f"{oid} {named(after, oid).say(language)}" for oid in asked) or "-",
    )


def _faults(before: Study, after: Study, changes: Iterable[Change]) -> Iterator[Text]:
    for change in changes:
        if change.forbidden:
            yield REFUSED.filled(change=change.sentence)
    if not compare.newer(after.version, before.version):
        yield HIGHER.filled(version=before.version)


def _same_version(before: Study, after: Study) -> dict[str, Any]:
    """A line for scripts: the version does not come after the one before."""
    change = Change(Subject.STUDY, after.oid, "version", before.version, after.version)
    (told,) = tell(before, after, [change])
    why = HIGHER.filled(version=before.version)
    return {**told.as_json(), "forbidden": True, "reason_en": why.en, "reason_zh": why.zh}


def metadata(args: argparse.Namespace) -> Outcome:
    """ODM-XML 1.3.2 metadata on standard output."""
    sys.stdout.buffer.write(odm.metadata_file(load_study(existing(args.dir))))
    return Outcome()


def take_over(args: argparse.Namespace) -> Outcome:
    """A definition from somebody's ODM file, with a report of what it does not say alike."""
    made = importer.import_odm(
        importer.read_file(existing(args.file)), args.study or "", args.version or ""
    )
    importer.write(made, args.to)
    said = made.report()
    counts = ("oid", "version", "digest", "forms", "items", "codelists", "checks", "events")
    lines = [*(f"{key} {said[key]}" for key in counts), *map(str, made.remarks)]
    return Outcome(said, lines)


FORMS: Final = Text("forms: {forms}", "涉及表单：{forms}")
ASKED: Final = Text("newly required: {items}", "新增必填：{items}")
REFUSED: Final = Text("cannot be amended: {change}", "不可修订：{change}")
HIGHER: Final = Text("needs a higher version than {version}", "版本号须高于 {version}")
DEVICE = Text(
    "Windows takes these names of forms for devices, so that no new site or store is made of this "
    "definition: {forms}",
    "以下表单名称在 Windows 中是设备名，不能用本定义新建中心或申办方库：{forms}",
)
PRACTICE: Final = Text(
    "good for practice only; live work would need:", "仅可用于练习；用于正式研究尚需："
)
NEVER: Final = Text(
    "Data entered before would lose their meaning; add a new part instead.",
    "修改会使已有数据失去原意，请改为新增。",
)
