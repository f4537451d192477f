"""What the sponsor says of the accounts: on Receive, on Today, and where accounts are reviewed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from mrd_desktop.transfer import delegation
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import make_reply
from mrd_desktop.vault.account_review import Line
from tests.ui.pages.kit import SignIn, opened, press, secret, settled
from tests.ui.pages.test_oversight import part_of
from tests.ui.pages.test_transfer import at_export, at_receive, by_key
from ui.app import Program
from ui.notices import NOT_LISTED
from ui.pages.admin_accounts import UNKNOWN, AccountsPart
from ui.pages.coming import ComingPart


def told(
    qtbot: QtBot, sign_in: SignIn, place: Path, stick: Path, unknown: tuple[str, ...]
) -> tuple[Program, ComingPart]:
    """A package goes out, its accounts are compared, the reply is taken up."""
    program = sign_in("crc")
    made = by_key(qtbot, at_export(qtbot, program, stick))
    with opened(place / "store", "sponsor") as store:
        assert receive(store, [made.path])[0].accounts
        digests = [s.roster.digest for s in delegation.standings(store)]
        delegation.compare(
            store, digests, secret("sponsor"), language=Language.ZH, unknown=unknown,
            words="6 月 1 日的分工表中没有此人" if unknown else "",
        )  # fmt: skip
        reply = make_reply(store, "01", stick)[0]
    coming = at_receive(qtbot, program)
    assert not coming.accounts.isVisible()
    coming.file.set_path(reply.path)
    coming.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    qtbot.waitUntil(coming.accounts.isVisible, timeout=60_000)
    return program, coming


def test_that_all_accounts_are_known_is_said_quietly(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    _, coming = told(qtbot, sign_in, place, tmp_path / "stick", ())
    assert "见下方" in coming.taken.text()
    assert coming.accounts.text().startswith("申办方已将本机账户与授权分工表核对")
    assert "\n" not in coming.accounts.text()


def test_an_unknown_account_is_told_and_a_task_for_who_manages_users(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program, coming = told(qtbot, sign_in, place, tmp_path / "stick", ("cra",))
    assert "账户 cra 不在授权分工表中" in coming.accounts.text()
    assert program.desk is not None
    assert "roster" not in {t.kind for t in program.desk.census.tasks}
    program = sign_in("admin")
    assert NOT_LISTED.filled(users="cra").zh in program.shell._notice.words.text()
    part = part_of(qtbot, program, "accounts")
    assert isinstance(part, AccountsPart)
    qtbot.waitUntil(part.compared.isVisible, timeout=20_000)
    assert "6 月 1 日的分工表中没有此人" in part.compared.text()
    rows = [row for row in part.list.rows.rows if isinstance(row, Line)]
    said = {row.account.user: part._state(row).text for row in rows}
    assert {user for user, text in said.items() if UNKNOWN.zh in text.zh} == {"cra"}
    part.list.selectRow(next(n for n, row in enumerate(rows) if row.account.user == "cra"))
    assert "请查明归属" in part.about.text()
    assert "可以正常工作" not in part.about.text()
