"""The undertaking: at a live site nobody signs before having accepted that a signature binds.

The text is data (``resources/undertaking.yaml``). It is signed with the key that it is about; a new
version, or a new key, asks again. Training sites ask for none: nothing that is signed there binds
anybody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from ruamel.yaml import YAML
from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.resources import resource
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import statements
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.manifest import FolderKind, Manifest

MEANING: Final = "undertaking"


@dataclass(frozen=True, slots=True)
class Undertaking:
    """The words in force, and their version."""

    version: str
    title: Text
    paragraphs: tuple[Text, ...]

    @property
    def text(self) -> Text:
        """All words in one, as they are signed."""
        whole = (self.title, *self.paragraphs)
        return Text("\n".join(p.en for p in whole), "\n".join(p.zh for p in whole))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the words in both languages."""
        return hashlib.sha256(dumps({"en": self.text.en, "zh": self.text.zh})).hexdigest()


@cache
def undertaking() -> Undertaking:
    """The undertaking of this program."""
    rows = YAML(typ="safe", pure=True).load(
        resource("undertaking.yaml").read_text(encoding="utf-8")
    )
    words = tuple(Text(p["en"], p["zh"]) for p in rows["paragraphs"])
    return Undertaking(rows["version"], Text(rows["title"]["en"], rows["title"]["zh"]), words)


def asked_of(manifest: Manifest) -> bool:
    """Whether a folder asks for it."""
    return manifest.kind is FolderKind.SITE and not manifest.training


def given(conn: Connection, chain: str, account: Account) -> bool:
    """Whether a user has signed the words in force with the key of today."""
    record = statements.last(conn, chain, MEANING, account.user)
    if record is None or not account.key:
        return False
    said = statements.said(record)
    return (
        record.body.get("user") == account.user
        and said.get("version") == undertaking().version
        and record.body.get("key") == PublicKey.from_base64(account.key).id
    )


def words(language: Language) -> str:
    """The text to be read before signing."""
    return undertaking().text.say(language)
