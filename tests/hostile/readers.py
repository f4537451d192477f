"""Every reader of foreign files, as whoever gives it a path meets it: it answers or refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from mrd_desktop import installation
from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.record.importing.mapping import read_mapping
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.record.story import read_story
from mrd_desktop.study.importing import importer
from mrd_desktop.study.load import definition_bytes, read_sources, study_from_bytes
from mrd_desktop.transfer import container, messages, update
from mrd_desktop.transfer.handover.manifest import HANDOVER
from mrd_desktop.transfer.reply import REPLY, notices
from mrd_desktop.vault import activation, backup, computers, exercises, trust
from tests.releasing import Releaser
from tests.transfer.parcel import ARCHIVE, SITE_KEY, SPONSOR
from tests.vectors.reply.make import STORE_KEY

SITE: Final = SITE_KEY.public.raw
RELEASER: Final = Releaser(SigningKey.from_bytes(b"\x07" * 32))


class Unsound(MrdError):
    """A check of a bundle that is not well, in the words of that check."""

    def __init__(self, said: object) -> None:
        super().__init__()
        self.text = said  # type: ignore[assignment]


def package(path: Path) -> None:
    with container.opened(
        path, container.PACKAGE, lambda _: [SITE], [SPONSOR], path.parent / "work"
    ) as found:
        for stem in ("headers", "openings"):
            for _ in found.lines(stem):
                pass
        for part in found.manifest.parts:
            if part.name.startswith("definitions/"):
                study_from_bytes(found.archive.read(part.name, 4 << 20))


def reply(path: Path) -> None:
    trusted = [STORE_KEY.public.raw]
    with container.opened(path, REPLY, lambda _: trusted, [ARCHIVE], path.parent / "work") as found:
        for line in found.lines("messages"):
            messages.read(line)
        notices(found, {})


def handover(path: Path) -> None:
    with container.opened(
        path, HANDOVER, lambda _: [SITE], [SPONSOR], path.parent / "work"
    ) as found:
        for line in found.lines("headers"):
            del line


def bundle(path: Path) -> None:
    for check in check_bundle(path):
        if check.ok is False:
            raise Unsound(check.detail)


def restored(path: Path) -> None:
    backup.find_backup(path)
    backup.restore(path, path.parent / "work" / "restored")


def program(path: Path) -> None:
    """An update, whatever is in it signed by who releases."""
    installation.release_keys = lambda: {RELEASER.key.public.raw: "synthetic"}  # in its own process
    with update.opened(path) as found:
        for _, chunks in found.contents():
            for _ in chunks:
                pass


@cache
def _warm() -> None:
    """What the program has read once it runs."""
    study_from_bytes(definition_bytes(read_sources(Path("resources/study"))))


READERS: Final[Mapping[str, Callable[[Path], object]]] = {
    "package": package,
    "reply": reply,
    "hand-over": handover,
    "activation": lambda p: activation.read_activation(first_bytes(p), [STORE_KEY.public.raw]),
    "certificate": lambda p: exercises.read_certificate(first_bytes(p)),
    "card": lambda p: computers.read_card(first_bytes(p)),
    "public key": lambda p: trust.read_identity(first_bytes(p)),
    "backup": restored,
    "close-out": bundle,
    "table": read_table,
    "mapping": read_mapping,
    "metadata": lambda p: importer.import_odm(importer.read_file(p)),
    "definition": lambda p: definition_bytes(read_sources(p)),
    "story": read_story,
    "update": program,
}
