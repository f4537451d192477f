"""Acts on keys in any order, struck at any step: whoever has an account comes in, with all keys.

Several steps of writing, several acts in one session, and what the next sign-in makes of them: a
fixed test meets those combinations alone that somebody has thought of.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault import crypto, data_key, database, new_sheet, rotation, slotbook, users
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import (
    CommitUnsure,
    DiskFull,
    StorageError,
    StorageFault,
    WrongKey,
    WrongPassword,
    WrongRecoverySheet,
)
from mrd_desktop.vault.manifest import Manifest
from mrd_desktop.vault.session import Session
from tests.vault.kit import PASSWORDS, ROLES, Site, note

HOLDERS = ("coordinator", "investigator")
STEPS = 3


class Cut(BaseException):
    """The power fails: nothing is written from here on."""


class Disk:
    """Lets each step of writing pass, until one fails: refused once, from there on, or cut off."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.sound()

    def sound(self) -> None:
        """It takes everything again."""
        self._how, self._left, self.struck = "", 0, False

    def fail(self, how: str) -> None:
        """In some steps: ``refuses``, ``is full`` from there on, or ``cut``."""
        self._how, self._left = how, self._chance.randint(1, 30)

    def step(self, *errors: StorageError) -> None:
        """One step; with no errors it cannot be refused, but the power can fail behind it."""
        if not self._how:
            return
        self._left -= 1
        if self._how == "cut" and self._left <= 0:
            self.struck = True
            raise Cut
        if errors and (self._left == 0 or (self._left < 0 and self._how == "is full")):
            self.struck = True
            raise self._chance.choice(errors)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, seed: int) -> Disk:
    """What writes, opens and encrypts asks it; a new password costs nothing."""
    disk = Disk(Random(seed))
    writing, rekey, raw, write = Database.writing, Database.rekey, database._raw, Manifest.write
    derive = crypto.derive

    @contextmanager
    def written(opened: Database) -> Iterator[Any]:
        disk.step(DiskFull())
        with writing(opened) as conn:
            yield conn
            disk.step(DiskFull(), CommitUnsure("EIO"))
        disk.step()

    def encrypted(opened: Database, key: bytes) -> None:
        disk.step(DiskFull())
        rekey(opened, key)
        disk.step()

    def connected(*given: Any, **more: Any) -> Any:
        disk.step(StorageFault("SQLITE_CANTOPEN"))
        return raw(*given, **more)

    def file(manifest: Manifest, folder: Path) -> None:
        disk.step(DiskFull())
        write(manifest, folder)
        disk.step(StorageFault("EIO"))  # behind the rename: it stands all the same

    def derived(secret: str, salt: bytes, cost: crypto.KdfParameters) -> crypto.Keks:
        if secret in PASSWORDS.values():  # those of the template, worked out once a run
            return derive(secret, salt, cost)
        root = hashlib.sha256(secret.encode() + salt).digest()
        kinds = (b"mrd/kek/data/v1", b"mrd/kek/vault/v1", b"mrd/kek/sign/v1")
        return crypto.Keks(*(crypto.expand(root, kind) for kind in kinds))

    monkeypatch.setattr(Database, "writing", written)
    monkeypatch.setattr(Database, "rekey", encrypted)
    monkeypatch.setattr(database, "_raw", connected)
    monkeypatch.setattr(Manifest, "write", file)
    monkeypatch.setattr(crypto, "derive", derived)
    return disk


@dataclass
class Person:
    """What may be true of an account: after a strike more than one.

    Attributes:
        passwords: one of them opens it.
        roles: one of them it has.
        known: data keys that whoever was closed had.
    """

    passwords: list[str]
    roles: set[str]
    closed: bool | None = False
    made: bool | None = True
    known: set[bytes] = field(default_factory=set)


class Clinic:
    """A site, and what may be true of it."""

    def __init__(self, site: Site, disk: Disk, chance: Random) -> None:
        self.site, self.disk, self.chance = site, disk, chance
        roles = {**ROLES, "admin": "siteadmin"}
        self.people = {u: Person([PASSWORDS[u]], {role}) for u, role in roles.items()}
        self.sheets = [site.sheet]
        self.generation = 1
        self.told: list[str] = []
        self._words = itertools.count()

    # --- acts -----------------------------------------------------------------------------

    def work(self) -> None:
        """Somebody signs in, does this and that, and the disk or the power fails or does not."""
        user = self.chance.choice(("admin", "admin", self._one(lambda p: True)))
        how = self.chance.choice(("", "", "cut", "cut", "refuses", "refuses", "is full"))
        early = self.chance.random() < 0.3
        self.told.append(f"{user} {how}{' at the sign-in' if early else ''}")
        session = None
        try:
            if early:
                self.disk.fail(how)
            session = self.site.open(user, self.people[user].passwords[0])
            if not early:
                self.disk.fail(how)
            for _ in range(self.chance.randint(1, 4)):
                self._act(session, user)
        except Cut:
            pass
        except StorageError:
            assert self.disk.struck, self.told
        finally:
            with suppress(Cut):
                if session is not None:
                    session.close()
            self.disk.sound()

    def _act(self, session: Session, user: str) -> None:
        acts: list[Callable[[Session, str], None]] = [self._password, self._lock]
        if user == "admin":
            acts += [self._key, self._key, self._close, self._add, self._reset, self._role]
        elif self.people[user].roles < set(HOLDERS):
            acts += [self._sheet] * 3
        act = self.chance.choice(acts)
        self.told.append(act.__name__)
        before = copy.deepcopy(self.people)
        try:
            act(session, user)
        except MrdError as refused:
            self.told.append(refused.code)
            assert self.disk.struck and not isinstance(refused, WrongKey), self.told
            if not isinstance(refused, CommitUnsure):  # else nobody knows, and is told so
                self.people = before

    def _key(self, session: Session, user: str) -> None:
        data_key.change(session, "yearly", self.people[user].passwords[0])

    def _lock(self, session: Session, user: str) -> None:
        session.lock()
        session.unlock(user, self.people[user].passwords[0])
        assert session.has_vault == bool(self.people[user].roles & set(HOLDERS)), self.told

    def _password(self, session: Session, user: str) -> None:
        person, chosen = self.people[user], self._word()
        if len(person.passwords) == 1:
            former, person.passwords = person.passwords[0], [*person.passwords, chosen]
            users.change_password(session, former, chosen)
            person.passwords = [chosen]

    def _close(self, session: Session, _: str) -> None:
        user = self._one(lambda p: p.closed is False and p.roles.isdisjoint(HOLDERS))
        if user != "admin":
            person = self.people[user]
            person.closed, person.known = None, {session.with_keys()[0]}
            users.close_user(session, user, "left the site")
            person.closed = True

    def _add(self, session: Session, _: str) -> None:
        role, chosen = self.chance.choice(sorted(set(ROLES.values()))), self._word()
        user = f"later{next(self._words)}"
        self.people[user] = person = Person([chosen], {role}, made=None)
        users.add_user(session, user, role, password=chosen)
        person.made = True

    def _reset(self, session: Session, user: str) -> None:
        other, chosen = self._one(lambda p: p.closed is False), self._word()
        if other != user:
            person = self.people[other]
            person.passwords = [*person.passwords, chosen]
            users.reset_user(session, other, password=chosen)
            person.passwords = [chosen]

    def _role(self, session: Session, user: str) -> None:
        other = self._one(lambda p: p.closed is False)
        if other != user:
            role = self.chance.choice(sorted(set(ROLES.values())))
            person = self.people[other]
            person.roles = person.roles | {role}
            users.grant_role(session, other, role)
            person.roles = {role}

    def _sheet(self, session: Session, user: str) -> None:
        new_sheet.replace_sheet(
            session, "seen", self.people[user].passwords[0], second="admin",
            second_password=self.people["admin"].passwords[0], deliver=self.sheets.append,
        )  # fmt: skip

    def _one(self, fits: Callable[[Person], bool]) -> str:
        sure = {u: p for u, p in self.people.items() if p.made and p.closed is False}
        return self.chance.choice([u for u, p in sure.items() if fits(p)] or ["admin"])

    def _word(self) -> str:
        return f"synthetic password {next(self._words)}"

    # --- what must hold -------------------------------------------------------------------

    def look(self, place: Path) -> None:
        """All of it, on a copy, in which everybody signs in in some order."""
        shutil.copytree(self.site.path, place)
        there = Site(place, self.site.study, self.site.sheet)
        order = list(self.people)
        self.chance.shuffle(order)
        for user in order:
            self._comes_in(there, user)
        with there.open("admin", self.people["admin"].passwords[0]) as session:
            self._is_whole(session)
        shutil.rmtree(place)

    def _comes_in(self, there: Site, user: str) -> None:
        person = self.people[user]
        for password in person.passwords:
            with suppress(WrongPassword), there.open(user, password) as session:
                assert person.closed is not True, (user, self.told)
                assert session.role in person.roles, (user, self.told)
                assert session.has_vault == (session.role in HOLDERS), (user, self.told)
                assert session.manifest.next_generation is None
                session.sign_as_site("mrd-study-v1", b"the folder's own key opens")
                session.commit([note()])
                person.passwords, person.roles = [password], {session.role}
                person.closed, person.made = False, True
                return
        assert person.closed is not False or person.made is None, (user, self.told)
        if person.closed is None:
            person.closed = True
        if person.made is None:
            del self.people[user]

    def _is_whole(self, session: Session) -> None:
        data, _ = session.with_keys()
        manifest = session.manifest
        with session.reading() as conn:
            assert list(slotbook.faults(conn, manifest)) == [], self.told
            assert not rotation.is_owed(conn), self.told
            records = [r for r in store.records(conn, session.folder.chain) if r.opening]
        told = {r.body["generation"] for r in records if r.kind is Kind.GENERATION_CHANGED}
        assert told == set(range(2, manifest.generation + 1)), self.told
        assert manifest.generation >= self.generation, self.told
        self.generation = manifest.generation
        for user, person in self.people.items():
            if person.closed:
                assert manifest.slot_name(user) not in manifest.slots, (user, self.told)
                assert data not in person.known, (user, self.told)
        if new_sheet.standing(session).shown:
            right = []
            for sheet in self.sheets:
                with suppress(WrongRecoverySheet):
                    right.append(new_sheet.check_sheet(session, sheet))
            assert right == [manifest.recovery.serial], self.told


@pytest.mark.soak
def test_whatever_is_done_and_struck_everybody_comes_in(
    training_template: Site, tmp_path: Path, disk: Disk, seed: int, fraction: Callable[..., int]
) -> None:
    for n in range(fraction(400, 1)):
        chance = Random(seed + n)
        path = tmp_path / "site"
        shutil.copytree(training_template.path, path)
        clinic = Clinic(Site(path, training_template.study, training_template.sheet), disk, chance)
        for _ in range(STEPS):
            clinic.work()
            clinic.look(tmp_path / "copy")
        shutil.rmtree(path)
