"""The frozen replies, receipts, refusals and activation files: read, or refused as named."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import messages, refusals
from mrd_desktop.transfer.container import for_whom, opened
from mrd_desktop.transfer.errors import PackageError
from mrd_desktop.transfer.messages import Approval, Message, Receipt, ReceiptMessage
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import REPLY, changes, notices, receipt_of, rosters, written
from mrd_desktop.vault import activation
from mrd_desktop.vault.activation import read_activation
from mrd_desktop.vault.errors import ActivationRefused
from mrd_desktop.vault.signers import line

FOLDER = Path(__file__).parents[1] / "vectors" / "reply"
LISTED = json.loads((FOLDER / "vectors.json").read_text())
STORE = bytes.fromhex(LISTED["keys"]["store"])
WHY = {
    "no_file": activation._NO_FILE,
    "stranger": activation._STRANGER,
    "changed": activation._CHANGED,
    "newer": activation._NEWER.filled(format="mrd-activation/2"),
}


def named(suffix: str) -> list[str]:
    return sorted(n for n in LISTED["digests"] if n.endswith(suffix))


def content(path: Path) -> tuple[list[Message], tuple[Refusal, ...]]:
    """What a site reads that trusts the store and that the reply is for."""
    with opened(path, REPLY, lambda _: [STORE], [LISTED["keys"]["site"]]) as reply:
        for_whom(reply, LISTED["recipient"])
        said = [messages.read(one) for one in reply.lines("messages")]
        for message in said:
            if isinstance(message, ReceiptMessage):
                receipt_of(message, reply.signer)
            if isinstance(message, Approval):
                read_activation(message.file.encode(), [reply.signer])
        changes(reply, {})
        written(reply, {})
        rosters(reply, {})
        return said, notices(reply, {})


def test_the_vectors_are_the_ones_that_were_frozen() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FOLDER.iterdir())
        if path.name.startswith(("good-", "bad-"))
    }
    assert found == LISTED["digests"]
    whole = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    assert whole == "54458379ca63c65729c8887068c0cb24482818f98d5226d193fb065e6cbe0ec6"


@pytest.mark.parametrize("name", named(".mrdreply"))
def test_a_reply_is_answered_as_its_name_says(name: str) -> None:
    kind, _, rest = name.removesuffix(".mrdreply").partition("-")
    try:
        content(FOLDER / name)
    except PackageError as refusal:
        assert (kind, refusal.code) == ("bad", rest.partition("-")[0])
        assert refusal.text.zh != refusal.text.en
    else:
        assert kind == "good"


@pytest.mark.parametrize("name", named(".mrdactivation"))
def test_an_activation_file_is_answered_as_its_name_says(name: str) -> None:
    kind, _, rest = name.removesuffix(".mrdactivation").partition("-")
    data = (FOLDER / name).read_bytes()
    try:
        found = read_activation(data, [STORE])
    except ActivationRefused as refusal:
        why = ActivationRefused(WHY[rest.partition("-")[0]]).text
        assert (kind, refusal.text) == ("bad", why)
    else:
        assert kind == "good"
        assert found.to_bytes().decode() == json.loads(data)["statement"]


def test_the_frozen_reply_says_everything_that_a_reply_may() -> None:
    said, refused = content(FOLDER / "good-everything.mrdreply")
    assert [m.json()["type"] for m in said] == [
        *("receipt", "query.opened", "query.opened", "query.closed", "query.reopened"),
        *("definition", "activation"),
    ]
    assert [(r.number, r.code, r.missing) for r in refused] == [
        (2, "gap", (1,)),
        (3, "damaged", ()),
    ]
    assert refusals.read(refusals.notice(refused)) == refused
    assert content(FOLDER / "good-part-of-a-later-format.mrdreply") == ([], ())


def test_the_frozen_new_key_and_words_are_read() -> None:
    change = rotations.from_bytes((FOLDER / "good-new-key.mrdrotation").read_bytes())
    assert (change.old.raw, change.holder, change.site) == (STORE, "mrd-sponsor/1", "")
    for name in ("good-words", "good-new-key"):
        path = FOLDER / f"{name}.mrdreply"
        with opened(path, REPLY, lambda _: [STORE], [LISTED["keys"]["site"]]) as reply:
            told = [w.text for w in written(reply, {})]
            keys = changes(reply, {})
        assert (told != [], keys == (change,)) == (name == "good-words", name == "good-new-key")


def test_the_frozen_comparison_of_accounts_is_read_and_passed_over_by_others() -> None:
    path = FOLDER / "good-roster.mrdreply"
    with opened(path, REPLY, lambda _: [STORE], [LISTED["keys"]["site"]]) as reply:
        (found,) = rosters(reply, {})
        assert (written(reply, {}), changes(reply, {}), notices(reply, {})) == ((), (), ())
    assert (found.seq, found.user, found.upto) == (22, "boss", 12)
    assert found.digest == hashlib.sha256(b"roster").hexdigest()
    (unknown,) = found.unknown
    assert unknown.user == "ghost"
    assert unknown.text.endswith("不在 3 月 1 日的分工表中。")


def test_the_frozen_receipt_verifies_with_a_stock_tool(tmp_path: Path) -> None:
    data = (FOLDER / "good-receipt.json").read_bytes()
    receipt = Receipt.from_bytes(data)
    assert receipt.to_bytes() == data
    assert (receipt.number, receipt.head.seq, receipt.opened) == (1, 12, 9)
    signature = FOLDER / "good-receipt.json.sig"
    assert sshsig.verify(signature.read_text(), data, Namespace.RECEIPT, [STORE]) == STORE
    (tmp_path / "allowed").write_text(line("sponsor", PublicKey(STORE)) + "\n")
    subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "sponsor",
         "-n", "mrd-receipt-v1", "-s", str(signature)],
        cwd=tmp_path, input=data, check=True, capture_output=True,
    )  # fmt: skip
