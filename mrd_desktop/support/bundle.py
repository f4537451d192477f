"""The file for support: put together, looked at as it will be, then written and recorded.

It is one ZIP file with ``support.json``, the very text that was shown. Words of reports are
gathered to be looked at and stand in the text only where they were ticked.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.support.content import (
    FORMAT,
    README_EN,
    README_ZH,
    Bundle,
    Readme,
    Report,
    Screen,
)
from mrd_desktop.support.fields import Code, Moment, Sentence, told
from mrd_desktop.support.inside import Asking, inside
from mrd_desktop.support.outside import computer, faults, outside, program
from mrd_desktop.texts import Text
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.faultlog import Met
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session

WHAT: Final = "support"
NAME: Final = "support.json"
SUFFIX: Final = ".zip"
_WIDE: Final = 96


class NoZip(MrdError):
    """A file for support under a name that is no ZIP file's."""

    code = "support_name"
    template = Text(
        "A file for support ends in .zip. Choose another name.",
        "技术支持文件的文件名须以 .zip 结尾，请换一个名称。",
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """What a file is made of.

    Attributes:
        folder: of a site or store; None where none was chosen yet.
        session: an open one; None before the sign-in and behind the lock.
        refused: code of what kept somebody from signing in; empty where nobody tried.
        last: the fault that the window shows, which no log may have taken.
        screen: None on the command line.
    """

    folder: Path | None
    session: Session | None = None
    refused: str = ""
    last: Met | None = None
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written.

    Attributes:
        sha256: of the file, hexadecimal.
        unrecorded: why no record of it was written; None where there is one, or nobody is signed
            in.
    """

    path: Path
    sha256: str
    unrecorded: Text | None


def gather(ground: Ground) -> Bundle:
    """Everything that can be told, with the words of reports; nothing is written."""
    asking = Asking()
    folder, session = ground.folder, ground.session
    opened = None if session is None or session.locked else session
    return Bundle(
        readme=Readme(Sentence.of(README_EN), Sentence.of(README_ZH)),
        format=Sentence.of(FORMAT),
        made=Moment.of(stamp(datetime.now(UTC))),
        program=program(),
        computer=computer(),
        screen=ground.screen,
        folder=None if folder is None else asking.of("folder", partial(outside, folder)),
        refused=Code.of(ground.refused) if ground.refused else None,
        inside=None if opened is None else inside(opened, asking),
        faults=faults(folder, ground.last),
        failed=tuple(asking.failed),
    )


def reports(bundle: Bundle) -> tuple[Report, ...]:
    """The reports whose words may be ticked."""
    found = () if bundle.inside is None else bundle.inside.reports or ()
    return tuple(one for one in found if one.words is not None)


def unchecked(bundle: Bundle) -> bool:
    """Whether there are reports whose words nobody here can hold against identities."""
    found = () if bundle.inside is None else bundle.inside.reports or ()
    return not all(one.checked for one in found)


def text(bundle: Bundle, ticked: Collection[int] = ()) -> str:
    """The text of the file.

    Args:
        ticked: numbers of the reports whose words somebody looked at and wants in it.
    """
    return _laid(told(_ticked(bundle, ticked)), 0) + "\n"


def _laid(value: JSON, depth: int) -> str:
    """JSON in as few lines as can be read: what fits into one stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if (depth and len(flat) + depth <= _WIDE) or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_laid(one, depth + 1)}" for name, one in value.items()]
    else:
        parts = [_laid(one, depth + 1) for one in value]
    within = ",\n".join(inner + part for part in parts)
    opens, shuts = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{opens}\n{within}\n{' ' * depth}{shuts}"


def _ticked(bundle: Bundle, ticked: Collection[int]) -> Bundle:
    within = bundle.inside
    if within is None or within.reports is None:
        return bundle
    kept = tuple(r if r.number in ticked else replace(r, words=None) for r in within.reports)
    return replace(bundle, inside=replace(within, reports=kept))


def save(
    bundle: Bundle, path: Path, session: Session | None, ticked: Collection[int] = ()
) -> Saved:
    """Record the file where somebody is signed in, and write it.

    A disk or a chain that takes no record now keeps nobody from asking for help.

    Raises:
        NoZip: the name is no ZIP file's.
        NameUnfit, StorageError: it cannot be written there.
    """
    if path.suffix.lower() != SUFFIX:
        raise NoZip
    data = _zipped(text(bundle, ticked))
    sha256 = hashlib.sha256(data).hexdigest()
    unrecorded = None
    if session is not None and not session.locked:
        words = sorted(r.number for r in reports(bundle) if r.number in ticked)
        content: dict[str, JSON] = {
            "what": WHAT, "form": "zip", "user": session.user, "sha256": sha256, "words": [*words],
        }  # fmt: skip
        try:
            session.commit([Entry(Kind.PRINTED, RecordClass.SITE, content)])
        except MrdError as refused:
            unrecorded = refused.text
    write_atomically(path, data)
    return Saved(path, sha256, unrecorded)


def _zipped(words: str) -> bytes:
    """The same text gives the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo(NAME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, words.encode())
    return made.getvalue()
