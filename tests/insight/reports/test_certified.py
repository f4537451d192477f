"""A copy of records is certified by the site's signature; ssh-keygen alone tells."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.insight.reports.catalogue import Wish, make
from mrd_desktop.insight.reports.certified import write_print
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.texts import Text
from tests.clinic import Clinic
from tests.ledger.test_sshsig import keygen_verifies


def certified(copy: Path, key: bytes) -> bool:
    """What ssh-keygen says, with the site's key compared by telephone."""
    armored = copy.with_name(f"{copy.name}.sig").read_text()
    return keygen_verifies(copy.parent, armored, copy.read_bytes(), Namespace.COPY, key)


def test_the_copy_of_a_subject_is_certified_and_nothing_else_is(
    charted: Clinic, tmp_path: Path
) -> None:
    copy, slip = tmp_path / "copy.html", tmp_path / "slip.html"
    with charted.open() as session:
        report = make(Casebook(session), "copy", Wish(subject="01-001"))
        content = to_html(report, issue(session, report, form="html"), Tongue.BOTH).encode()
        assert write_print(session, report, copy, content) == tmp_path / "copy.html.sig"
        assert write_print(session, Report("slip", Text("", ""), ()), slip, b"x") is None
        key = session.site_key()
    assert not slip.with_name("slip.html.sig").exists()
    assert certified(copy, key)
    other = SigningKey.generate()
    assert not certified(copy, other.public.raw)
    whole = copy.read_bytes()
    copy.write_bytes(whole.replace(b"01-001", b"01-007", 1))
    assert not certified(copy, key)
    copy.write_bytes(whole)
    forged = sshsig.make(Namespace.COPY, whole, other.public.raw, other.sign)
    copy.with_name("copy.html.sig").write_text(forged)
    assert not certified(copy, key)
