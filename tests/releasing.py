"""A throw-away release key, and programs as the build leaves them, signed with it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop import installation
from mrd_desktop.installation import FILE, SIGNATURE, list_files
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace, public_line
from mrd_desktop.texts import Text
from mrd_desktop.transfer import stored, update

FILES = {
    "mrd-desktop": b"\x7fELF synthetic",
    "_internal/a.pyc": b"synthetic code",
    "_internal/lib/b.so": b"\x7fELF synthetic library",
    "_internal/数据/study.yaml": b"synthetic: text",
}


@dataclass(frozen=True)
class Releaser:
    """Who releases: a key that nobody else has."""

    key: SigningKey

    def sign(self, message: bytes, namespace: str = Namespace.RELEASE) -> str:
        return sshsig.make(namespace, message, self.key.public.raw, self.key.sign)

    def program(
        self, root: Path, version: str = "9.9", *, files: dict[str, bytes] | None = None
    ) -> Path:
        """A folder of a program, its list signed."""
        for name, data in (files or FILES).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (root / "mrd-desktop").chmod(0o755)
        return self.listed(root, version)

    def update(self, place: Path, version: str = "0.2.0", **more: Any) -> Path:
        """An update, as the build writes it, of a program made for it."""
        root = self.program(place / f"built-{version}" / "mrd-desktop", version)
        return self.update_of(root, place, **more)

    def update_of(self, root: Path, place: Path, **more: Any) -> Path:
        said = {"minimum": "0.0.1", "notes": Text("Synthetic.", "测试。"), **more}
        return update.write(root, place, sign=lambda m: self.sign(m, Namespace.UPDATE), **said)

    def listed(self, root: Path, version: str = "9.9") -> Path:
        (root / FILE).write_bytes(list_files(root, version, "abc123"))
        (root / SIGNATURE).write_text(self.sign((root / FILE).read_bytes()), encoding="ascii")
        return root


def releaser(place: Path, patch: pytest.MonkeyPatch) -> Releaser:
    """A release key that this program trusts."""
    key = SigningKey.generate()
    signers = place / "signers"
    signers.write_text(
        f"# synthetic\nrelease {public_line(key.public.raw, 'synthetic')}\n", encoding="utf-8"
    )
    patch.setattr(installation, "_SIGNERS", str(signers))
    return Releaser(key)


def started_from(root: Path, patch: pytest.MonkeyPatch) -> None:
    """This process believes that it is the program in the folder, and has just begun."""
    patch.setattr(sys, "frozen", True, raising=False)
    patch.setattr(sys, "executable", str(root / "mrd-desktop"))
    installation._at_start.cache_clear()


def parts_of(path: Path) -> dict[str, bytes]:
    """What an update consists of."""
    with path.open("rb") as file:
        members = stored.read(file, update.NAMES, {})
        return {name: update._bytes(file, member) for name, member in members.items()}


def assembled(path: Path, parts: dict[str, bytes]) -> Path:
    """An update of these parts, whatever they say."""
    with path.open("wb") as file:
        writer = stored.Writer(file)
        for name, data in parts.items():
            writer.add(name, data)
        writer.finish()
    return path
