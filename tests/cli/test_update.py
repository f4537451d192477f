"""``update``: two people of the site install a new version, and its record names both."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from mrd_desktop import __version__
from mrd_desktop.cli.console import warn
from mrd_desktop.installation import inspect
from mrd_desktop.last_site import LastSite, settings_folder
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Text
from mrd_desktop.transfer.updating import LAUNCHER
from tests.cli.shell import Said, Shell
from tests.clinic import password_of
from tests.releasing import Releaser, releaser, started_from
from tests.transfer.route import Route


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    return releaser(tmp_path, monkeypatch)


@pytest.fixture
def file(tmp_path: Path, who: Releaser, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An update, and an installed program that takes it."""
    (tmp_path / "stick").mkdir()
    made = who.update(tmp_path / "stick")
    old = who.program(tmp_path / "programs" / "mrd-desktop", __version__)
    started_from(old, monkeypatch)
    return made


def by_two(shell: Shell, file: Path, route: Route, second: str, password: str = "") -> Said:
    secret = shell.password_file("second", password or password_of(second))
    return shell.desktop(
        "update", file, "--install", "--site", route.clinic.path, "--second", second,
        "--second-password-file", secret, user="admin",
    )  # fmt: skip


def recorded(route: Route) -> list[Mapping[str, object]]:
    with route.clinic.open("admin") as session, session.reading() as conn:
        found = store.records(conn, session.folder.chain)
        bodies = [r.body for r in found if r.opening is not None and r.kind is Kind.REVIEW_NOTED]
    return [dict(b) for b in bodies if b.get("act") == "program_updated"]


def test_it_is_looked_at_without_anybody(shell: Shell, file: Path, tmp_path: Path) -> None:
    told = shell.desktop("update", file, user=None)
    assert told.code == 0
    assert (told.data["version"], told.data["installed"]) == ("0.2.0", __version__)
    assert told.data["notes_zh"] == "测试。"
    lines = shell.desktop("update", file, user=None, json=False).out.splitlines()
    assert lines[0].startswith(f"mrd-desktop {__version__} -> 0.2.0")
    assert lines[-1] == "Synthetic."
    assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]


def test_two_people_install_it_and_the_ledger_names_both(
    shell: Shell, file: Path, route: Route, tmp_path: Path
) -> None:
    told = by_two(shell, file, route, "crc")
    assert told.code == 0, told.err
    folder = Path(told.data["folder"])
    assert inspect(folder).bar is None
    assert told.data["launcher"] == str(tmp_path / "programs" / LAUNCHER)
    assert told.data["former"] == str(tmp_path / "programs" / "mrd-desktop")
    (said,) = recorded(route)
    assert (said["user"], said["second"]) == ("admin", "crc")
    assert (said["from"], said["version"]) == (__version__, "0.2.0")
    assert said["list"] == inspect(folder).digest
    with route.clinic.open("admin") as session:
        assert all(c.ok is not False for c in verify_folder(session))


@pytest.mark.parametrize(
    ("second", "password", "code"),
    [("admin", "", "no_other_person"), ("nobody", "", "no_other_person"),
     ("crc", "not the password", "second_password_wrong")],
)  # fmt: skip
def test_one_person_installs_nothing(
    shell: Shell, file: Path, route: Route, tmp_path: Path, second: str, password: str, code: str
) -> None:
    told = by_two(shell, file, route, second, password)
    assert told.error["code"] == code
    assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]
    assert recorded(route) == []


def test_who_does_not_manage_accounts_begins_none(
    shell: Shell, file: Path, route: Route, tmp_path: Path
) -> None:
    secret = shell.password_file("second", password_of("inv"))
    told = shell.desktop(
        "update", file, "--install", "--site", route.clinic.path, "--second", "inv",
        "--second-password-file", secret, user="crc",
    )  # fmt: skip
    assert told.error["code"] == "permission_denied"
    assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]


@pytest.mark.parametrize(
    "more",
    [(), ("--site", "x"), ("--second", "crc"), ("--without-site", "--second", "crc"),
     ("--without-site", "--site", "x", "--second", "crc")],
    ids=" ".join,
)  # fmt: skip
def test_it_is_said_whether_a_site_is_there(
    shell: Shell, file: Path, more: tuple[str, ...]
) -> None:
    assert shell.desktop("update", file, "--install", *more, user=None).code == 2


def test_a_computer_without_a_site_installs_it_without_a_record(
    shell: Shell, file: Path, tmp_path: Path
) -> None:
    told = shell.desktop("update", file, "--install", "--without-site", user=None)
    assert told.code == 0
    assert inspect(Path(told.data["folder"])).bar is None


def test_what_is_refused_is_told_in_both_languages(shell: Shell, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])
    told = shell.desktop("update", file, user=None)
    assert told.error["code"] == "update_refused"
    assert "已安装的程序保持不变" in told.error["message_zh"]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of this computer's user are the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return settings_folder()


def test_it_is_said_what_it_is_before_a_password_is_asked(
    shell: Shell, file: Path, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(prompt: str) -> str:
        warn(f"ASKED {prompt}")
        return "not the password"

    monkeypatch.setattr("getpass.getpass", typed)
    told = shell.desktop(
        "update", file, "--install", "--site", route.clinic.path, "--second", "crc",
        "--user", "admin", user=None, json=False,
    )  # fmt: skip
    lines = told.err.splitlines()
    asked = next(n for n, line in enumerate(lines) if line.startswith("ASKED"))
    assert lines[0].startswith(f"mrd-desktop {__version__} -> 0.2.0")
    assert "Synthetic." in lines[:asked]
    assert told.code == 1


def test_an_order_back_is_installed_by_who_compared_its_list(
    shell: Shell, who: Releaser, file: Path, route: Route, tmp_path: Path
) -> None:
    why = Text("Synthetic fault.", "测试缺陷。")
    (tmp_path / "second").mkdir()
    order = who.update(tmp_path / "second", "0.0.9", back=(__version__,), why=why)
    digest = str(shell.desktop("update", order, user=None).data["list"])
    for how in ((), ("--without-site",)):
        given = how or (
            "--site", route.clinic.path, "--second", "crc",
            "--second-password-file", shell.password_file("second", password_of("crc")),
        )  # fmt: skip
        user = None if how else "admin"
        told = shell.desktop("update", order, "--install", *given, user=user)
        assert told.code == 2
        assert "--list DIGEST" in told.error["message_en"]
        told = shell.desktop(
            "update", order, "--install", *given, "--list", "0" * 64, user=user, json=False
        )
        assert told.code == 1
        assert "Synthetic fault." in told.err or "测试缺陷。" in told.err
        assert digest in told.err.splitlines()[-1]
        assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]
    told = shell.desktop("update", order, "--install", *given, "--list", digest, user=user)
    assert told.code == 0, told.err


def test_another_file_than_the_list_that_was_given_is_refused(shell: Shell, file: Path) -> None:
    told = shell.desktop("update", file, "--install", "--without-site", "--list", "x", user=None)
    assert told.error["code"] == "update_refused"


def test_a_computer_with_a_site_is_not_updated_without_people(
    shell: Shell, file: Path, route: Route, settings: Path, tmp_path: Path
) -> None:
    LastSite(settings / "last-site.json").keep(route.clinic.path)
    told = shell.desktop("update", file, "--install", "--without-site", user=None)
    assert told.error["code"] == "update_refused"
    assert str(route.clinic.path) in told.error["message_en"]
    assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]
    LastSite(settings / "last-site.json").keep(tmp_path / "gone")
    assert shell.desktop("update", file, "--install", "--without-site", user=None).code == 0


def test_each_site_of_the_computer_has_its_record(
    shell: Shell, file: Path, route: Route, tmp_path: Path
) -> None:
    other = tmp_path / "other-site"
    shutil.copytree(route.clinic.path, other)
    secret = shell.password_file("second", password_of("crc"))
    told = shell.desktop(
        "update", file, "--install", "--site", route.clinic.path, "--site", other,
        "--second", "crc", "--second-password-file", secret, user="admin",
    )  # fmt: skip
    assert told.code == 0, told.err
    assert len(recorded(route)) == 1
    shutil.rmtree(route.clinic.path)
    shutil.copytree(other, route.clinic.path)
    assert len(recorded(route)) == 1
