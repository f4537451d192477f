"""How the vectors of this folder were made. Files that exist are never written again.

Encryption is randomised, so a second run gives other bytes for a new file; what is frozen are the
files, by their digests in ``vectors.json``. The name of a file says what a reader must answer:
``good-…`` opens, ``bad-<reason code>-…`` is refused with that code.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyrage
from pyrage import x25519

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import stored
from mrd_desktop.transfer.container import Outer
from mrd_desktop.transfer.manifest import PartEntry
from tests.transfer.parcel import (
    ARCHIVE,
    OTHER_KEY,
    SITE_KEY,
    SPONSOR,
    manifest,
    packed,
    parts,
    recipient,
    sender,
)

HERE = Path(__file__).parent
INNER, OUTER = Namespace.PACKAGE_INNER, Namespace.PACKAGE_OUTER
Members = list[tuple[str, bytes]]


def content() -> Members:
    return [(p.name, b"".join(p.chunks)) for p in parts()]


def entries(members: Members) -> tuple[PartEntry, ...]:
    return tuple(PartEntry(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in members)


def inner(
    members: Members,
    said: bytes | None = None,
    signed: bytes | None = None,
    *,
    namespace: str = INNER,
    key: SigningKey = SITE_KEY,
    rights: int = 0o100600,
) -> bytes:
    """The archive with a manifest that may say, or be signed as, something else."""
    data = manifest(entries(members)).to_bytes() if said is None else said
    signature = sender(key).sign(namespace, data if signed is None else signed).encode()
    sink = _OneWay()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        everything = [*members, ("manifest.json", data), ("manifest.json.sig", signature)]
        for name, member in everything:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = rights << 16
            info.create_system = 3
            archive.writestr(info, member)
    return sink.getvalue()


class _OneWay(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def sealed(plain: bytes, to: Sequence[str] = (ARCHIVE, SPONSOR)) -> bytes:
    return bytes(pyrage.encrypt(plain, [x25519.Identity.from_str(i).to_public() for i in to]))


def outer(
    cipher: bytes,
    said: bytes,
    *,
    label: Callable[[Mapping[str, object]], Mapping[str, object]] = lambda fields: fields,
    key: SigningKey = SITE_KEY,
    extra: Members | None = None,
) -> bytes:
    letter = manifest(())
    digest = hashlib.sha256(said).hexdigest()
    first = Outer(
        "mrd-package/1", letter.study, letter.site, letter.chain, letter.training, letter.number,
        digest, len(cipher), hashlib.sha256(cipher).hexdigest(),
    )  # fmt: skip
    data = dumps(label(json.loads(first.to_bytes())))  # type: ignore[arg-type]
    return zipped(cipher, data, sender(key).sign(OUTER, data).encode(), extra or [])


def zipped(cipher: bytes, data: bytes, signature: bytes, extra: Members) -> bytes:
    file = io.BytesIO()
    writer = stored.Writer(file)
    writer.add("package.age", cipher)
    writer.add("outer.json", data)
    writer.add("outer.json.sig", signature)
    for name, member in extra:
        writer.add(name, member)
    writer.finish()
    return file.getvalue()


def members_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def whole(members: Members, said: bytes | None = None, **how: object) -> bytes:
    data = manifest(entries(members)).to_bytes() if said is None else said
    return outer(sealed(inner(members, data, **how)), data)  # type: ignore[arg-type]


def edited(**changes: JSON) -> bytes:
    """The manifest with some fields changed, in canonical form."""
    fields = json.loads(manifest(entries(content())).to_bytes())
    return dumps({**fields, **changes})


def with_gap(plain: bytes) -> bytes:
    """The archive with four hidden bytes before its directory."""
    end = plain[-22:]
    at = int.from_bytes(end[16:20], "little")
    return (
        plain[:at] + b"HIDE" + plain[at:-22] + end[:16] + (at + 4).to_bytes(4, "little") + end[20:]
    )


def bad(good: bytes) -> Mapping[str, bytes]:
    said = manifest(entries(content())).to_bytes()
    loose = members_of(good)
    cipher, data, signature = loose["package.age"], loose["outer.json"], loose["outer.json.sig"]
    flipped = cipher[:-20] + bytes([cipher[-20] ^ 1]) + cipher[-19:]
    evil = [("../../evil.jsonl", b"x\n"), *content()]
    changed = [(n, d.replace(b"note.added", b"note.Added")) for n, d in content()]
    bomb = [("headers-0001.jsonl", bytes(8 << 20)), *content()[1:]]
    third = str(x25519.Identity.from_str(ARCHIVE))
    return {
        "foreign-text": b"This is not a package.\n" * 40,
        "foreign-empty": b"",
        "foreign-other-zip": inner(content()),
        "damaged-cut": good[:-300],
        "damaged-appended": good + b"\n",
        "damaged-comment": good[:-2] + b"\x04\x00note",
        "damaged-extra-member": zipped(cipher, data, signature, [("notes.txt", b"hello")]),
        "damaged-bit-without-crc": good[:900] + bytes([good[900] ^ 4]) + good[901:],
        "forged-encrypted-part": zipped(flipped, data, signature, []),
        "forged-label": zipped(cipher, data.replace(b'"number":1', b'"number":2'), signature, []),
        "forged-label-of-other-site": outer(cipher, said, label=lambda f: {**f, "site": "02"}),
        "forged-label-of-other-manifest": outer(cipher, b"{}"),
        "unknown_key-outside": outer(cipher, said, key=OTHER_KEY),
        "not_for_us-other-recipient": outer(sealed(inner(content()), (ARCHIVE, third)), said),
        "too_large-nine-recipients": outer(sealed(inner(content()), (SPONSOR,) * 9), said),
        "forged-one-recipient-more": outer(sealed(inner(content()), (SPONSOR,) * 3), said),
        "forged-manifest": outer(
            sealed(inner(content(), edited(training=False), said)), edited(training=False)
        ),
        "forged-inner-by-other-key": whole(content(), key=OTHER_KEY),
        "forged-inner-of-other-purpose": whole(content(), namespace=OUTER),
        "damaged-part-changed": outer(sealed(inner(changed, said)), said),
        "damaged-part-missing": outer(sealed(inner(content()[1:], said)), said),
        "damaged-part-too-many": outer(
            sealed(inner([*content(), ("openings-0002.jsonl", b"")], said)), said
        ),
        "damaged-path": whole(evil),
        "damaged-link": whole(content(), rights=0o120777),
        "damaged-gap": outer(sealed(with_gap(inner(content()))), said),
        "damaged-manifest-not-canonical": whole(content(), said.replace(b":1,", b": 1,", 1)),
        "damaged-manifest-field-more": whole(content(), edited(remark="x")),
        "damaged-manifest-counts": whole(
            content(),
            edited(counts={"kinds": {}, "late": 0, "opened": 0, "records": 2, "withheld": {}}),
        ),
        "damaged-not-encrypted": outer(inner(content()), said),
        "too_large-bomb": whole(bomb),
        "newer_format-2": outer(cipher, said, label=lambda f: {**f, "format": "mrd-package/2"}),
    }


def main() -> None:
    """Write what is missing, and the list of all with their digests."""
    plain = HERE / "good-plain.mrdpkg"
    if not plain.exists():
        packed(HERE).path.rename(plain)
    for name, data in bad(plain.read_bytes()).items():
        target = HERE / f"bad-{name}.mrdpkg"
        if not target.exists():
            target.write_bytes(data)
    digests = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(HERE.glob("*.mrdpkg"))
    }
    keys = {"archive": ARCHIVE, "sponsor": SPONSOR, "site": SITE_KEY.public.raw.hex()}
    listed = {"digests": digests, "keys": keys, "recipient": recipient(SPONSOR)}
    (HERE / "vectors.json").write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
