"""Whoever receives the program is told whose work is in it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOR_BUILDING = frozenset(
    {"altgraph", "macholib", "packaging", "pefile", "pyinstaller", "pyinstaller-hooks-contrib"}
    | {"pywin32-ctypes", "setuptools"}
)
"""What makes a bundle and stays outside it."""


def test_notice_names_everything_a_bundle_contains() -> None:
    lock = (ROOT / "bundle.lock").read_text("utf-8")
    notice = re.sub(r"[-_.]", "-", (ROOT / "NOTICE").read_text("utf-8").lower())
    installed = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    named = {n for n in installed - FOR_BUILDING if re.search(rf"\b{_told(n)}\b", notice)}
    assert named == installed - FOR_BUILDING


def _told(name: str) -> str:
    return {"pyside6-essentials": "pyside6"}.get(name, re.escape(name))
