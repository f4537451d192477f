"""The acts that are struck: what each does, and what of it stands afterwards."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.redaction import destroy_link, has_link, redact, redactable
from mrd_desktop.record.renewing import renew_data_key
from mrd_desktop.record.signing import show, sign_forms
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.inspect import verify_package
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import backup as backups
from mrd_desktop.vault import new_sheet, own_key, site_keys, slotbook, trust, users
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.schema import setting
from mrd_desktop.vault.session import COMPACT_SETTING, Session
from tests.clinic import STORIES, Clinic, password_of
from tests.faults.points import Open
from tests.transfer.route import TYPO, Route, fill, values

SUBJECT = "01-001"
VERSION = f"{SUBJECT}/SCR/IC/ICVER"
SIGNED = ("IC", "DM", "SV")
FORMS = 5
"""Forms of the story that the site holds: enough for every act, few enough to verify each time."""
MANY = 15
SLIP = "Synthia Name 4711"
LEAVES = "cra"


@dataclass(frozen=True)
class Act:
    """One act.

    Attributes:
        opened: the session it works in; None where it needs none.
        do: the act; gives what is acknowledged, as JSON.
        seen: what stands of it, checked to be whole: alike before it, alike after it.
        prepared: what a copied route needs before; nothing mostly.
        firm: a refusal means that nothing of it stands, unless it says that nobody knows.
    """

    name: str
    opened: Open
    do: Callable[[Any, Route], object]
    seen: Callable[[Route], object]
    prepared: Callable[[Route], None] = lambda _: None
    firm: bool = True


def short_story(route: Route) -> None:
    """The first forms of subject 01-001, with a name that slipped into one and was corrected."""
    body = json.loads((STORIES / f"{SUBJECT}.json").read_text(encoding="utf-8"))
    body["records"] = body["records"][:FORMS]
    file = route.stick / "short.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    with route.clinic.open() as session:
        load_story(Casebook(session), read_story(file))
        fill(session, f"{SUBJECT}/SCR/IC", {"ICVER": SLIP})
        fill(session, f"{SUBJECT}/SCR/IC", {"ICVER": "V1.0"})
    file.unlink()


def _as(user: str) -> Open:
    return lambda route: route.clinic.open(user)


@contextmanager
def _nobody(_: Route) -> Iterator[None]:
    yield None


def _item(session: Session, address: str) -> ItemKey:
    key = locate(session.study, address)
    assert isinstance(key, ItemKey)
    return key


def _form(session: Session, address: str) -> FormKey:
    key = locate(session.study, address)
    assert isinstance(key, FormKey)
    return key


def _kinds(session: Session, kind: Kind) -> int:
    with session.reading() as conn:
        chain = session.folder.chain
        return sum(r.kind is kind for r in store.records(conn, chain) if r.opening is not None)


def whole(session: Session) -> bool:
    """Every page, every record and every link of the chain is in order; quicker than ``verify``."""
    chain = session.folder.chain
    assert session.database.damaged_pages() == ()
    with session.reading() as conn:
        assert verify_records(store.records(conn, chain), chain, private=False, complete=True).ok
        assert list(slotbook.faults(conn, session.manifest)) == []
    return True


def _site(route: Route, told: Callable[[Session], object]) -> object:
    """What a function says of the site, which verifies as well."""
    with route.clinic.open() as session:
        assert whole(session)
        return told(session)


# --- entry --------------------------------------------------------------------------------


def _type(session: Session, *, complete: bool) -> object:
    entry = Casebook(session).open(_form(session, f"{SUBJECT}/SCR/IC"))
    entry.type(_item(session, VERSION), "V2.0")
    entry.type(_item(session, f"{SUBJECT}/SCR/IC/ICVERDAT"), "2025-09-01")
    entry.keep_draft()
    entry.save(complete=complete, reason=TYPO)
    return "V2.0"


def typing(session: Session, _: Route) -> Iterator[int]:
    """Somebody types, keeps drafts and saves; each number is one that was promised to be kept."""
    key = _item(session, VERSION)
    entry = Casebook(session).open(key.form)
    for n in range(1, 10):
        entry.type(key, f"V{n}.5")
        if n % 3:
            entry.keep_draft(key)
        else:
            entry.save(complete=True, reason=TYPO)
        yield n


def typed(route: Route) -> int:
    """The number that is in the form now, as a draft or recorded."""
    with route.clinic.open() as session:
        assert whole(session)
        key = _item(session, VERSION)
        entry = Casebook(session).open(key.form)
        text = entry.field(key).text
        entry.discard()
        return 0 if text == "V1.0" else int(text[1:-2])


def _entered(session: Session) -> object:
    entry = Casebook(session).open(_form(session, f"{SUBJECT}/SCR/IC"))
    held = values(session)
    entry.discard()
    both = [v for k, v in sorted(held.items()) if "/ICVER" in k]
    return [both, _kinds(session, Kind.FORM_SAVED), _kinds(session, Kind.ITEM_SET)]


def _sign(session: Session, _: Route) -> object:
    shown = [show(session, _form(session, f"{SUBJECT}/SCR/{f}"), Language.ZH) for f in SIGNED]
    sign_forms(session, shown, password_of("inv"), language=Language.ZH)
    return len(shown)


# --- what leaves and comes ----------------------------------------------------------------


def _packages(route: Route) -> list[Path]:
    return sorted(route.stick.glob("*.mrdpkg"))


def _sent(route: Route) -> object:
    """Whole packages, which the sponsor takes; one may have left before its last record."""
    files = _packages(route)
    with route.clinic.open() as session:
        assert whole(session)
        for file in files:
            assert [c for c in verify_package(file, session) if c.ok is False] == []
        sealed = _kinds(session, Kind.PACKAGE_SEALED)
        here = values(session)
    assert len(files) - sealed in (0, 1)
    if files:
        arrivals = route.store.take(*files)
        assert [a for a in arrivals if not a.fine] == []
        with route.store.open() as session:
            assert len(values(session)) > MANY
            assert values(session).items() <= here.items()
    return sealed


def _sent_once(route: Route) -> None:
    route.send()


def _made_reply(route: Route) -> None:
    route.carry()
    with route.store.open() as session:
        asking.ask(session, _item(session, VERSION), "synthetic question")
        make_reply(session, "01", route.stick)


def _take_reply(session: Session, route: Route) -> object:
    (file,) = route.stick.glob("*.mrdreply")
    import_reply(session, file)
    return 1


def _replied(session: Session) -> object:
    with session.reading() as conn:
        asked = conn.exec_driver_sql("SELECT count(*) FROM p_query").scalar()
    return [asked, _kinds(session, Kind.PACKAGE_RECEIVED)]


class NotTaken(MrdError):
    """The receiver's answer where it is no acceptance."""

    code = "not_taken"

    def __init__(self, why: Text | None) -> None:
        super().__init__()
        self.text = why or Text("", "")


def _receive(session: Session, route: Route) -> object:
    (arrival,) = receive(session, _packages(route))
    if not arrival.fine:
        raise NotTaken(arrival.reason)
    return str(arrival.verdict)


def _received(route: Route) -> object:
    with route.store.open() as session:
        assert whole(session)
        return len(values(session))


# --- keys, copies, erasure ----------------------------------------------------------------


def _leave(session: Session, _: Route) -> object:
    users.close_user(session, LEAVES, "LEFT")
    session.sign_as_site("mrd-study-v1", b"the same session goes on")
    return LEAVES


def _left(route: Route) -> object:
    """Closed and under a new key, or neither; whoever is not closed opens the folder."""
    with route.clinic.open("admin") as session:
        assert whole(session)
        closed = next(a for a in users.list_users(session) if a.user == LEAVES).closed
        generation = session.manifest.generation
        assert session.manifest.next_generation is None
    for user in ("crc", "inv", LEAVES):
        try:
            route.clinic.open(user).close()
        except WrongPassword:
            assert user == LEAVES
            assert closed
    return [closed, generation]


def _back_up(session: Session, route: Route) -> object:
    return backups.backup(session, route.stick / "kept").path.name


def _backed_up(route: Route) -> object:
    """Whole backups, one record each; the last one may have been cut off before its record."""
    made = sorted((route.stick / "kept").glob("*.mrdbackup"))
    for one in made:
        with route.clinic.open() as session:
            backups.drill(session, one)
    with route.clinic.open() as session:
        assert whole(session)
        told = _kinds(session, Kind.BACKUP_MADE)
    assert len(made) - told in (0, 1)
    return told


def _one_backup(route: Route) -> None:
    with route.clinic.open() as session:
        backups.backup(session, route.stick / "kept")


def _restore(_: None, route: Route) -> object:
    (source,) = (route.stick / "kept").glob("*.mrdbackup")
    backups.restore(source, route.stick / "again")
    return "again"


def _restored(route: Route) -> object:
    again = route.stick / "again"
    if not again.exists():
        return 0
    with Clinic(again, route.clinic.study).open() as session:
        session.come_in()
        assert whole(session)
        assert _kinds(session, Kind.RESTORE_DONE) == 1
        return len(values(session))


def _redact(session: Session, _: Route) -> object:
    key = _item(session, VERSION)
    found = [r.seq for r in redactable(session, key) if SLIP in str(r.answer)]
    redact(
        session, key, found, "IDENTITY", password_of("inv"),
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip
    return len(found)


def _redacted(route: Route) -> object:
    with route.clinic.open("inv") as session:
        assert whole(session)
        left = [
            r.seq for r in redactable(session, _item(session, VERSION)) if SLIP in str(r.answer)
        ]
        with session.reading() as conn:
            assert setting(conn, COMPACT_SETTING) in (None, "", "0")
        return [len(left), _kinds(session, Kind.REDACTION_DONE)]


def _unlink(session: Session, _: Route) -> object:
    destroy_link(
        session, SUBJECT, "WITHDRAWN", password_of("inv"),
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip
    return SUBJECT


def _unlinked(route: Route) -> object:
    with route.clinic.open("inv") as session:
        assert whole(session)
        return [has_link(session, SUBJECT), _kinds(session, Kind.LINK_DESTROYED)]


def _new_sheet(session: Session, _: Route) -> object:
    return new_sheet.replace_sheet(
        session, "lost", password_of("inv"), second="admin", second_password=password_of("admin"),
    ).serial  # fmt: skip


def _sheeted(route: Route) -> object:
    """Whether a new sheet is valid and somebody has it; where nobody has one that is told."""
    with route.clinic.open("inv") as session:
        assert whole(session)
        found = new_sheet.standing(session)
        assert found.shown or found.due
        with session.reading() as conn:
            made = [
                r.body.get("recovery")
                for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.kind is Kind.GENERATION_CHANGED
            ]
    for user in ("crc", "admin"):
        route.clinic.open(user).close()
    return bool(found.shown and found.serial in made)


def _change_key(session: Session, _: Route) -> object:
    made = renew_data_key(session, "leak_suspected", password_of("admin"), "synthetic words")
    session.sign_as_site("mrd-study-v1", b"the same session goes on")
    return made.generation


def _key_changed(route: Route) -> object:
    """Under a key whose every change is recorded; who did it and who was away open the folder."""
    for user in ("cra", "admin"):
        with route.clinic.open(user) as session:
            assert session.manifest.next_generation is None
            session.sign_as_site("mrd-study-v1", b"the folder's own key opens")
            generation = session.manifest.generation
            assert _kinds(session, Kind.GENERATION_CHANGED) == generation - 1
            assert user == "cra" or whole(session)
    return generation > 1


def _rotate(session: Session, _: Route) -> object:
    return own_key.rotate(
        session, "synthetic: yearly", password_of("inv"),
        second="admin", second_password=password_of("admin"),
    ).fingerprint  # fmt: skip


def _rotated(route: Route) -> object:
    """Under one key wherever it is told; sent and received goes on, and what was sent opens."""
    with route.clinic.open("inv") as session:
        assert whole(session)
        changes = [change for _, change in site_keys.changes_kept(session)]
        with session.reading() as conn:
            recorded = [c.statement for c in site_keys.rotations_of(conn, session.folder.chain)]
            assert not setting(conn, own_key.STALE_PUB)
        assert sorted(c.statement for c in changes) == sorted(recorded)
        told = trust.read_identity((session.folder.path / trust.SITE_PUB).read_bytes())
        assert told.sign.raw == session.site_key()
        assert told.age == str(session.age_identity().to_public())
        assert not recorded or changes[-1].key.raw == session.site_key()
        for file in _packages(route):
            assert [c for c in verify_package(file, session) if c.ok is False] == []
    with tempfile.TemporaryDirectory() as place:
        copied = route.copy(Path(place))
        for file in _packages(route):
            shutil.copy(file, copied.stick)
        assert [a for a in copied.store.take(*_packages(copied)) if not a.fine] == []
        assert copied.carry().fine
        with copied.store.open() as session:
            (made,) = make_reply(session, "01", copied.stick)
        with copied.clinic.open() as session:
            assert import_reply(session, made.path).receipts >= 1
            assert session.former_signing_key() is None
    return len(recorded)


ACTS = (
    Act("save", _as("crc"), lambda s, _: _type(s, complete=False), lambda r: _site(r, _entered)),
    Act("complete", _as("crc"), lambda s, _: _type(s, complete=True), lambda r: _site(r, _entered)),
    Act("sign", _as("inv"), _sign, lambda r: _site(r, lambda s: _kinds(s, Kind.SIGNATURE_MADE))),
    Act("export", _as("crc"), lambda s, r: export(s, r.stick).package, _sent),
    Act("reply", _as("crc"), _take_reply, lambda r: _site(r, _replied), _made_reply),
    Act("receive", lambda r: r.store.open(), _receive, _received, _sent_once),
    Act("rekey", _as("admin"), _leave, _left, firm=False),
    Act("backup", _as("crc"), _back_up, _backed_up),
    Act("restore", _nobody, _restore, _restored, _one_backup),
    Act("redact", _as("inv"), _redact, _redacted),
    Act("unlink", _as("inv"), _unlink, _unlinked),
    Act("sheet", _as("inv"), _new_sheet, _sheeted, firm=False),
    Act("datakey", _as("admin"), _change_key, _key_changed, firm=False),
    Act("rotate", _as("inv"), _rotate, _rotated, _sent_once),
)
