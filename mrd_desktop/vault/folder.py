"""Making a site folder or a sponsor's store, and the doors into one that exists."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pyrage

from mrd_desktop.errors import printable
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.ids import new_chain_id
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.portable import require_portable
from mrd_desktop.study import minimal
from mrd_desktop.study.model import Study
from mrd_desktop.study.naming import require_names
from mrd_desktop.vault import (
    crypto,
    definitions,
    passwords,
    schema,
    secrets_store,
    slotbook,
    trust,
)
from mrd_desktop.vault.accounts import Account, folded, full
from mrd_desktop.vault.clock import Clock
from mrd_desktop.vault.computers import Block
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import (
    FolderExists,
    SiteNameRefused,
    SiteNumberRefused,
    TrainingOnly,
)
from mrd_desktop.vault.files import sync_folder, write_atomically
from mrd_desktop.vault.keyring import Keyring, new_slot
from mrd_desktop.vault.lock import FolderLock
from mrd_desktop.vault.manifest import SITE_NUMBER, FolderKind, Manifest, Recovery
from mrd_desktop.vault.place import check_place
from mrd_desktop.vault.recovery import DATA, RecoveryKey
from mrd_desktop.vault.roles import combined, excepted, managing_role, role_table
from mrd_desktop.vault.session import Fold, Folder, Session
from mrd_desktop.vault.signin import (
    RECOVERY_SETTING,
    binding,
    definition_installed,
    enrolment,
    folder_of,
    fresh_keys,
    open_folder,
    recover,
    set_first_password,
)
from mrd_desktop.vault.storage import storage_errors

__all__ = [
    "NewSite",
    "create_site",
    "create_store",
    "open_folder",
    "recover",
    "set_first_password",
]

_STORE_NAME: Final = "sponsor"
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class NewSite:
    """What the maker of a folder keeps: fingerprint of its key, text of the recovery sheet."""

    fingerprint: str
    recovery_sheet: str


def create_site(
    path: Path,
    *,
    site: str,
    name: str,
    training: bool,
    admin: str,
    password: str,
    study: Study,
    fold: Fold,
    now: datetime | None = None,
    sponsor_key: bytes | None = None,
    exception: str = "",
    definition: bytes | None = None,
    numbers: Block | None = None,
    admin_name: str = "",
) -> NewSite:
    """Make a site folder with its first user, who manages users and enters no data.

    Args:
        admin_name: printed name of the first user, which stands beside signatures.
        site: two-digit number.
        exception: why the first user enters data as well, in a clinic of two people.
        definition: canonical bytes of the study, where it is not the program's; the folder keeps
            them and works under them.
        numbers: the block of subject numbers of a further computer of the site.
        sponsor_key: content of a ``sponsor.pub`` to pin at once.
        fold: projects the first records; their first is ``chain.created``.
        now: training only.

    Raises:
        FolderExists: something stands at ``path``.
        SiteNumberRefused, SiteNameRefused, PasswordRefused, UserNameRefused, TrustError,
            TrainingOnly: choose otherwise.
        DefinitionForPractice: a live folder of a definition that does not say what each item is
            asked for, or holds an identifier outside the vault.
        StorageError: the disk refuses; nothing is left behind.
    """
    wish = _Wish(
        FolderKind.SITE, site, name, training, study, fold, now, exception, definition, numbers,
        admin_name,
    )  # fmt: skip
    identity = trust.read_identity(sponsor_key) if sponsor_key is not None else None
    return _create(path, wish, admin, password, identity)


def create_store(
    path: Path,
    *,
    training: bool,
    admin: str,
    password: str,
    study: Study,
    fold: Fold,
    now: datetime | None = None,
    definition: bytes | None = None,
    admin_name: str = "",
) -> NewSite:
    """Make a sponsor's store; arguments and errors as :func:`create_site`."""
    wish = _Wish(
        FolderKind.STORE, "", _STORE_NAME, training, study, fold, now, definition=definition,
        admin_name=admin_name,
    )  # fmt: skip
    return _create(path, wish, admin, password, None)


@dataclass(frozen=True, slots=True)
class _Wish:
    kind: FolderKind
    site: str
    name: str
    training: bool
    study: Study
    fold: Fold
    now: datetime | None
    exception: str = ""
    definition: bytes | None = None
    numbers: Block | None = None
    admin_name: str = ""


def _create(
    path: Path, wish: _Wish, admin: str, password: str, sponsor: trust.PublicIdentity | None
) -> NewSite:
    if wish.kind is FolderKind.SITE and SITE_NUMBER.fullmatch(wish.site) is None:
        raise SiteNumberRefused
    one_line = not {"\n", "\t"} & set(wish.name) and printable(wish.name) == wish.name
    if not one_line or not 1 <= len(wish.name.strip()) <= _LONGEST_NAME:
        raise SiteNameRefused
    user = folded(admin)
    printed = full(wish.admin_name) if wish.admin_name.strip() else ""
    known_words = (user, wish.name, wish.study.oid)
    chosen = passwords.accepted(password, training=wish.training, known_words=known_words)
    if wish.now is not None and not wish.training:
        raise TrainingOnly
    if wish.numbers is None:  # a further computer works as the first one does
        require_names(wish.study)
        if not wish.training:
            minimal.require(wish.study)
    if wish.exception:
        excepted(combined(role_table(wish.kind, wish.study))[0].oid, wish.exception)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FolderExists(path.name)
    require_portable(path)
    check_place(path, live=not wish.training)
    existed = path.exists()
    try:
        return _fill(path, wish, Account(user, admin, full_name=printed), chosen, sponsor)
    except BaseException:
        for child in path.iterdir() if path.exists() else ():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        if path.exists() and not existed:
            path.rmdir()
        raise


def _fill(
    path: Path,
    wish: _Wish,
    account: Account,
    password: str,
    sponsor: trust.PublicIdentity | None,
) -> NewSite:
    data_key = secrets.token_bytes(crypto.KEY_BYTES)
    recovery = RecoveryKey.generate()
    log_key = secrets.token_bytes(crypto.KEY_BYTES)
    keyring = fresh_keys(data_key, None)
    manifest = _manifest(
        wish,
        recovery=recovery,
        data_key=data_key,
        log_key=log_key,
        user=account.user,
        password=password,
        keyring=keyring,
    )
    folder = folder_of(path, manifest)
    site_key, age = SigningKey.generate(), pyrage.x25519.Identity.generate()
    identity = trust.identity_of(folder, site_key.public, str(age.to_public()))
    pinned = trust.pinned(folder, sponsor, ()) if sponsor is not None else ()
    with storage_errors():
        for place in (path, folder.backups, folder.outbox, folder.inbox, folder.archive):
            place.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(path)
    try:
        database = Database(folder.data, data_key, create=True)
        with database.writing() as conn:
            schema.create(conn)
            store.create(conn)
            schema.put_setting(conn, RECOVERY_SETTING, binding(manifest))
            slotbook.keep(conn, manifest)
            if wish.definition is not None:
                definitions.begin(conn, wish.study.digest, wish.definition)
            secrets_store.put(conn, data_key, secrets_store.SIGN, site_key.to_bytes())
            secrets_store.put(conn, data_key, secrets_store.AGE, str(age).encode())
            secrets_store.put(conn, data_key, secrets_store.LOG, log_key)
        manifest.write(path)
        write_atomically(path / _pub_name(wish.kind), identity.to_bytes())
        table = role_table(wish.kind, wish.study)
        role = combined(table)[0] if wish.exception else managing_role(table)
        entries = _first_entries(
            folder,
            wish,
            serial=recovery.serial,
            identity=identity,
            account=account,
            role=role.oid,
            keyring=keyring,
        )
        session = Session(
            folder=folder,
            manifest=manifest,
            database=database,
            lock=lock,
            study=wish.study,
            fold=wish.fold,
            clock=Clock(start=wish.now, training=wish.training),
            account=account,
            duties=role,
            keyring=keyring,
            prelude=(*entries, *pinned),
        )
        with session:
            session.announce()
    finally:
        lock.release()
    sync_folder(path)
    sheet = recovery.sheet(wish.study.oid, wish.site, folder.chain)
    return NewSite(identity.fingerprint, sheet)


def _manifest(
    wish: _Wish,
    *,
    recovery: RecoveryKey,
    data_key: bytes,
    log_key: bytes,
    user: str,
    password: str,
    keyring: Keyring,
) -> Manifest:
    public = crypto.box_public(recovery.secret)
    bare = Manifest(
        kind=wish.kind,
        study=wish.study.oid,
        site=wish.site,
        name=wish.name,
        training=wish.training,
        chain=new_chain_id(),
        generation=1,
        salt=secrets.token_bytes(crypto.SALT_BYTES),
        recovery=Recovery(public, recovery.serial, b""),
        log=crypto.box_public(log_key),
    )
    sealed = crypto.seal(public, data_key, bare.sealed_context(DATA))
    cost = crypto.FLOOR if wish.training else crypto.calibrated()
    slot_name = bare.slot_name(user)
    return replace(
        bare,
        recovery=Recovery(public, recovery.serial, sealed),
        slots={slot_name: new_slot(bare, slot_name, password, keyring, cost)},
    )


def _first_entries(
    folder: Folder,
    wish: _Wish,
    *,
    serial: str,
    identity: trust.PublicIdentity,
    account: Account,
    role: str,
    keyring: Keyring,
) -> Sequence[Entry]:
    coded = RecordClass.CODED
    user = {"user": account.user}
    printed = {"full_name": account.full_name} if account.full_name else {}
    named: dict[str, JSON] = {"name": account.name, **printed}
    created: dict[str, JSON] = {
        "format": folder.kind.value,
        "study": folder.study,
        "site": folder.site,
        "name": folder.name,
        "training": folder.training,
        "sign": identity.sign.to_base64(),
        "age": identity.age,
        "recovery": serial,
    }
    if wish.numbers is not None:
        created["numbers"] = wish.numbers.json()
    return (
        Entry(Kind.CHAIN_CREATED, coded, created),
        definition_installed(wish.study),
        Entry(Kind.USER_ADDED, coded, {**user, **named, "by": account.user}),
        Entry(
            Kind.ROLE_GRANTED,
            coded,
            {**user, "role": role, "by": account.user, **excepted(role, wish.exception)},
        ),
        *enrolment(folder.chain, account, keyring),
        Entry(Kind.USER_CONFIRMED, coded, {**user, "by": account.user}),
    )


def _pub_name(kind: FolderKind) -> str:
    return trust.SITE_PUB if kind is FolderKind.SITE else trust.SPONSOR_PUB
