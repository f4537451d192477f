"""Rules for new passwords, and one-time codes. No composition rule, no timed change."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from collections.abc import Collection
from typing import Final

from mrd_desktop.texts import Text
from mrd_desktop.vault import guessing
from mrd_desktop.vault.errors import PasswordRefused

SHORTEST_LIVE: Final = 15
SHORTEST_TRAINING: Final = 8
LONGEST: Final = 128
_CODE_BYTES: Final = 15
_CODE: Final = re.compile(r"(?:[a-z2-7]{4}-){5}[a-z2-7]{4}", re.ASCII)

# What everybody who works here thinks of first: it counts for nothing.
_KNOWN_HERE: Final = (
    "password", "passwd", "admin", "administrator", "welcome", "mima", "woaini", "yiyuan",
    "zhongguo", "beijing", "shanghai", "密码", "我爱你", "医院", "中国", "北京", "研究", "乳腺癌",
    "mrddesktop", "mrd", "desktop", "nct07132502", "her2", "tucatinib", "breast", "cancer",
    "clinic", "hospital", "study",
)  # fmt: skip


def normal(password: str) -> str:
    """The form in which passwords are compared: NFC; composed and decomposed spellings agree."""
    return unicodedata.normalize("NFC", password)


def accepted(password: str, *, training: bool, known_words: Collection[str] = ()) -> str:
    """A new password in its normal form.

    Args:
        known_words: user, site and study names, which are no secrets.

    Raises:
        PasswordRefused: too short, too long, or easily guessed.
    """
    text = normal(password)
    shortest = SHORTEST_TRAINING if training else SHORTEST_LIVE
    if len(text) < shortest:
        raise PasswordRefused(_TOO_SHORT.filled(shortest=shortest))
    if len(text) > LONGEST:
        raise PasswordRefused(_TOO_LONG.filled(longest=LONGEST))
    if not training and _easily_guessed(text, known_words):
        raise PasswordRefused(_GUESSED)
    return text


_LOOKS_LIKE: Final = str.maketrans("018", "olb")


def one_time_code() -> str:
    """120 random bits as six groups of four letters and digits."""
    letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def normal_code(typed: str) -> str:
    """A one-time code however it was typed.

    One person writes it down and another reads it: figures that base32 does not have are the
    letters that look like them.
    """
    letters = "".join(unicodedata.normalize("NFKC", typed).lower().split()).replace("-", "")
    letters = letters.translate(_LOOKS_LIKE)
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def is_code(typed: str) -> bool:
    """Whether something typed has the form of a one-time code; no password has to be one."""
    return _CODE.fullmatch(normal_code(typed)) is not None


def _easily_guessed(text: str, known_words: Collection[str]) -> bool:
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    words = {w.casefold() for w in (*_KNOWN_HERE, *known_words) if len(w) >= 2}
    return len(set(folded)) < 5 or guessing.left_to_guess(folded, words) < guessing.ENOUGH


_TOO_SHORT: Final = Text(
    "A password needs at least {shortest} characters. Five unrelated words are a good one.",
    "密码至少需要 {shortest} 个字符。建议使用几个互不相关的词语。",
)
_TOO_LONG: Final = Text(
    "A password has at most {longest} characters.", "密码最多 {longest} 个字符。"
)
_GUESSED: Final = Text(
    "This password is easily guessed. Choose words that have nothing to do with you or the study.",
    "此密码容易被猜到。请选择与您本人及本研究无关的词语。",
)
