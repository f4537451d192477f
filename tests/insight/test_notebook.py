"""The session of docs/notebooks.md as it stands there, and who may open a store so."""

from __future__ import annotations

import doctest
import getpass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import mrd_desktop.insight
from mrd_desktop.insight import open_store
from mrd_desktop.transfer.export import export
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, acquaint, make_store

PAGE = Path(__file__).parents[2] / "docs" / "notebooks.md"


@pytest.fixture(scope="module")
def site(both_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return both_template.copy(tmp_path_factory.mktemp("notebook") / "site-01")


def test_the_session_of_the_page_is_true(site: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.path.parent)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: password_of("crc"))
    session = doctest.DocTestParser().get_doctest(
        PAGE.read_text("utf-8"), {}, "notebooks.md", str(PAGE), 0
    )
    assert len(session.examples) > 10
    told: list[str] = []
    with pd.option_context("display.width", 100):
        found = doctest.DocTestRunner().run(session, out=told.append)
    assert found.failed == 0, "".join(told)


def test_a_store_of_the_sponsor_gives_the_same_frames(site: Clinic, tmp_path: Path) -> None:
    own = site.copy(tmp_path / "site")
    store = make_store(tmp_path / "store", own.study)
    acquaint(own, store)
    with own.open() as session:
        sent = export(session, tmp_path)
    assert store.take(sent.path)[0].verdict == "accepted"
    day = date(2027, 6, 30)
    with open_store(own.path, "crc", password_of("crc")) as here:
        mine, results = here.frame("MRD", as_of=day), here.results(as_of=day)
        assert "ID" not in here.forms
    with open_store(store.path, SPONSOR, SPONSOR_PASSWORD) as there:
        assert there.frame("MRD", as_of=day).equals(mine)
        assert there.results(as_of=day).equals(results)


def test_who_may_see_no_subject_opens_nothing(site: Clinic) -> None:
    with pytest.raises(PermissionDenied):
        open_store(site.path, "admin", password_of("admin"))
    with open_store(site.path, "aud", password_of("aud")) as store:
        assert len(store.frame("DM")) == 2
    with pytest.raises(AttributeError):
        _ = mrd_desktop.insight.nothing  # type: ignore[attr-defined]
