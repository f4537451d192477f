"""A throw-away release key, and programs as the build leaves them, signed with it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mrd_desktop import installation
from mrd_desktop.installation import FILE, SIGNATURE, list_files
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace, public_line

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
