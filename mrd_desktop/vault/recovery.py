"""The recovery sheet: an X25519 secret on paper, in two halves for two sealed envelopes.

It opens the data key and the vault key, never anybody's signing key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

from mrd_desktop.texts import Text
from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import WrongRecoverySheet
from mrd_desktop.vault.manifest import Manifest, Recovery

DATA: Final = "recovery-data"
VAULT: Final = "recovery-vault"
_GROUPS: Final = 13
_FIRST_HALF: Final = 7
HALF_GROUPS: Final = 7
"""Groups in each half; the last one of the second half is the checksum."""
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_BITS: Final = 5
"""Bits that a character stands for."""
_SPARE: Final = 4 * _GROUPS * _BITS - 8 * crypto.KEY_BYTES
"""Bits of the last character that stand for nothing."""
_LINE: Final = re.compile(r"^\s*[AB]\s*:(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, repr=False)
class RecoveryKey:
    """The secret (32 bytes) and the serial printed on its sheet."""

    secret: bytes
    serial: str

    @classmethod
    def generate(cls) -> RecoveryKey:
        """A fresh key."""
        return cls(_clamped(secrets.token_bytes(crypto.KEY_BYTES)), secrets.token_hex(4).upper())

    def sealed(self, data: bytes, manifest_context: bytes) -> Recovery:
        """The manifest's part, with the data key sealed."""
        public = crypto.box_public(self.secret)
        return Recovery(public, self.serial, crypto.seal(public, data, manifest_context))

    def sheet(self, study: str, site: str, chain: str) -> str:
        """The text to print."""
        groups = _groups(self.secret)
        first, second = groups[:_FIRST_HALF], groups[_FIRST_HALF:]
        return (
            f"MRD Desktop 恢复单 / recovery sheet  No. {self.serial}\n"
            f"{study}  中心 / site {site}  {chain[:8]}\n"
            "两半分别封存于两个信封，由两人保管。可打开数据和身份库，不能代替任何人签名。\n"
            "Keep the two halves in two sealed envelopes with two people. They open data and\n"
            "identities; they sign for nobody.\n\n"
            f"A: {' '.join(first)}\n\n"
            "----------------------------------------------------------------\n\n"
            f"No. {self.serial}\n"
            f"B: {' '.join(second)} {_checksum(self.secret)}\n"
        )


def read_sheet(text: str, manifest: Manifest) -> bytes:
    """The secret of a sheet for this folder.

    Raises:
        WrongRecoverySheet: incomplete, mistyped (the group is named) or of another folder.
    """
    groups = [g.lower() for line in _LINE.findall(text) for g in re.split(r"[\s-]+", line) if g]
    if len(groups) != _GROUPS + 1 or any(not re.fullmatch("[a-z2-7]{4}", g) for g in groups):
        raise WrongRecoverySheet(_SHORT)
    *body, checksum = groups
    secret = _secret("".join(body))
    summed = _checksum(secret).lower() == checksum
    if _exact("".join(body), manifest.recovery.public):
        if summed:
            return secret
        raise _at_group(_GROUPS + 1)
    number = _mistyped(body, checksum, manifest.recovery.public)
    if number is not None:
        raise _at_group(number)
    raise WrongRecoverySheet(_FOREIGN if summed else _MISTYPED)


def _at_group(number: int) -> WrongRecoverySheet:
    """One group is mistyped, counted as on its half: two people hold one half each."""
    half = "A" if number <= _FIRST_HALF else "B"
    group = number if half == "A" else number - _FIRST_HALF
    return WrongRecoverySheet(_GROUP.filled(half=half, group=group), half)


def checked_serial(text: str, manifest: Manifest) -> str:
    """The number of the sheet in force, where both halves were typed rightly; nothing is opened.

    Raises:
        WrongRecoverySheet: as :func:`read_sheet`.
    """
    read_sheet(text, manifest)
    return manifest.recovery.serial


def typed_groups(half: str) -> tuple[int, str]:
    """What was typed of one half: whole groups, and a character of no sheet or ``""``."""
    letters = [c for c in half.lower() if not c.isspace() and c != "-"]
    return len(letters) // 4, next((c for c in letters if c not in _ALPHABET), "")


def recovered(manifest: Manifest, secret: bytes) -> tuple[tuple[bytes, ...], bytes | None]:
    """Candidates for the data key, and the vault key where one was made.

    Raises:
        WrongRecoverySheet: what is sealed in the manifest does not open.
    """
    recovery = manifest.recovery
    try:
        data = [crypto.unseal(secret, recovery.data, manifest.sealed_context(DATA))]
        if recovery.next_data is not None:
            data.append(crypto.unseal(secret, recovery.next_data, manifest.sealed_context(DATA)))
        vault = recovery.vault
        opened = vault and crypto.unseal(secret, vault, manifest.sealed_context(VAULT))
    except Unopened:
        raise WrongRecoverySheet(_CHANGED) from None
    return tuple(data), opened


def _groups(secret: bytes) -> list[str]:
    letters = base64.b32encode(secret).decode().rstrip("=")
    return [letters[at : at + 4] for at in range(0, 4 * _GROUPS, 4)]


def _secret(letters: str) -> bytes:
    return base64.b32decode(letters.upper() + "====")


def _checksum(secret: bytes) -> str:
    digest = hashlib.sha256(b"mrd/recovery-sheet/v1" + secret).digest()
    return base64.b32encode(digest[:5]).decode()[:4]


def _clamped(secret: bytes) -> bytes:
    """The one spelling of an X25519 secret: the bits that the curve ignores are set as it does."""
    first, last = secret[0] & 0b11111000, (secret[-1] & 0b01111111) | 0b01000000
    return bytes([first]) + secret[1:-1] + bytes([last])


def _exact(letters: str, public: bytes) -> bool:
    """Whether letters are the one way to write the secret of a public key."""
    secret = _secret(letters)
    same = "".join(_groups(secret)).lower() == letters and _clamped(secret) == secret
    return same and crypto.box_public(secret) == public


def _mistyped(groups: list[str], checksum: str, public: bytes) -> int | None:
    """The group (from 1) in which one other character would make the sheet right.

    The checksum is asked first: a point of the curve for each of 1,600 tries takes too long.
    """
    letters = "".join(groups)
    values = [_ALPHABET.index(letter) for letter in letters]
    number = sum(value << _BITS * n for n, value in enumerate(reversed(values)))
    for at, typed in enumerate(values):
        place = _BITS * (len(letters) - 1 - at)
        for other, letter in enumerate(_ALPHABET):
            tried = number + (other - typed << place)
            secret = (tried >> _SPARE).to_bytes(32)
            if _checksum(secret).lower() == checksum and _exact(
                letters[:at] + letter + letters[at + 1 :], public
            ):
                return at // 4 + 1
    return None


_SHORT: Final = Text(
    "Type both halves: A and B have 7 groups of 4 characters each.",
    "请输入两半内容：A 和 B 各有 7 组，每组 4 个字符。",
)
_GROUP: Final = Text(
    "Look at group {group} of half {half} again.", "请核对 {half} 半的第 {group} 组。"
)
_MISTYPED: Final = Text("More than one character is wrong.", "有多个字符输入有误。")
_FOREIGN: Final = Text(
    "It is complete, but belongs to another folder or an older key.",
    "内容完整，但属于另一文件夹或已更换的密钥。",
)
_CHANGED: Final = Text(
    "The sealed keys in the folder were changed. Restore the latest backup.",
    "文件夹中的加密密钥已被改动，请恢复最近一次备份。",
)
