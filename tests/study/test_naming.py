"""A form named like a device: not taken up any more, read for ever where it is in force."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.portable import DEVICES, is_portable
from mrd_desktop.record import projection
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study import minimal, naming
from mrd_desktop.study.errors import DefinitionError, DefinitionForPractice
from mrd_desktop.study.load import definition_bytes, load_study, read_sources, study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.transfer import amending, amendment, publish
from mrd_desktop.vault import crypto, folder, users
from mrd_desktop.vault.folder import create_site, create_store, open_folder
from mrd_desktop.vault.session import Session
from tests.study.test_minimal import with_item, without_purpose
from tests.transfer.edition import edition
from tests.transfer.route import SPONSOR_PASSWORD, Store

PASSWORD = "violet lantern orbit maple synthetic"


def called_con(path: Path) -> Path:
    """The form DV renamed in the files of a definition."""
    for file in path.rglob("*.yaml"):
        words = file.read_text("utf-8")
        file.write_text(re.sub(r"\bDV\b", "CON", words), "utf-8")
    (path / "forms" / "DV.yaml").rename(path / "forms" / "CON.yaml")
    return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return called_con(edition(tmp_path_factory.mktemp("con") / "study", "0.2"))


@pytest.fixture(scope="module")
def con(sources: Path) -> bytes:
    return definition_bytes(read_sources(sources))


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a version of the program did that asked for neither."""
    monkeypatch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)


def made_before(path: Path, study: Study, data: bytes, *, training: bool = True) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "require_names", lambda _: None)
        patch.setattr(folder.minimal, "require", lambda _: None)
        create_site(
            path, site="01", name="Synthetic", training=training, admin="admin",
            password=PASSWORD, study=study, fold=projection.fold, definition=data,
        )  # fmt: skip
    return path


def at(path: Path, user: str = "admin") -> Session:
    return open_folder(path, user, PASSWORD, study=load_study(), fold=projection.fold)


@pytest.mark.usefixtures("before")
def test_a_site_that_has_such_a_form_works_on(tmp_path: Path, con: bytes) -> None:
    made_before(tmp_path / "site", study_from_bytes(con), con)
    with at(tmp_path / "site") as session:
        assert "CON" in session.study.by_form
        assert all(c.ok is not False for c in verify_folder(session))
        users.add_user(session, "pi", "investigator", password=PASSWORD)
    with at(tmp_path / "site", "pi") as session:
        publish.publish(session, tmp_path / "out")
    made = [p for p in (tmp_path / "out").rglob("*") if not is_portable(p.name)]
    assert not made
    assert [p.name for p in (tmp_path / "out").rglob("CON*")]


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("training", [True, False])
def test_no_new_folder_is_made_of_one(tmp_path: Path, con: bytes, training: bool) -> None:
    study = study_from_bytes(con)
    with pytest.raises(DefinitionError, match=r"forms/CON\.yaml:1: “CON” is the name of a device"):
        create_site(
            tmp_path / "site", site="01", name="Synthetic", training=training, admin="admin",
            password=PASSWORD, study=study, fold=projection.fold, definition=con,
        )  # fmt: skip
    with pytest.raises(DefinitionError, match="CON"):
        create_store(
            tmp_path / "store", training=training, admin="boss", password=PASSWORD, study=study,
            fold=projection.fold,
        )  # fmt: skip
    assert not (tmp_path / "site").exists()


@pytest.mark.usefixtures("before")
def test_an_amendment_brings_none_and_keeps_those_in_force(tmp_path: Path, con: bytes) -> None:
    held = study_from_bytes(con)
    more = called_con(edition(tmp_path / "more", "0.3"))
    after = study_from_bytes(definition_bytes(read_sources(more)))
    amendment.check_amendment(held, after, live=True)
    form = replace(after.by_form["CON"], oid="AUX", groups=())
    added = replace(after, forms=(*after.forms, form))
    with pytest.raises(DefinitionError, match="AUX"):
        amendment.check_amendment(held, added, live=False)


@pytest.mark.usefixtures("before")
def test_what_is_wanting_already_does_not_hold_an_amendment_up(tmp_path: Path) -> None:
    """On a live store made before R-PRV-01 was asked for: whoever amends it may do no worse."""
    bare_at = without_purpose(tmp_path / "bare")
    bare = load_study(bare_at, cached=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder.minimal, "require", lambda _: None)
        create_store(
            tmp_path / "store", training=False, admin="boss", password=SPONSOR_PASSWORD,
            study=bare, fold=projection.fold, definition=definition_bytes(read_sources(bare_at)),
        )  # fmt: skip
    later = without_purpose(tmp_path / "later")
    study = later / "study.yaml"
    study.write_text(study.read_text("utf-8").replace('"0.2"', '"0.3"', 1), "utf-8")
    with Store(tmp_path / "store", bare).open() as session:
        amending.amend(session, later)
    worse = with_item(tmp_path / "worse", "HOME", "Where the person lives", "家庭住址")
    minimal.require(worse, worse)
    with pytest.raises(DefinitionForPractice, match=r"VS\.HOME"):
        minimal.require(worse, bare)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_a_file_of_such_a_form_has_another_name(name: str) -> None:
    assert naming.file_of(name) == f"{name}_"
    assert is_portable(f"{naming.file_of(name)}.csv")
    assert naming.file_of("VS") == "VS"
