"""Nothing but the right key opens anything (E-05): every kind of wrong one, in their numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.vault import attempts, crypto, passwords, users
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import FolderDamaged, WrongKey, WrongPassword, WrongRecoverySheet
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ 密码"
Fraction = Callable[[int, int], int]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delays after wrong tries have tests of their own."""
    monkeypatch.setattr(attempts, "delay", lambda failures: 0)


def at_random(right: str, count: int, chance: Random) -> Iterator[str]:
    for _ in range(count):
        yield "".join(chance.choices(LETTERS, k=chance.randint(1, 2 * len(right))))


def nearly(right: str, count: int, chance: Random) -> Iterator[str]:
    """One character more, less, another, or two of them the other way round."""
    for _ in range(count):
        at, letter = chance.randrange(len(right)), chance.choice(LETTERS)
        yield chance.choice(
            (
                right[:at] + right[at + 1 :],
                right[:at] + letter + right[at:],
                right[:at] + letter + right[at + 1 :],
                right[:at] + right[at : at + 2][::-1] + right[at + 2 :],
                right.swapcase(),
            )
        )


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "full", "short"), [(at_random, 1000, 4), (nearly, 500, 4)])
def test_wrong_passwords(
    site: Site,
    kind: Callable[[str, int, Random], Iterator[str]],
    full: int,
    short: int,
    seed: int,
    fraction: Fraction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    derive, runs = crypto.derive, 0

    def counted(secret: str, salt: bytes, parameters: crypto.KdfParameters) -> crypto.Keks:
        nonlocal runs
        runs += 1
        return derive(secret, salt, parameters)

    monkeypatch.setattr(crypto, "derive", counted)
    right = PASSWORDS["crc"]
    wrong = [p for p in kind(right, fraction(full, short), Random(seed)) if p != right]
    told = set()
    for password in wrong:
        with pytest.raises(WrongPassword) as refused:
            site.open("crc", password)
        # What is said follows from what was typed alone: a few of these have the shape of a code.
        told.add((passwords.is_code(password), refused.value.text))
    assert len(told) == len({shape for shape, _ in told})
    assert runs == len(wrong)  # one each: the time tells nothing
    site.open("crc").close()


@pytest.mark.soak
def test_passwords_of_others_and_of_before(site: Site, seed: int, fraction: Fraction) -> None:
    pairs = [(u, p) for u in PASSWORDS for p in PASSWORDS.values() if p != PASSWORDS[u]]
    for user, password in Random(seed).sample(pairs, fraction(len(pairs), 3)):
        with pytest.raises(WrongPassword):
            site.open(user, password)
    with site.open("crc") as session:
        users.change_password(session, PASSWORDS["crc"], "another synthetic password")
    with pytest.raises(WrongPassword):
        site.open("crc")


def test_files_of_another_time_or_place(
    site: Site, training_template: Site, live_template: Site
) -> None:
    manifest, data = site.path / "site.json", site.path / "data.mrd"
    with site.open("crc") as session:
        users.change_password(session, PASSWORDS["crc"], "another synthetic password")
    here = manifest.read_bytes()
    manifest.write_bytes((training_template.path / "site.json").read_bytes())
    with pytest.raises(FolderDamaged):  # the slot of before with the data of now
        site.open("crc")
    manifest.write_bytes(here)
    kept = data.read_bytes()
    data.write_bytes((training_template.path / "data.mrd").read_bytes())
    with pytest.raises(MrdError):  # and the other way round
        site.open("crc", "another synthetic password")
    data.write_bytes((live_template.path / "data.mrd").read_bytes())
    with pytest.raises(WrongKey):
        site.open("crc", "another synthetic password")
    data.write_bytes(kept)
    site.open("crc", "another synthetic password").close()


@pytest.mark.soak
def test_raw_keys(site: Site, seed: int, fraction: Fraction) -> None:
    with site.open("crc") as session:
        key, _ = session.with_keys()
    path, chance = site.path / "data.mrd", Random(seed)
    for wrong in (
        bytes(32), key[::-1], bytes(~b & 255 for b in key),
        *(bytes(k ^ (1 << bit % 8) * (n == bit // 8) for n, k in enumerate(key))
          for bit in chance.sample(range(256), fraction(256, 8))),
        *(chance.randbytes(32) for _ in range(fraction(450, 8))),
    ):  # fmt: skip
        with pytest.raises(WrongKey):
            Database(path, wrong, read_only=True)
    for short in (b"", key[:-1], key[:16], key + b"\x00"):
        with pytest.raises((WrongKey, ValueError)):
            Database(path, short, read_only=True)
    Database(path, key, read_only=True).close()


@pytest.mark.soak
def test_recovery_sheets_with_one_wrong_letter(
    live_template: Site, copied: Callable[[Site], Site], seed: int, fraction: Fraction
) -> None:
    site, chance = copied(live_template), Random(seed)
    lines = [line[2:].split() for line in site.sheet.splitlines() if line[:2] in ("A:", "B:")]
    letters = "".join(lines[0] + lines[1])
    places = [(at, n) for at in range(len(letters)) for n in range(5)]
    for at, _ in chance.sample(places, fraction(len(places), 8)):
        wrong = chance.choice([c for c in "ABCDEFGHJKLMNPQRSTUVWXYZ234567" if c != letters[at]])
        typed = letters[:at] + wrong + letters[at + 1 :]
        with pytest.raises((WrongRecoverySheet, WrongKey)):
            folders.recover(
                site.path, f"A: {typed[:28]}\nB: {typed[28:]}\n", user="new", role="siteadmin",
                password=LIVE_PASSWORD.format("new"), study=site.study, fold=fold,
            )  # fmt: skip


def test_what_nobody_opened_was_not_written(site: Site) -> None:
    """A wrong try leaves the database alone; the sealed side log alone grows."""
    before = {p.name: p.read_bytes() for p in files(site.path)}
    with pytest.raises(WrongPassword):
        site.open("crc", "wrong")
    after = {p.name: p.read_bytes() for p in files(site.path)}
    assert {n for n in after if after[n] != before.get(n)} <= {attempts.LOG_FILE, "folder.lock"}
    assert json.loads(after["site.json"]) == json.loads(before["site.json"])


def files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.iterdir()) if p.is_file())
