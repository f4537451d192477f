"""How the vectors of this folder were made. Files that exist are never written again.

Encryption is randomised, so a second run gives other bytes for a new file; what is frozen are the
files, by their digests in ``vectors.json``. The name of a file says what a reader must answer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import Outer, addressed, write
from mrd_desktop.transfer.handover.giving import hand_over
from mrd_desktop.transfer.handover.manifest import (
    HANDOVER,
    HandoverManifest,
    Stretch,
    key_context,
)
from mrd_desktop.transfer.manifest import PartEntry, Point
from mrd_desktop.vault import computers, crypto, trust
from mrd_desktop.vault.trust import Holder, PublicIdentity
from tests.clinic import make_clinic
from tests.transfer.pair import chain_of, introduce, make_second
from tests.transfer.parcel import (
    ARCHIVE,
    CHAIN,
    OTHER_KEY,
    SITE_KEY,
    SPONSOR,
    recipient,
    sender,
)
from tests.transfer.route import CONSENT, fill
from tests.vectors.package.make import Members, entries, inner, members_of, sealed, zipped

HERE = Path(__file__).parent
RECEIVER, TO = SPONSOR, "baaaaaaaaaaaaaaaaaaaaaaaaa"
VAULT = hashlib.sha256(b"synthetic vault key").digest()
BOTH = Namespace.HANDOVER
THIRD_KEY = SigningKey.from_bytes(hashlib.sha256(b"synthetic third key").digest())
AT = "2026-03-16T08:15:30.123Z"


# --- hand-over files -----------------------------------------------------------------------


def content() -> Members:
    definition = b'{"synthetic":true}'
    return [
        (f"headers.{CHAIN}-0001.jsonl", b'{"header":{"seq":1}}\n'),
        (f"openings.{CHAIN}-0001.jsonl", b'{"payload":{"kind":"note.added"},"seq":1}\n'),
        (f"private.{CHAIN}-0001.jsonl", b'{"data":"","owner":"01-001","seq":2}\n'),
        (f"definitions/{hashlib.sha256(definition).hexdigest()}.json", definition),
    ]


def manifest(parts: tuple[PartEntry, ...]) -> HandoverManifest:
    key = crypto.seal(crypto.box_public(VAULT), bytes(32), key_context(CHAIN, TO))
    before, after = (Point(n, hashlib.sha256(bytes([n])).hexdigest()) for n in (0, 2))
    return HandoverManifest(
        study="NCT07132502",
        site="01",
        chain=CHAIN,
        to=TO,
        training=True,
        number=2,
        subjects=("01-001",),
        chains=(Stretch(CHAIN, before, after),),
        key=base64.b64encode(key).decode(),
        parts=parts,
        recipients=addressed(sender(), [recipient(RECEIVER)]),
        program="0.1.0",
        created=AT,
    )


def outer(
    cipher: bytes,
    said: bytes,
    *,
    label: Callable[[Mapping[str, object]], Mapping[str, object]] = lambda fields: fields,
    key: SigningKey = SITE_KEY,
    namespace: str = BOTH,
) -> bytes:
    digests = hashlib.sha256(said).hexdigest(), hashlib.sha256(cipher).hexdigest()
    first = Outer(
        HANDOVER.format, "NCT07132502", "01", CHAIN, True, 2, digests[0], len(cipher), digests[1]
    )
    data = dumps(label(json.loads(first.to_bytes())))  # type: ignore[arg-type]
    return zipped(cipher, data, sender(key).sign(namespace, data).encode(), [])


def whole(members: Members, said: bytes, **how: object) -> bytes:
    packed = inner(members, said, **{"namespace": BOTH, **how})  # type: ignore[arg-type]
    return outer(sealed(packed, (ARCHIVE, RECEIVER)), said)


def change(old: SigningKey = SITE_KEY, new: SigningKey = OTHER_KEY, chain: str = CHAIN) -> JSON:
    """One change of the sender's key, as a label and a card have it."""
    said: dict[str, JSON] = {
        "holder": Holder.SITE.value, "study": "NCT07132502", "site": "01", "training": True,
        "chain": chain, "recipient": recipient(ARCHIVE), "at": AT,
    }  # fmt: skip
    return dict(rotations.made(said, old, new).signed())


def _told(*changes: JSON) -> Callable[[Mapping[str, object]], Mapping[str, object]]:
    return lambda fields: {**fields, "rotations": list(changes)}


def changed_files(good: bytes) -> Mapping[str, bytes]:
    """Files whose label tells of a new key; the known key is the one before."""
    members, loose = content(), members_of(good)
    said = manifest(entries(members)).to_bytes()
    cipher = sealed(inner(members, said, namespace=BOTH, key=OTHER_KEY), (ARCHIVE, RECEIVER))
    one, stranger = change(), change(THIRD_KEY, OTHER_KEY)
    between = SigningKey.from_bytes(hashlib.sha256(b"synthetic key between").digest())
    assert isinstance(one, dict)

    def labelled(*changes: JSON, key: SigningKey = OTHER_KEY) -> bytes:
        return outer(cipher, said, label=_told(*changes), key=key)

    twice = labelled(change(SITE_KEY, THIRD_KEY), change(THIRD_KEY, OTHER_KEY))
    return {
        "good-changed": labelled(one),
        "good-changed-twice": twice,
        "bad-unknown_key-changed-by-stranger": labelled(stranger),
        "bad-unknown_key-changed-with-gap": labelled(change(new=between), stranger),
        "bad-unknown_key-changed-of-other-chain": labelled(change(chain=TO)),
        "bad-unknown_key-changed-to-another": labelled(change(new=THIRD_KEY)),
        "bad-damaged-changed-by-none": labelled(),
        "bad-damaged-changed-17-times": labelled(*[one] * 17),
        "bad-damaged-changed-field-more": labelled({**one, "remark": "x"}),
        "bad-damaged-changed-without-proof": labelled({**one, "proof": one["consent"]}),
        "bad-damaged-changed-no-object": labelled("x"),
        "bad-forged-changed-label": zipped(
            loose["package.age"],
            dumps(_told(one)(json.loads(loose["outer.json"]))),  # type: ignore[arg-type]
            loose["outer.json.sig"],
            [],
        ),
    }


def changed_cards() -> Mapping[str, bytes]:
    """Cards that tell how their key came to be."""
    before = change(OTHER_KEY, SITE_KEY)
    lines: Mapping[str, JSON] = {
        "good-changed": [before],
        "good-changed-twice": [change(THIRD_KEY, OTHER_KEY), before],
        "bad-changed-to-another": [change(SITE_KEY, OTHER_KEY)],
        "bad-changed-with-gap": [change(THIRD_KEY, SITE_KEY), before],
        "bad-changed-of-other-chain": [change(OTHER_KEY, SITE_KEY, TO)],
        "bad-changed-no-list": "x",
        "bad-changed-no-object": ["x"],
    }
    return {name: card(dumps(statement(rotations=line))) for name, line in lines.items()}


def bad_files(good: bytes) -> Mapping[str, bytes]:
    members = content()
    said = manifest(entries(members)).to_bytes()
    loose = members_of(good)
    cipher, data, signature = loose["package.age"], loose["outer.json"], loose["outer.json.sig"]

    def edited(**changes: JSON) -> bytes:
        return dumps({**json.loads(said), **changes})

    def with_chains(*chains: JSON) -> bytes:
        return whole(members, edited(chains=list(chains)))

    stretch = json.loads(said)["chains"][0]
    evil: Members = [(f"private.{CHAIN}.jsonl", b"x\n"), *members]
    evil_said = manifest(entries(evil)).to_bytes()
    changed = [(n, d.replace(b"01-001", b"01-002")) for n, d in members]
    return {
        "foreign-text": b"This is no file of another computer.\n" * 40,
        "damaged-cut": good[:-300],
        "damaged-chain-twice": with_chains(stretch, stretch),
        "damaged-chain-backwards": with_chains(
            {**stretch, "before": stretch["after"], "after": stretch["before"]}
        ),
        "damaged-chain-without-id": with_chains({**stretch, "chain": "x"}),
        "damaged-key-no-text": whole(members, edited(key="§")),
        "damaged-addressee": whole(members, edited(to="nobody")),
        "damaged-field-more": whole(members, edited(remark="x")),
        "damaged-number": whole(members, edited(number=0)),
        "damaged-part-name": whole(evil, evil_said),
        "damaged-private-part-changed": whole(changed, said),
        "damaged-private-part-missing": whole(
            [m for m in members if not m[0].startswith("private")], said
        ),
        "forged-encrypted-part": zipped(
            cipher[:-20] + bytes([cipher[-20] ^ 1]) + cipher[-19:], data, signature, []
        ),
        "forged-label-of-other-number": outer(cipher, said, label=lambda f: {**f, "number": 3}),
        "forged-label-of-other-manifest": outer(cipher, b"{}"),
        "forged-manifest": outer(
            sealed(inner(members, edited(to=CHAIN), said, namespace=BOTH), (ARCHIVE, RECEIVER)),
            edited(to=CHAIN),
        ),
        "forged-inner-by-other-key": whole(members, said, key=OTHER_KEY),
        "forged-inner-as-package": whole(members, said, namespace=Namespace.PACKAGE_INNER),
        "unknown_key-outside": outer(cipher, said, key=OTHER_KEY),
        "not_for_us-other-recipient": outer(
            sealed(inner(members, said, namespace=BOTH), (ARCHIVE, ARCHIVE)), said
        ),
        "forged-one-recipient-more": outer(
            sealed(inner(members, said, namespace=BOTH), (ARCHIVE, RECEIVER, RECEIVER)), said
        ),
        "newer_format-2": outer(cipher, said, label=lambda f: {**f, "format": "mrd-handover/2"}),
    }


# --- cards -----------------------------------------------------------------------------------


def statement(**changes: JSON) -> dict[str, JSON]:
    identity = PublicIdentity(
        Holder.SITE, "NCT07132502", "01", "Synthetic site", True, CHAIN, SITE_KEY.public,
        recipient(RECEIVER),
    )  # fmt: skip
    said: dict[str, JSON] = {
        "format": computers.FORMAT,
        "identity": identity.to_bytes().decode(),
        "vault": base64.b64encode(crypto.box_public(VAULT)).decode(),
        "numbers": [501, 999],
        "issued": AT,
    }
    return {**said, **changes}


def card(
    said: bytes,
    *,
    signed: bytes | None = None,
    key: SigningKey = SITE_KEY,
    namespace: str = Namespace.COMPUTER,
    **more: JSON,
) -> bytes:
    message = said if signed is None else signed
    signature = sshsig.make(namespace, message, key.public.raw, key.sign)
    whole = {"format": computers.FORMAT, "statement": said.decode(), "signature": signature}
    return dumps({**whole, **more}) + b"\n"


def good_cards() -> Mapping[str, bytes]:
    return {
        "block": card(dumps(statement())),
        "without-block": card(dumps(statement(numbers=None))),
    }


def bad_cards() -> Mapping[str, bytes]:
    said = dumps(statement())
    weak = base64.b64encode(bytes(31)).decode()
    other = statement()["identity"]
    assert isinstance(other, str)
    return {
        "text": b"This is no card.\n",
        "empty": b"",
        "cut": card(said)[:-40],
        "too-long": card(said, remark="x" * 40_000),
        "field-more": card(said, remark="x"),
        "statement-changed": card(said.replace(b"501", b"401"), signed=said),
        "by-other-key": card(said, key=OTHER_KEY),
        "of-other-purpose": card(said, namespace=Namespace.HANDOVER),
        "other-format": card(dumps(statement(format="mrd-computer/2"))),
        "block-backwards": card(dumps(statement(numbers=[999, 501]))),
        "block-of-text": card(dumps(statement(numbers="501-999"))),
        "block-too-high": card(dumps(statement(numbers=[501, 10_000]))),
        "vault-too-short": card(dumps(statement(vault=weak))),
        "vault-no-text": card(dumps(statement(vault="§"))),
        "identity-none": card(dumps(statement(identity="{}"))),
        "identity-changed": card(
            dumps(statement(identity=other.replace('"01"', '"02"'))), signed=said
        ),
        "not-canonical": card(said).replace(b'"format":', b'"format": ', 1),
    }


# --- a real one ------------------------------------------------------------------------------


def real(folder: Path) -> dict[str, str]:
    """Two computers, a subject with an identity form, and the file between them."""
    a = make_clinic(folder / "a")
    b = make_second(folder / "b", a.study)
    with a.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        fill(session, "01-001/SCR/ID", {"PATNAME": "合成甲"}, complete=False)
    introduce((a, b))
    with a.open() as session:
        made = hand_over(session, chain_of(b), folder, ["01-001"])
    shutil.copy(made.path, HERE / "good-records.mrdhandover")
    with b.open() as session:
        return {
            "receiver": str(session.age_identity()),
            "site": trust.read_identity((a.path / trust.SITE_PUB).read_bytes()).sign.raw.hex(),
            "vault": computers.vault_secret(session).hex(),
        }


def main() -> None:
    """Write what is missing, and the list of all with their digests."""
    plain = HERE / "good-plain.mrdhandover"
    if not plain.exists():
        parts = [Part(name, [data]) for name, data in content()]
        write(
            HERE, HANDOVER, parts, manifest, sender(), recipients=[recipient(RECEIVER)]
        ).path.rename(plain)
    everything = {
        **{f"bad-{n}.mrdhandover": d for n, d in bad_files(plain.read_bytes()).items()},
        **{f"good-{n}.mrdcomputer": d for n, d in good_cards().items()},
        **{f"bad-{n}.mrdcomputer": d for n, d in bad_cards().items()},
        **{f"{n}.mrdhandover": d for n, d in changed_files(plain.read_bytes()).items()},
        **{f"{n}.mrdcomputer": d for n, d in changed_cards().items()},
    }
    for name, data in everything.items():
        if not (HERE / name).exists():
            (HERE / name).write_bytes(data)
    if not (HERE / "records.json").exists():
        with tempfile.TemporaryDirectory() as folder:
            keys = real(Path(folder))
        (HERE / "records.json").write_text(json.dumps(keys, indent=1, sort_keys=True) + "\n")
    files = sorted([*HERE.glob("*.mrdhandover"), *HERE.glob("*.mrdcomputer")])
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    named = {
        "site": SITE_KEY.public.raw.hex(), "archive": ARCHIVE, "receiver": RECEIVER,
        "vault": VAULT.hex(),
    }  # fmt: skip
    listed = {"digests": digests, "keys": named, "recipient": recipient(RECEIVER)}
    (HERE / "vectors.json").write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
