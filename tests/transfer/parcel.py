"""A small package of synthetic lines and the fixed keys of the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from pyrage import x25519

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import PACKAGE, Sender, Written, addressed, write
from mrd_desktop.transfer.manifest import Counts, Manifest, PartEntry, Point

SITE_KEY = SigningKey.from_bytes(hashlib.sha256(b"synthetic site key").digest())
OTHER_KEY = SigningKey.from_bytes(hashlib.sha256(b"synthetic other key").digest())
ARCHIVE = "AGE-SECRET-KEY-1DHKCZFAXJUM45LA4H2P9ZJ4H3CE4PULNYE927U6ECTT9CJJPQ6TQZA0UX8"
SPONSOR = "AGE-SECRET-KEY-17EZXN308KH2H73QY7EHSZWFVUZPR52AQR25GUAUL8WXMASEWJCESKVAVJP"
CHAIN = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


def recipient(identity: str) -> str:
    return str(x25519.Identity.from_str(identity).to_public())


def sender(key: SigningKey = SITE_KEY) -> Sender:
    return Sender(
        sign=lambda namespace, message: sshsig.make(namespace, message, key.public.raw, key.sign),
        public=key.public.raw,
        recipient=recipient(ARCHIVE),
        identity=ARCHIVE,
    )


def parts() -> tuple[Part, ...]:
    definition = b'{"synthetic":true}'
    name = f"definitions/{hashlib.sha256(definition).hexdigest()}.json"
    return (
        Part("headers-0001.jsonl", [b'{"header":{"seq":1}}\n', b'{"header":{"seq":2}}\n']),
        Part("openings-0001.jsonl", [b'{"payload":{"kind":"note.added"},"seq":1}\n']),
        Part(name, [definition]),
    )


def manifest(entries: tuple[PartEntry, ...]) -> Manifest:
    return Manifest(
        study="NCT07132502",
        site="01",
        chain=CHAIN,
        training=True,
        number=1,
        full=False,
        previous=None,
        before=Point(0, hashlib.sha256(b"before").hexdigest()),
        after=Point(2, hashlib.sha256(b"after").hexdigest()),
        counts=Counts(2, 1, 0, {"note.added": 1}, {"private": 1}),
        parts=entries,
        definitions=tuple(
            e.name.removeprefix("definitions/").removesuffix(".json")
            for e in entries
            if e.name.startswith("definitions/")
        ),
        recipients=addressed(sender(), [recipient(SPONSOR)]),
        program="0.1.0",
        created="2026-03-16T08:15:30.123Z",
    )


def packed(
    folder: Path,
    content: Iterable[Part] | None = None,
    make: Callable[[tuple[PartEntry, ...]], Manifest] = manifest,
    key: SigningKey = SITE_KEY,
) -> Written[Manifest]:
    return write(
        folder,
        PACKAGE,
        parts() if content is None else content,
        make,
        sender(key),
        recipients=[recipient(SPONSOR)],
    )
