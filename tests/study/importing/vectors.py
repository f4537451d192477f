"""ODM files of other systems and how to read them in tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from mrd_desktop.study.importing.importer import Imported, import_odm

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "odm"
PUBLISHED: Final = ("metadata", "cdash-odm-test", "cstodm132__odm_sample")
SYNTHETIC: Final = ("redcap", "openclinica")
EVERY: Final = (*PUBLISHED, *SYNTHETIC)


def source(name: str) -> bytes:
    """The bytes of a file."""
    return (FOLDER / f"{name}.xml").read_bytes()


@cache
def imported(name: str) -> Imported:
    """What comes of a file."""
    return import_odm(source(name))
