"""Where the shipped files are: the study definition, help, icons, schemas.

They lie in three places: ``resources/`` beside the package in a source tree, ``_resources`` inside
it in a wheel, and ``resources/`` under PyInstaller's root in a bundle.
"""

from __future__ import annotations

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``resource("study", "study.yaml")``.

    Raises FileNotFoundError when the installation holds no shipped files at all; whether the
    path itself exists is for the caller to find out by opening it.
    """
    return _root().joinpath(*parts)


def described(name: str) -> Path:
    """The description of a permanent format, such as ``described("ledger.md")``.

    An installed program carries it beside the shipped files, a source tree under ``docs``.
    """
    carried = _root() / "formats" / name
    return carried if carried.is_file() else _root().parent / "docs" / name


def _root() -> Path:
    package = Path(__file__).resolve().parent
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        places = [Path(bundle) / "resources"]
    else:
        places = [package / "_resources", package.parent / "resources"]
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"The program's own files are missing: {places[-1]}. Install it again.")
