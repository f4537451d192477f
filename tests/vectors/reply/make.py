"""How the vectors of this folder were made. Files that exist are never written again.

Encryption is randomised, so a second run gives other bytes for a new file; what is frozen are the
files, by their digests in ``vectors.json``. What a name says stands in README.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import container, delegation, messages, refusals, stored, words
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import PACKAGE, Layout, Letter, Sender, addressed
from mrd_desktop.transfer.manifest import PartEntry, Point
from mrd_desktop.transfer.messages import Amendment, Approval, Asked, Message, Receipt, Settled
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import REPLY, ReplyManifest
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.transfer.words import Word
from mrd_desktop.vault.activation import Activation, Ethics, file_bytes
from mrd_desktop.vault.compared import Comparison, Unknown
from tests.transfer.parcel import ARCHIVE as SITE  # the site opens replies with its own archive key
from tests.transfer.parcel import CHAIN, OTHER_KEY, SITE_KEY, recipient
from tests.transfer.parcel import SPONSOR as STORE

HERE = Path(__file__).parent
STORE_KEY = SigningKey.from_bytes(hashlib.sha256(b"synthetic store key").digest())
STORE_CHAIN = "b" * 25 + "a"
STRANGER = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
AT = "2026-03-17T01:02:03.004Z"
STUDY = "NCT07132502"
DEFINITION = b'{"synthetic":"amendment"}'
AMENDED = hashlib.sha256(DEFINITION).hexdigest()


def signed(namespace: str, data: bytes, key: SigningKey = STORE_KEY) -> str:
    return sshsig.make(namespace, data, key.public.raw, key.sign)


# --- receipts -----------------------------------------------------------------------------

RECEIPT = Receipt(
    STUDY, "01", CHAIN, True, 1, hashlib.sha256(b"package 1").hexdigest(),
    Point(12, hashlib.sha256(b"head").hexdigest()), 12, 9, AT, STORE_CHAIN,
)  # fmt: skip


def told(data: bytes, signature: str | None = None) -> messages.ReceiptMessage:
    """A receipt as a message; signed by the store where nothing else is said."""
    named = signed(Namespace.RECEIPT, data) if signature is None else signature
    return messages.ReceiptMessage(data.decode(), named)


def receipt_edited(**changes: JSON) -> bytes:
    return dumps({**json.loads(RECEIPT.to_bytes()), **changes})


# --- activation files ---------------------------------------------------------------------

FIRST = Activation(
    STUDY, "01", False, {CHAIN: SITE_KEY.public.id}, "SYN-MRD-01", ("1.0", "1.1"), ("0.1.0",),
    Ethics("SYN-2026-014", "2026-02-03"), "2027-12-31", STORE_CHAIN, AT,
)  # fmt: skip


def activation(what: Activation, key: SigningKey = STORE_KEY) -> bytes:
    return file_bytes(what, signed(Namespace.ACTIVATION, what.to_bytes(), key))


def wrapped(statement: bytes, *, namespace: str = Namespace.ACTIVATION, **more: JSON) -> bytes:
    """An activation file whose statement and outside say what they should not."""
    outside: dict[str, JSON] = {
        "format": "mrd-activation/1",
        "statement": statement.decode(),
        "signature": signed(namespace, statement),
    }
    return dumps({**outside, **more}) + b"\n"


def statement_edited(**changes: JSON) -> bytes:
    return dumps({**json.loads(FIRST.to_bytes()), **changes})


def activations() -> Mapping[str, bytes]:
    first = activation(FIRST)
    following = replace(
        FIRST, versions=("1.2",), expires=None, ethics=None,
        continues=hashlib.sha256(first).hexdigest(),
    )  # fmt: skip
    return {
        "good-first": first,
        "good-training": activation(replace(FIRST, training=True)),
        "good-continues": activation(following),
        "bad-stranger-other-key": activation(FIRST, OTHER_KEY),
        "bad-changed-statement": first.replace(b"1.1", b"1.2", 1),
        "bad-changed-of-other-purpose": wrapped(FIRST.to_bytes(), namespace=Namespace.REPLY),
        "bad-changed-signature": first.replace(b"BEGIN SSH", b"BEGIN ssh"),
        "bad-newer-outside": wrapped(FIRST.to_bytes(), format="mrd-activation/2"),
        "bad-newer-inside": wrapped(statement_edited(format="mrd-activation/2")),
        "bad-no_file-field-more-outside": wrapped(FIRST.to_bytes(), remark="x"),
        "bad-no_file-field-more": wrapped(statement_edited(remark="x")),
        "bad-no_file-field-less": wrapped(
            dumps({k: v for k, v in json.loads(FIRST.to_bytes()).items() if k != "expires"})
        ),
        "bad-no_file-training-as-text": wrapped(statement_edited(training="false")),
        "bad-no_file-date": wrapped(statement_edited(expires="2027-13-01")),
        "bad-no_file-versions-as-text": wrapped(statement_edited(versions="1.0")),
        "bad-no_file-computers-as-list": wrapped(statement_edited(computers=[CHAIN])),
        "bad-no_file-chain": wrapped(statement_edited(computers={"chain": SITE_KEY.public.id})),
        "bad-no_file-continues": wrapped(statement_edited(continues="00")),
        "bad-no_file-not-canonical": first.replace(b'","statement', b'", "statement', 1),
        "bad-no_file-cut": first[:-40],
        "bad-no_file-too-long": first + b" " * 70_000,
        "bad-no_file-empty": b"",
    }


# --- replies ------------------------------------------------------------------------------

REFUSED = (
    Refusal(
        31, 2, hashlib.sha256(b"package 2").hexdigest(), Verdict.GAP, "gap", (1,), AT,
        refusals.words("gap", 2, (1,)),
    ),
    Refusal(33, 3, None, Verdict.REFUSED, "damaged", (), AT, refusals.words("damaged", 3)),
)  # fmt: skip
QUESTION = Asked(
    7, "S-7", "01-001/SCR#1/IC#1/A#1/ICVER", "Which version?", "哪个版本？", (CHAIN, 9)
)
SAID: tuple[Message, ...] = (
    told(RECEIPT.to_bytes()),
    QUESTION,
    Asked(8, "S-8", "01-001/SCR#1/IC#1", "Please look.", "请核对。", None),
    Settled(9, "S-7", "closed", "Thank you.\nClosed."),
    Settled(10, "S-7", "reopened", ""),
    Amendment(11, AMENDED, "1.2"),
)


def named(data: bytes) -> Part:
    return Part(f"definitions/{hashlib.sha256(data).hexdigest()}.json", [data])


def lines(said: Iterable[Message]) -> Part:
    return Part("messages-0001.jsonl", [messages.line(m) for m in said])


def raw(*said: JSON) -> Part:
    return Part("messages-0001.jsonl", [dumps(one) + b"\n" for one in said])


def manifest(parts: tuple[PartEntry, ...]) -> ReplyManifest:
    return ReplyManifest(
        STUDY, "01", CHAIN, True, 1, None, STORE_CHAIN, 33, parts,
        addressed(sender(), [recipient(SITE)]), "0.1.0", AT,
    )  # fmt: skip


def sender(key: SigningKey = STORE_KEY) -> Sender:
    return Sender(
        lambda namespace, data: signed(namespace, data, key),
        key.public.raw, recipient(STORE), STORE,
    )  # fmt: skip


@dataclass
class Edited:
    """A manifest whose bytes are changed on the way out, with the fields of the true one."""

    true: ReplyManifest
    change: Callable[[bytes], bytes] = field(default=lambda data: data)

    def __getattr__(self, name: str) -> object:
        return getattr(self.true, name)

    def to_bytes(self) -> bytes:
        return self.change(self.true.to_bytes())


def reply(
    *parts: Part,
    layout: Layout[ReplyManifest] = REPLY,
    make: Callable[[tuple[PartEntry, ...]], Letter] = manifest,
    by: Sender | None = None,
    to: tuple[str, ...] = (SITE, STORE),
) -> bytes:
    """The bytes of a reply, true or not; nothing is read back."""
    file = io.BytesIO()
    everybody = tuple(sorted(recipient(one) for one in to))
    how = cast("Callable[[tuple[PartEntry, ...]], ReplyManifest]", make)
    container._write(file, layout, parts, how, (by or sender(), everybody))
    return file.getvalue()


def relabelled(good: bytes, old: bytes, new: bytes) -> bytes:
    """The same file with other words on its label."""
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    writer = stored.Writer(file)
    for name, data in members.items():
        writer.add(name, data.replace(old, new) if name == container.OUTER else data)
    writer.finish()
    return file.getvalue()


def two_hands() -> Sender:
    """The label by the store, the manifest by another key."""
    return replace(
        sender(),
        sign=lambda namespace, data: signed(
            namespace, data, STORE_KEY if b'"sha256":"' in data and b'"parts"' not in data
            else OTHER_KEY,
        ),
    )  # fmt: skip


def message_edited(**changes: JSON) -> Part:
    return raw({**QUESTION.json(), **changes})


def refusal_edited(**changes: JSON) -> Part:
    return named(dumps({"format": refusals.FORMAT, "refusals": [{**REFUSED[0].json(), **changes}]}))


def replies() -> Mapping[str, bytes]:
    notice = named(refusals.notice(REFUSED))
    approval = Approval(12, activation(FIRST).decode())
    whole = (lines([*SAID, approval]), named(DEFINITION), notice)
    good = reply(*whole)
    anything = replace(REPLY, parts=container.re.compile(r".+"))
    other = told(RECEIPT.to_bytes(), signed(Namespace.RECEIPT, RECEIPT.to_bytes(), OTHER_KEY))
    purpose = told(RECEIPT.to_bytes(), signed(Namespace.REPLY, RECEIPT.to_bytes()))
    return {
        "good-everything": good,
        "good-nothing": reply(lines([])),
        "good-second": reply(
            lines(SAID[:1]), make=lambda p: replace(manifest(p), number=2, previous="0" * 64)
        ),
        "good-refusals-alone": reply(lines([]), notice),
        "good-part-of-a-later-format": reply(
            lines([]), named(dumps({"format": "mrd-refusals/2", "refusals": [], "more": 1}))
        ),
        "bad-foreign-text": b"This is not a reply.\n" * 40,
        "bad-foreign-empty": b"",
        "bad-damaged-cut": good[:-300],
        "bad-damaged-appended": good + b"\n",
        "bad-unknown_key-outside": reply(*whole, by=sender(OTHER_KEY)),
        "bad-forged-label": relabelled(good, b'"number":1,', b'"number":2,'),
        "bad-forged-inner-by-other-key": reply(*whole, by=two_hands()),
        "bad-forged-inner-as-package": reply(
            *whole, layout=replace(REPLY, inner=Namespace.PACKAGE_INNER)
        ),
        "bad-forged-outside-as-package": reply(
            *whole, layout=replace(REPLY, outer=Namespace.PACKAGE_OUTER)
        ),
        "bad-forged-one-recipient-more": reply(*whole, to=(SITE, STORE, STRANGER)),
        "bad-not_for_us-other-recipient": reply(*whole, to=(STRANGER, STORE)),
        "bad-newer_format-2": reply(*whole, layout=replace(REPLY, format="mrd-reply/2")),
        "bad-other_kind-package": reply(*whole, layout=replace(REPLY, format=PACKAGE.format)),
        "bad-damaged-manifest-field-more": reply(
            *whole,
            make=lambda p: Edited(manifest(p), _with(remark="x")),  # type: ignore[arg-type]
        ),
        "bad-damaged-manifest-number": reply(*whole, make=lambda p: replace(manifest(p), number=0)),
        "bad-damaged-part-name": reply(Part("headers-0001.jsonl", [b"x\n"]), layout=anything),
        "bad-damaged-path": reply(Part("../../evil.json", [b"{}"]), layout=anything),
        "bad-reply-value": reply(
            raw({"type": "item.set", "address": "01-001/SCR#1/IC#1/A#1/ICVER", "value": "V9"})
        ),
        "bad-reply-value-beside-a-question": reply(
            raw(QUESTION.json(), {"type": "item.set", "address": QUESTION.address, "value": "V9"})
        ),
        "bad-reply-answer": reply(
            raw({"type": "query.answered", "seq": 3, "query": "S-7", "text": "x"})
        ),
        "bad-damaged-message-field-more": reply(message_edited(value="V9")),
        "bad-damaged-message-address": reply(message_edited(address="01-001/../../x")),
        "bad-damaged-message-seq": reply(message_edited(seq="7")),
        "bad-damaged-message-about": reply(message_edited(about={"chain": CHAIN, "seq": 0})),
        "bad-damaged-message-list": reply(raw([])),
        "bad-damaged-message-not-canonical": reply(
            Part("messages-0001.jsonl", [b'{"type": "receipt"}\n'])
        ),
        "bad-damaged-last-line": reply(
            Part("messages-0001.jsonl", [messages.line(QUESTION).rstrip(b"\n")])
        ),
        "bad-forged-receipt-by-other-key": reply(lines([other])),
        "bad-forged-receipt-of-other-purpose": reply(lines([purpose])),
        "bad-damaged-receipt-field-more": reply(lines([told(receipt_edited(remark="x"))])),
        "bad-damaged-receipt-head": reply(lines([told(receipt_edited(head={"seq": 12}))])),
        "bad-newer_format-receipt-2": reply(lines([told(receipt_edited(format="mrd-receipt/2"))])),
        "bad-damaged-refusal-field-more": reply(lines([]), refusal_edited(value="x")),
        "bad-damaged-refusal-verdict": reply(lines([]), refusal_edited(verdict="accepted")),
        "bad-damaged-refusal-missing": reply(lines([]), refusal_edited(missing=["1"])),
        "bad-damaged-refusal-time": reply(lines([]), refusal_edited(at="yesterday")),
    }


NEW_KEY = SigningKey.from_bytes(hashlib.sha256(b"synthetic new store key").digest())
WORD = Word(21, AT, "boss", "The contact has changed.\n联系人已更换。")


COMPARED = Comparison(
    22, AT, "boss", 12, hashlib.sha256(b"roster").hexdigest(),
    (Unknown("ghost", "Not in the log of 1 March.\n不在 3 月 1 日的分工表中。"),),
)  # fmt: skip


def change(old: SigningKey = STORE_KEY, chain: str = STORE_CHAIN) -> rotations.Rotation:
    said = {
        "holder": "mrd-sponsor/1", "study": STUDY, "site": "", "training": True, "chain": chain,
        "recipient": recipient(STORE), "at": AT,
    }  # fmt: skip
    return rotations.made(said, old, NEW_KEY)


def later_parts() -> Mapping[str, bytes]:
    """Parts that came after the first replies: words, a new key of the store, accounts compared."""
    forged = replace(change(), consent=change(OTHER_KEY).consent).to_bytes()
    edited = dumps({"format": words.FORMAT, "words": [{**WORD.json(), "address": "01-001"}]})
    late = dumps({"format": words.FORMAT, "words": [{**WORD.json(), "at": "yesterday"}]})
    listed = {"format": "mrd-roster/1", "roster": COMPARED.json()}
    return {
        "good-roster": reply(lines([]), named(delegation.notice(COMPARED))),
        "bad-damaged-roster-field-more": reply(lines([]), named(dumps({**listed, "value": "V9"}))),
        "bad-damaged-roster-unknown": reply(
            lines([]),
            named(dumps({**listed, "roster": {**COMPARED.json(), "unknown": [{"user": "ghost"}]}})),
        ),
        "bad-damaged-roster-digest": reply(
            lines([]), named(dumps({**listed, "roster": {**COMPARED.json(), "digest": "00"}}))
        ),
        "bad-damaged-roster-upto": reply(
            lines([]), named(dumps({**listed, "roster": {**COMPARED.json(), "upto": 0}}))
        ),
        "good-words": reply(lines([]), named(words.notice([WORD]))),
        "good-new-key": reply(lines([]), named(change().to_bytes())),
        "bad-damaged-words-field-more": reply(lines([]), named(edited)),
        "bad-damaged-words-time": reply(lines([]), named(late)),
        "bad-forged-new-key-without-consent": reply(lines([]), named(forged)),
        "bad-forged-new-key-of-another-store": reply(
            lines([]), named(change(chain="c" * 25 + "a").to_bytes())
        ),
    }


def _with(**more: JSON) -> Callable[[bytes], bytes]:
    return lambda data: dumps({**json.loads(data), **more})


def main() -> None:
    """Write what is missing, and the list of all with their digests."""
    made: dict[str, bytes] = {f"{n}.mrdreply": d for n, d in replies().items()}
    made |= {f"{n}.mrdreply": d for n, d in later_parts().items()}
    made["good-new-key.mrdrotation"] = change().to_bytes() + b"\n"
    made |= {f"{n}.mrdactivation": d for n, d in activations().items()}
    made["good-receipt.json"] = RECEIPT.to_bytes()
    made["good-receipt.json.sig"] = signed(Namespace.RECEIPT, RECEIPT.to_bytes()).encode()
    for name, data in made.items():
        if not (HERE / name).exists():
            (HERE / name).write_bytes(data)
    files = sorted(p for p in HERE.iterdir() if p.name.startswith(("good-", "bad-")))
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    keys = {"site": SITE, "store": STORE_KEY.public.raw.hex()}
    listed = {"digests": digests, "keys": keys, "recipient": recipient(SITE)}
    (HERE / "vectors.json").write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
