"""``mrd-desktop --self-test``: does this installation work? A training site from end to end."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mrd_desktop import __version__
from mrd_desktop.errors import MrdError
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.receive import receive
from mrd_desktop.vault import folder, trust, users
from mrd_desktop.vault.backup import backup
from mrd_desktop.vault.session import Session

_PASSWORD = "synthetic self-test"  # noqa: S105 - of a folder that is gone a moment later
_CONSENT = {
    "RFICDAT": "t",
    "ICVER": "V1.0",
    "ICVERDAT": "2025-08-01",
    "ICBY": "1",
    "ICSTAFF": "INV01",
    "ICCOPY": "1",
    "ICDATA": "1",
    "ICHGR": "1",
    "ICBANK": "1",
    "ICSENS": "1",
}


class Failed(Exception):
    """A step did not do what it should; the message says which."""


def main() -> int:
    """Run every step in a temporary folder; 0 if all are well."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    print(f"mrd-desktop {__version__}")
    with tempfile.TemporaryDirectory(prefix="mrd-self-test-") as place:
        try:
            for step in _steps(Path(place)):
                print(f"OK  {step}", flush=True)
        except (Failed, MrdError, OSError) as wrong:
            print(f"FAILED  {type(wrong).__name__}: {wrong}", file=sys.stderr)
            return 1
    print("self-test passed")
    return 0


def _steps(place: Path) -> Iterator[str]:
    study = load_study()
    yield f"study definition {study.oid} {study.version}"
    site, store = place / "site", place / "store"
    _make(study, site, store)
    yield "training site and sponsor store"
    _enter(study, site)
    yield "consent form typed on the form page, saved, complete"
    with _opened(study, site, "crc") as session:
        made = export(session, place / "out")
    yield f"package {made.number}: {made.records} records, {made.opened} contents"
    with _opened(study, store, "admin") as session:
        arrival = receive(session, [made.path])[0]
        if not arrival.fine:
            raise Failed(f"the store said {arrival.verdict.value}")
    yield "package received by the store"
    with _opened(study, site, "crc") as session:
        failed = [c.name for c in verify_folder(session) if c.ok is False]
        if failed:
            raise Failed(f"verification: {', '.join(failed)}")
        report = backup(session, place / "backup")
    yield "site verified"
    if not report.path.is_dir():
        raise Failed("the backup is not there")
    yield "backup made and read back"


def _make(study: Study, site: Path, store: Path) -> None:
    fold = projection.fold
    folder.create_store(
        store, training=True, admin="admin", password=_PASSWORD, study=study, fold=fold
    )
    folder.create_site(
        site,
        site="01",
        name="Self-test",
        training=True,
        admin="admin",
        password=_PASSWORD,
        study=study,
        fold=fold,
        sponsor_key=(store / trust.SPONSOR_PUB).read_bytes(),
    )
    with _opened(study, site, "admin") as session:
        users.add_user(session, "crc", "coordinator", password=_PASSWORD)
    with _opened(study, store, "admin") as session:
        trust.pin(session, (site / trust.SITE_PUB).read_bytes())


def _opened(study: Study, path: Path, user: str) -> Session:
    return folder.open_folder(path, user, _PASSWORD, study=study, fold=projection.fold)


def _enter(study: Study, site: Path) -> None:
    """A form behind its real page, typed by keys, without a display."""
    from PySide6.QtCore import Qt  # noqa: PLC0415 - the screen is loaded only now
    from PySide6.QtTest import QTest  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from ui.app import compose  # noqa: PLC0415
    from ui.form.page import FormPage  # noqa: PLC0415

    app = QApplication.instance() or QApplication(sys.argv[:1])
    context = compose().context
    with _opened(study, site, "crc") as session:
        book = Casebook(session)
        subject = book.create_subject()
        page = FormPage(context, book.open(FormKey(EventKey(subject, "SCR"), "IC")), book.history)
        page.resize(1100, 700)
        page.show()
        page.enter()
        app.processEvents()
        for key in tuple(page.body.order):
            text, editor = _CONSENT.get(key.item), page.body.editor(key)
            if text is not None and editor is not None:
                editor.setFocus()
                QTest.keyClicks(editor, text)
        QTest.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        state = page.entry.state
        page.close()
        if state is not FormState.COMPLETE:
            raise Failed(f"the form is {state.value}")
