"""The activation: the sponsor's signed word that a live site may take clinical data.

A file of canonical JSON with the statement as a text and an SSHSIG signature over that text, which
``ssh-keygen -Y verify`` checks too. The statement binds study, site, the computers (chains and
their keys), protocol and versions of the definition, the ethics approval and the program versions;
whatever of these has changed since closes live mode again and says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import ActivationRefused

FORMAT: Final = "mrd-activation/1"
SUFFIX: Final = ".mrdactivation"
_LARGEST: Final = 65_536
_LINE: Final = re.compile(r"[^\x00-\x1f]{1,200}")


@dataclass(frozen=True, slots=True)
class Ethics:
    """An approval of the ethics committee, as its letter names it."""

    reference: str
    date: str


@dataclass(frozen=True, slots=True)
class Here:
    """What an activation is held against: this site, this program, today.

    Attributes:
        key: id of the site's signing key; None where only the chain is looked at.
    """

    study: str
    site: str
    chain: str
    training: bool
    protocol: str
    version: str
    program: str
    today: date
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """What the sponsor has signed.

    Attributes:
        computers: chain of each computer of the site with the id of its key.
        protocol: the protocol's number; ``versions`` of its definition that were approved.
        programs: program versions that were approved.
        ethics: None where the sponsor left it to the site to state.
        expires: last day on which it holds; None without end.
        store: chain of the sponsor's store; ``issued`` UTC time.
        continues: SHA-256 of the activation file that it follows, of one that approves an
            amendment; None of a first one.
    """

    study: str
    site: str
    training: bool
    computers: Mapping[str, str]
    protocol: str
    versions: tuple[str, ...]
    programs: tuple[str, ...]
    ethics: Ethics | None
    expires: str | None
    store: str
    issued: str
    continues: str | None = None

    def to_bytes(self) -> bytes:
        """The statement that is signed."""
        content: dict[str, JSON] = {
            "format": FORMAT,
            "study": self.study,
            "site": self.site,
            "training": self.training,
            "computers": dict(self.computers),
            "protocol": self.protocol,
            "versions": list(self.versions),
            "programs": list(self.programs),
            "ethics": _ethics_json(self.ethics),
            "expires": self.expires,
            "store": self.store,
            "issued": self.issued,
        }
        if self.continues is not None:
            content["continues"] = self.continues
        return dumps(content)

    def fault(self, here: Here) -> Text | None:
        """Why it does not activate this site now; None where it does."""
        key = self.computers.get(here.chain)
        faults = (
            (self.study != here.study, _OTHER_STUDY),
            (self.training != here.training, _MODE),
            (self.site != here.site, _OTHER_SITE.filled(site=self.site, here=here.site)),
            (key is None or here.key not in (None, key), _OTHER_KEY),
            (
                self.protocol != here.protocol or here.version not in self.versions,
                _VERSION.filled(here=here.version, versions=", ".join(self.versions)),
            ),
            (
                here.program not in self.programs,
                _PROGRAM.filled(here=here.program, programs=", ".join(self.programs)),
            ),
            (
                self.expires is not None and here.today.isoformat() > self.expires,
                _EXPIRED.filled(day=self.expires),
            ),
        )
        return next((text for wrong, text in faults if wrong), None)


def file_bytes(activation: Activation, signature: str) -> bytes:
    """The activation file."""
    statement = activation.to_bytes().decode()
    return dumps({"format": FORMAT, "statement": statement, "signature": signature}) + b"\n"


def read_activation(data: bytes, sponsors: Collection[bytes]) -> Activation:
    """The statement of a file, once its signature has been checked.

    Args:
        sponsors: the sponsor's public signing keys that are trusted here.

    Raises:
        ActivationRefused: no such file, a newer format, or not signed by a trusted sponsor.
    """
    outer = _object(data.removesuffix(b"\n"))
    statement, signature = outer.get("statement"), outer.get("signature")
    if not isinstance(statement, str) or not isinstance(signature, str) or len(outer) != 3:
        raise ActivationRefused(_NO_FILE)
    try:
        signer = sshsig.signer_of(signature, Namespace.ACTIVATION)
        if signer not in sponsors:
            raise ActivationRefused(_STRANGER)
        sshsig.verify(signature, statement.encode(), Namespace.ACTIVATION, sponsors)
    except SignatureRefused:
        raise ActivationRefused(_CHANGED) from None
    return _activation(_object(statement.encode()))


def _object(data: bytes) -> Mapping[str, JSON]:
    try:
        value = loads(data) if len(data) <= _LARGEST else None
    except CanonicalError:
        value = None
    if not isinstance(value, Mapping):
        raise ActivationRefused(_NO_FILE)
    if value.get("format") != FORMAT:
        found = str(value.get("format", ""))
        newer = re.fullmatch(r"mrd-activation/[0-9]+", found)
        raise ActivationRefused(_NEWER.filled(format=found) if newer else _NO_FILE)
    return value


def _activation(value: Mapping[str, JSON]) -> Activation:
    left = dict(value)
    try:
        computers = cast(Mapping[str, str], left["computers"])
        made = Activation(
            study=_line(left["study"]),
            site=_line(left["site"]),
            training=left["training"] is True,
            computers={_chain(c): _line(k) for c, k in computers.items()},
            protocol=_line(left["protocol"]),
            versions=_lines(left["versions"]),
            programs=_lines(left["programs"]),
            ethics=_ethics(left["ethics"]),
            expires=None if left["expires"] is None else _day(left["expires"]),
            store=_chain(left["store"]),
            issued=_line(left["issued"]),
            continues=None if "continues" not in left else _digest(left["continues"]),
        )
    except (KeyError, AttributeError, TypeError, ValueError):
        raise ActivationRefused(_NO_FILE) from None
    if made.to_bytes() != dumps(left):
        raise ActivationRefused(_NO_FILE)
    return made


def _ethics_json(ethics: Ethics | None) -> JSON:
    return None if ethics is None else {"reference": ethics.reference, "date": ethics.date}


def _ethics(value: JSON) -> Ethics | None:
    if value is None:
        return None
    fields = cast(Mapping[str, JSON], value)
    return Ethics(_line(fields["reference"]), _day(fields["date"]))


def _line(value: JSON) -> str:
    if not isinstance(value, str) or _LINE.fullmatch(value) is None:
        raise ValueError
    return value


def _lines(value: JSON) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError
    return tuple(_line(v) for v in cast(list[JSON], value))


def _day(value: JSON) -> str:
    return date.fromisoformat(_line(value)).isoformat()


def _digest(value: JSON) -> str:
    text = _line(value)
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise ValueError
    return text


def _chain(value: JSON) -> str:
    text = _line(value)
    if ID.fullmatch(text) is None:
        raise ValueError
    return text


ABSENT: Final = Text(
    "this live site is not activated yet.",
    "本正式中心尚未启用。",
)
_NO_FILE: Final = Text(
    "it is no activation file of this program. Ask the sponsor for it again.",
    "它不是本程序的启用文件，请向申办方重新索取。",
)
_NEWER: Final = Text(
    "it has the format “{format}”. Use the newer program version.",
    "其格式为“{format}”，请使用更新版本的程序。",
)
_STRANGER: Final = Text(
    "it was signed with a key that is not trusted here. Trust the sponsor's key first, or ask "
    "the sponsor which key it was.",
    "其签名密钥未受本中心信任。请先信任申办方密钥，或向申办方核实所用密钥。",
)
_CHANGED: Final = Text(
    "it was changed after it was signed. Ask the sponsor for it again.",
    "它在签名后被改动，请向申办方重新索取。",
)
_OTHER_STUDY: Final = Text("it is for another study.", "它属于另一项研究。")
_MODE: Final = Text(
    "training and live sites do not share it.", "培训中心与正式中心的启用文件不能互用。"
)
_OTHER_SITE: Final = Text(
    "it is for site {site}, this is site {here}.", "它属于中心 {site}，本中心为 {here}。"
)
_OTHER_KEY: Final = Text(
    "it is for another computer of the site, or for an older key. Give site.pub to the sponsor "
    "and ask for a new file.",
    "它属于本中心的另一台电脑或旧密钥。请将 site.pub 交给申办方，索取新文件。",
)
_VERSION: Final = Text(
    "protocol version {here} is in force, the approval covers {versions}. Ask the sponsor for a "
    "new file.",
    "现行方案版本为 {here}，批准的版本为 {versions}。请向申办方索取新文件。",
)
_PROGRAM: Final = Text(
    "program version {here} is running, the approval covers {programs}. Use an approved version "
    "or ask the sponsor for a new file.",
    "当前程序版本为 {here}，批准的版本为 {programs}。请使用已批准的版本，或向申办方索取新文件。",
)
_EXPIRED: Final = Text(
    "the approval ended on {day}. Ask the sponsor for a new file.",
    "批准已于 {day} 到期。请向申办方索取新文件。",
)
