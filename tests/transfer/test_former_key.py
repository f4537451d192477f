"""What a site signed before its key changed is still its own; what a stranger signed is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.insight.reports.catalogue import Wish, make
from mrd_desktop.insight.reports.certified import check_copy, write_print
from mrd_desktop.insight.reports.errors import NotCertified
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.checking import verify_file
from mrd_desktop.transfer.checkpoint import backups_around
from mrd_desktop.vault import backup, secrets_store
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from tests.transfer.route import Route


def change_key(session: Session) -> SigningKey:
    """Give a folder another signing key, as a replaced site key is: its chain names the first."""
    key = SigningKey.generate()
    with session.writing() as conn:
        secrets_store.put(conn, session.with_keys()[0], secrets_store.SIGN, key.to_bytes())
    assert session.site_key() == key.public.raw
    return key


def certified(session: Session, to: Path) -> Path:
    report = make(Casebook(session), "copy", Wish(subject="01-001"))
    content = to_html(report, issue(session, report, form="html"), Tongue.BOTH).encode()
    assert write_print(session, report, to, content) is not None
    return to


def test_what_was_made_under_the_former_key_is_told_as_genuine(
    charted_route: Route, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    again.mkdir()
    charted_route.send()
    with charted_route.clinic.open() as session:
        former = session.site_key()
        copy = certified(session, tmp_path / "copy.html")
        backup.backup(session, session.folder.backups)
        change_key(session)
        assert set(known_keys(session)) == {former, session.site_key()}
        assert check_copy(session, copy) == former
        made = copy_again(session, 1, again)
        assert made.read_bytes() == (session.folder.archive / made.name).read_bytes()
        assert all(c.ok is not False for c in verify_file(made, session))
        assert list(backups_around(session))
        newer = certified(session, tmp_path / "newer.html")
        assert check_copy(session, newer) == session.site_key()


def test_what_a_stranger_signed_or_changed_is_not(charted_route: Route, tmp_path: Path) -> None:
    with charted_route.clinic.open() as session:
        copy = certified(session, tmp_path / "copy.html")
        change_key(session)
        whole, stranger = copy.read_bytes(), SigningKey.generate()
        beside = copy.with_name("copy.html.sig")
        own = beside.read_text()
        beside.write_text(sshsig.make(Namespace.COPY, whole, stranger.public.raw, stranger.sign))
        with pytest.raises(NotCertified):
            check_copy(session, copy)
        beside.write_text(own)
        copy.write_bytes(whole.replace(b"01-001", b"01-007", 1))
        with pytest.raises(NotCertified):
            check_copy(session, copy)
        for spoilt in ("", "none", "\u5408"):
            beside.write_text(spoilt, encoding="utf-8")
            with pytest.raises(NotCertified):
                check_copy(session, copy)
