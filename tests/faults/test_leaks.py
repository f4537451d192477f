"""After work, a crash and a backup nothing that was typed lies readable anywhere (E-16, E-17)."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.signing import show, sign_forms
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup
from tests.clinic import STORIES, TODAY, password_of
from tests.faults.processes import ROOT
from tests.transfer.route import Route

DRAFT = "61.5317 synthetic half"

CRASH = """
import os, sys
from ui.main import main
from mrd_desktop import dumps
dumps.leave_no_dumps()
import resource
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
os.abort()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for temporary files of its own."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return made


def typed(route: Route) -> Iterator[str]:
    """Names, numbers and values of the subject, as they were typed, and the passwords."""
    with route.clinic.open() as crc:
        data = Casebook(crc).data("01-001")
        for form in (f for known in crc.study.forms for f in data.of(known.oid)):
            yield from (a.text for _, a in form.answers() if len(a.text) >= 5)
    yield from (password_of(user) for user in ("crc", "inv", "admin"))


def found_in(place: Path, words: set[str]) -> set[tuple[str, str]]:
    """Where a word stands readable, in the usual encodings."""
    hits = set()
    for path in place.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for word in words:
                if any(word.encode(e) in data for e in ("utf-8", "utf-16-le", "gb18030")):
                    hits.add((str(path.relative_to(place)), word))
    return hits


def test_nothing_that_was_typed_lies_readable_anywhere(
    route: Route, tmp_path: Path, temporary: Path
) -> None:
    site, kept = route.clinic, tmp_path / "kept"
    with site.open() as crc:
        load_story(Casebook(crc), read_story(STORIES / "01-001.json"))
        draft = Casebook(crc).open(FormKey(EventKey("01-001", "SCR"), "VS"))
        draft.type(ItemKey(RowKey(draft.key, "A"), "WEIGHT"), DRAFT)
        draft.keep_draft()
        backup.backup(crc, kept)
        copied = tmp_path / "open"  # as it lies while somebody works: log and index too
        shutil.copytree(site.path, copied)
    with site.open("inv") as investigator:
        chart = Casebook(investigator).chart("01-001")
        forms = [
            show(investigator, f.key, Language.ZH) for f in chart.forms[:6]
            if not investigator.study.by_form[f.key.form].private
        ]  # fmt: skip
        sign_forms(investigator, forms, password_of("inv"), language=Language.ZH)
        backup.drill(investigator, next(kept.glob("*.mrdbackup")))
    route.send()
    words = {*typed(route), DRAFT} - {TODAY[:10]}  # the day of work may be seen from outside
    assert len(words) > 30
    for place in (site.path, copied, kept, route.stick, temporary):
        assert found_in(place, words) == set(), place
    (temporary / "canary").write_text(next(iter(words)), encoding="utf-8")
    assert found_in(temporary, words)  # the search finds what there is to find


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither core files nor a limit on them"
)
def test_a_crash_leaves_no_picture_of_the_memory(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    done = subprocess.run(
        [sys.executable, "-c", CRASH],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        check=False,
    )
    assert done.returncode < 0, done.stderr
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_CORE) == before


@pytest.mark.parametrize("door", ["ui/main.py", "mrd_desktop/cli/console.py"])
def test_both_doors_of_the_program_ask_for_it(door: str) -> None:
    assert "leave_no_dumps()" in (ROOT / door).read_text(encoding="utf-8")
