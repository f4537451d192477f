"""SSHSIG signatures, checked against the real ssh-keygen in both directions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.keys import WEAK_KEYS, SigningKey
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused

KEY = SigningKey.from_bytes(bytes(range(32)))
MESSAGE = b'{"format":"mrd-package/1"}'


def signature(namespace: str = Namespace.PACKAGE_INNER, message: bytes = MESSAGE) -> str:
    return sshsig.make(namespace, message, KEY.public.raw, KEY.sign)


def keygen_verifies(
    folder: Path, armored: str, message: bytes, namespace: str, key: bytes = KEY.public.raw
) -> bool:
    (folder / "sig").write_text(armored)
    (folder / "allowed").write_text("site " + sshsig.public_line(key) + "\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "site"]
    done = subprocess.run(
        [*command, "-n", namespace, "-s", "sig"],
        cwd=folder, input=message, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@pytest.mark.parametrize("namespace", list(Namespace))
def test_ssh_keygen_accepts_what_is_made_here(tmp_path: Path, namespace: Namespace) -> None:
    assert keygen_verifies(tmp_path, signature(namespace), MESSAGE, namespace)


def test_ssh_keygen_refuses_another_namespace_or_message(tmp_path: Path) -> None:
    assert not keygen_verifies(tmp_path, signature(), MESSAGE, Namespace.PACKAGE_OUTER)
    assert not keygen_verifies(tmp_path, signature(), MESSAGE + b" ", Namespace.PACKAGE_INNER)


def test_a_signature_of_ssh_keygen_is_accepted_here(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = tmp_path / "key"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    key.chmod(0o600)
    command = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", Namespace.RECEIPT]
    made = subprocess.run(command, input=MESSAGE, capture_output=True, check=True).stdout.decode()
    assert made == signature(Namespace.RECEIPT)
    assert sshsig.verify(made, MESSAGE, Namespace.RECEIPT, [KEY.public.raw]) == KEY.public.raw


def test_the_signer_is_named_and_the_message_is_bound() -> None:
    allowed = [KEY.public.raw]
    assert sshsig.verify(signature(), MESSAGE, Namespace.PACKAGE_INNER, allowed) in allowed
    with pytest.raises(SignatureRefused, match="changed"):
        sshsig.verify(signature(), MESSAGE + b" ", Namespace.PACKAGE_INNER, allowed)


def test_another_purpose_is_refused_by_name() -> None:
    with pytest.raises(SignatureRefused, match="another purpose"):
        sshsig.verify(signature(), MESSAGE, Namespace.PACKAGE_OUTER, [KEY.public.raw])


def test_a_key_that_is_not_allowed_is_refused() -> None:
    other = SigningKey.from_bytes(bytes(32)).public.raw
    with pytest.raises(SignatureRefused, match="not trusted"):
        sshsig.verify(signature(), MESSAGE, Namespace.PACKAGE_INNER, [other])


@pytest.mark.parametrize("weak", sorted(WEAK_KEYS))
def test_a_weak_key_is_refused_even_where_it_was_allowed(weak: bytes) -> None:
    forged = sshsig.make(Namespace.RECEIPT, MESSAGE, weak, lambda _: weak + bytes(32))
    with pytest.raises(WeakKeyError):
        sshsig.verify(forged, MESSAGE, Namespace.RECEIPT, [weak])


def test_every_other_writing_of_the_same_signature_is_refused() -> None:
    good = signature()
    lines = good.splitlines()
    others = [
        good.rstrip("\n"),
        good + "\n",
        good.replace("\n", "\r\n"),
        " " + good,
        "\n".join([lines[0], "".join(lines[1:-1]), lines[-1], ""]),
        good[:40] + "\n" + good[40:],
        "",
        "A" * 100_000,
    ]
    for text in others:
        with pytest.raises(SignatureRefused):
            sshsig.verify(text, MESSAGE, Namespace.PACKAGE_INNER, [KEY.public.raw])


def test_every_single_changed_character_is_refused() -> None:
    good = signature()
    for at in range(len(good)):
        bad = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
        with pytest.raises(SignatureRefused):
            sshsig.verify(bad, MESSAGE, Namespace.PACKAGE_INNER, [KEY.public.raw])
