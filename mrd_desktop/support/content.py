"""Every field of a file for support. What is not here cannot stand in one (decision 0075)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrd_desktop.support.fields import (
    Chain,
    Code,
    Digest,
    FaultKind,
    FaultNumber,
    Locale,
    Moment,
    Offset,
    Place,
    Sentence,
    SiteNumber,
    Version,
    Words,
)

FORMAT: Final = "mrd-support/1"
README_EN: Final = (
    "A file for support of MRD Desktop. It holds versions, counts, verdicts and places in the "
    "program; no values, no names of people or sites, no keys. Words of a report stand in it only "
    "where a user ticked them."
)
README_ZH: Final = (
    "MRD Desktop 技术支持文件。仅含版本、计数、校验结论和程序位置，"
    "不含数据值、人员或中心名称及密钥；问题报告的文字仅在用户勾选后写入。"
)


@dataclass(frozen=True, slots=True)
class Readme:
    """What this is, for whoever opens it."""

    en: Sentence
    zh: Sentence


@dataclass(frozen=True, slots=True)
class Count:
    """How many of what."""

    name: Code
    n: int


@dataclass(frozen=True, slots=True)
class Library:
    """A part of others; ``version`` is None where the system does not tell it."""

    name: Code
    version: Version | None


@dataclass(frozen=True, slots=True)
class Program:
    """What is installed.

    Attributes:
        installation: as :func:`mrd_desktop.installation.started` says it.
        changed, missing, added: files that are not as released; None without a list.
        list_digest: SHA-256 of the list of files.
    """

    version: Version
    installation: Code
    changed: int | None
    missing: int | None
    added: int | None
    commit: Digest | None
    list_digest: Digest | None
    libraries: tuple[Library, ...]


@dataclass(frozen=True, slots=True)
class Computer:
    """What it runs on.

    Attributes:
        release: the digits of the system's own version.
    """

    system: Code
    release: Version
    machine: Code
    python: Version
    processors: int
    locale: Locale
    utc_offset: Offset


@dataclass(frozen=True, slots=True)
class Screen:
    """How the window is shown; ``scale`` and sizes in percent and device-independent pixels."""

    qt: Version
    backend: Code
    screens: int
    width: int
    height: int
    scale: int
    language: Code
    dark: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder by its fixed name; None where there is none."""

    name: Code
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Outside:
    """What a folder tells without a key.

    Attributes:
        refused: code of the refusal where its own file cannot be read; the fields that it
            would tell are None then.
        accounts, codes: key slots, and those that wait for a first password.
        next_generation: a change of the data key is under way.
        network, synced, removable: where it lies; the last is None where nobody asks.
        files: of fixed names; ``beside`` counts the entries of its folders.
        free, total: bytes of the disk.
    """

    refused: Code | None
    kind: Code | None
    training: bool | None
    site: SiteNumber | None
    chain: Chain | None
    generation: int | None
    next_generation: bool | None
    accounts: int | None
    codes: int | None
    condemned: bool
    network: bool
    synced: bool
    removable: bool | None
    files: tuple[File, ...]
    beside: tuple[Count, ...]
    free: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Definition:
    """The study definition in force, and how many were."""

    version: Version
    digest: Digest
    installed: int


@dataclass(frozen=True, slots=True)
class State:
    """What holds work back, each yes or no."""

    live: bool
    activated: bool
    not_live: bool
    held: bool
    altered: bool
    unreleased: bool
    reserve_spent: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """What can be said of the time; ``ahead_of_records`` in seconds, negative where it is behind.

    Attributes:
        refused: code where nothing can be recorded for the clock's sake.
    """

    quality: Code
    utc_offset: Offset
    ahead_of_records: int | None
    refused: Code | None


@dataclass(frozen=True, slots=True)
class Users:
    """Accounts of a role."""

    role: Code
    open: int
    closed: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the verification; None where it could not be judged."""

    name: Code
    ok: bool | None


@dataclass(frozen=True, slots=True)
class Pragma:
    """A setting of the database as its writing connection reports it."""

    name: Code
    number: int | None
    word: Code | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that was written and read back, a drill, or a restore.

    Attributes:
        behind: of a drill, how many records have come since.
    """

    act: Code
    at: Moment
    bytes: int | None
    apart: bool | None
    behind: int | None


@dataclass(frozen=True, slots=True)
class Backups:
    """How backups stand, and the last ones."""

    chosen: bool
    present: bool
    late: bool
    very_late: bool
    last: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was sent or, at a store, taken in.

    Attributes:
        verdict: ``voided``; at a site ``confirmed``, ``unanswered`` or the code of the refusal;
            at a store ``received``.
    """

    site: SiteNumber
    number: int
    at: Moment
    verdict: Code
    records: int | None
    opened: int | None
    withheld: tuple[Count, ...]
    manifest: Digest | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that nobody foresaw, as ``faults.log`` tells it."""

    number: FaultNumber
    at: Moment
    program: Version
    kind: FaultKind
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A problem that a user reported.

    Attributes:
        words: what the user wrote, where it was ticked; None else.
        checked: the words were held against every identity of the site: else they are not given.
        named: they name somebody, as far as this session can tell: they are not given either.
    """

    number: int
    at: Moment
    closed: Moment | None
    checked: bool
    named: bool
    words: Words | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A part that could not be told: the code of the refusal, or the kind of the fault."""

    part: Code
    code: Code | None
    fault: FaultKind | None


@dataclass(frozen=True, slots=True)
class Inside:
    """What an open session tells; a part that it may not ask, or that failed, is None."""

    role: Code
    definition: Definition | None
    state: State | None
    clock: Clock | None
    counts: tuple[Count, ...] | None
    users: tuple[Users, ...] | None
    checks: tuple[Check, ...] | None
    pragmas: tuple[Pragma, ...] | None
    backups: Backups | None
    packages: tuple[Package, ...] | None
    reports: tuple[Report, ...] | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The whole file.

    Attributes:
        refused: code of what kept somebody from signing in, where that was tried.
        inside: None where nobody is signed in.
    """

    readme: Readme
    format: Sentence
    made: Moment
    program: Program
    computer: Computer
    screen: Screen | None
    folder: Outside | None
    refused: Code | None
    inside: Inside | None
    faults: tuple[Fault, ...]
    failed: tuple[Failed, ...]
