"""Importing a study definition from an ODM 1.3 file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.portable import require_portable
from mrd_desktop.study import minimal
from mrd_desktop.study.errors import DefinitionError, OdmRefused
from mrd_desktop.study.importing import yaml_text
from mrd_desktop.study.importing.assemble import Assembly, Place
from mrd_desktop.study.importing.house import house
from mrd_desktop.study.importing.proving import prove
from mrd_desktop.study.importing.report import Remark, Report, shortened
from mrd_desktop.study.importing.source import Author, find
from mrd_desktop.study.importing.sweep import sweep
from mrd_desktop.study.importing.wording import plain
from mrd_desktop.study.importing.xml_tree import LARGEST, read_xml
from mrd_desktop.study.load import definition_bytes, study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text

REPORT: Final = "import-report.json"
REPORT_FORMAT: Final = "mrd-odm-import/1"

_OURS: Final = Text(
    "ODM has no place for checks between items, rules of Save, private forms, terms, conversions "
    "of units and what leaves reduced; copy them from the former files",
    "ODM 无法承载跨项核查、保存规则、保密表单、词表、单位换算及降敏规则，请从原定义复制",
)


_NO_PURPOSE: Final = Text(
    "ODM has no place for what an item is asked for: the definition is for practice only until "
    "its purposes are written",
    "ODM 无法承载各项目的用途：补充用途之前，该定义仅可用于练习",
)


@dataclass(frozen=True)
class Imported:
    """A definition that loads, its files, and what became of the ODM file.

    Attributes:
        files: the YAML files by their path below the definition's folder.
        data: the definition's canonical JSON.
        places: our OIDs by the parts of the file they come from.
    """

    study: Study
    files: Mapping[str, bytes]
    data: bytes
    places: tuple[Place, ...]
    remarks: tuple[Remark, ...]

    def report(self) -> dict[str, object]:
        """The report as JSON."""
        study = self.study
        return {
            "format": REPORT_FORMAT,
            "oid": study.oid,
            "version": study.version,
            "digest": study.digest,
            "forms": len(study.forms),
            "items": len(study.by_item),
            "codelists": len(study.codelists),
            "checks": len(study.checks),
            "events": len(study.events),
            "derivations": len(study.derivations),
            "remarks": [r.as_json() for r in self.remarks],
            "places": [{"at": p.at, "to": p.to} for p in self.places],
        }


def import_odm(data: bytes, study: str = "", version: str = "") -> Imported:
    """The definition of an ODM 1.3 metadata file.

    Args:
        data: the file.
        study: OID of the study to take, where the file holds several.
        version: OID of its MetaDataVersion; the last one if empty.

    Raises:
        OdmRefused: it is no such file, or nothing sound comes of it.
    """
    report = Report()
    odm = find(read_xml(data), report, study, version)
    assembly = Assembly(odm, report, house())
    value = assembly.value()
    prove(value, report, assembly.sources)
    sweep(odm, report)
    report.left("purpose", None, _NO_PURPOSE)
    if odm.author is Author.OURSELVES:
        report.left("ours", None, _OURS)
    head = f"Imported from the ODM file {shortened(plain(odm.root.get('FileOID')), 80)}"
    files = yaml_text.files(value, f"{head}; see {REPORT}.")
    try:
        canonical = definition_bytes(files)
    except DefinitionError as e:
        why = shortened(e.detail, 300)
        raise OdmRefused(
            Text(f"no sound definition comes of it ({why})", f"无法生成有效的研究定义（{why}）")
        ) from e
    made = study_from_bytes(canonical)
    for found in minimal.identifiers(made):
        report.left("identifier", None, found.text, found.item)
    return Imported(
        made,
        files,
        canonical,
        tuple(assembly.places),
        tuple(report.all),
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file, of which no more is read than may be imported.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def write(imported: Imported, folder: Path) -> None:
    """Write a definition with its report into a folder that is new or empty.

    Raises:
        OdmRefused: something stands there already.
        NameUnfit: no folder may be called so.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OdmRefused(
            Text(
                f"something stands in {folder.name} already; name a new folder",
                f"{folder.name} 中已有内容，请指定新文件夹",
            )
        )
    require_portable(folder)
    for name, data in imported.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    report = json.dumps(imported.report(), ensure_ascii=False, indent=1)
    (folder / REPORT).write_text(report + "\n", encoding="utf-8")
