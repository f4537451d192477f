"""Who may sign, learned from the records themselves: users' keys, their sessions, their ends.

A user's key counts from the record that enrols it with a proof of possession; a session from the
record, in a transaction that it signs itself, in which a counting key certifies it. Ends take
effect after the transaction that records them, which its session still signs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from mrd_desktop.ledger import rotations
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.certificates import (
    enrolment_statement,
    session_statement,
    signature_statement,
    signed_fields,
)
from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.keys import PublicKey, from_base64
from mrd_desktop.ledger.record import TRUST_KINDS, Header, Kind
from mrd_desktop.texts import Text

Body = Mapping[str, JSON]

SIGNED_KINDS: Final = TRUST_KINDS | {
    Kind.REDACTION_DONE,
    Kind.LINK_DESTROYED,
    Kind.SUBJECT_RECEIVED,
    Kind.GENERATION_CHANGED,
    Kind.BRANCH_RESOLVED,
    Kind.CHAIN_CREATED,
    Kind.TRUST_PINNED,
    Kind.REVIEW_NOTED,
    Kind.USER_CONFIRMED,
}
"""What :class:`Trust` learns from: whoever walks a chain shows it every record of these kinds."""


PROGRAM_UPDATED: Final = "program_updated"
"""The act of the one ``review.noted`` that two people sign: a new version was installed."""


class Mistrust(Exception):
    """Why a record gives no ground to trust a signature; names no person."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = Text(en, zh)


@dataclass(frozen=True, slots=True)
class Session:
    """An open session.

    Attributes:
        key_id: the user's key that certified it.
        program: version of the program that wrote under it.
    """

    key: PublicKey
    user: str
    key_id: str
    program: str


class Trust:
    """Keys and sessions of one chain as of one record."""

    def __init__(self, chain: str) -> None:
        self._chain: Final = chain
        self._keys: Final[dict[str, PublicKey]] = {}
        self._closed_users: Final[set[str]] = set()
        self._sessions: Final[dict[str, Session]] = {}
        self._past_sessions: Final[set[str]] = set()
        self._ending_keys: Final[set[str]] = set()
        self._ending_sessions: Final[set[str]] = set()
        self._folder: PublicKey | None = None
        self._readers: Final[Mapping[Kind, Callable[[Header, Body], None]]] = {
            Kind.KEY_ENROLLED: self._enrol,
            Kind.KEY_ROTATED: self._rotate,
            Kind.USER_CLOSED: self._close_user,
            Kind.SESSION_OPENED: self._open_session,
            Kind.SESSION_CLOSED: self._close_session,
            Kind.SIGNATURE_MADE: self._check_signature,
            Kind.REDACTION_DONE: self._check_two_people,
            Kind.LINK_DESTROYED: self._check_two_people,
            Kind.SUBJECT_RECEIVED: self._check_force,
            Kind.GENERATION_CHANGED: self._check_sheet,
            Kind.BRANCH_RESOLVED: self._check_branch,
            Kind.CHAIN_CREATED: self._begin,
            Kind.TRUST_PINNED: self._check_place,
            Kind.REVIEW_NOTED: self._check_note,
            Kind.USER_CONFIRMED: self._check_confirmed,
        }

    def learn(self, kind: Kind, header: Header, body: Body) -> None:
        """Takes in one record whose commitment holds.

        Raises:
            Mistrust: the record claims what its signatures do not show.
        """
        reader = self._readers.get(kind)
        if reader is not None:
            reader(header, body)

    @property
    def kinds(self) -> Collection[Kind]:
        """The kinds that tell something."""
        return self._readers.keys()

    def session(self, session: str) -> Session | None:
        """An open session, or None."""
        return self._sessions.get(session)

    def end_transaction(self) -> None:
        """Lets the ends recorded in this transaction take effect."""
        if self._ending_keys:
            self._ending_sessions.update(
                name for name, s in self._sessions.items() if s.key_id in self._ending_keys
            )
            self._ending_keys.clear()
        for name in self._ending_sessions:
            self._sessions.pop(name, None)
        self._ending_sessions.clear()

    def to_json(self) -> Mapping[str, JSON]:
        """The state between two transactions, for a watermark."""
        return {
            "keys": {user: key.to_base64() for user, key in self._keys.items()},
            "closed": sorted(self._closed_users),
            "past": sorted(self._past_sessions),
            "sessions": {
                name: [s.key.to_base64(), s.user, s.key_id, s.program]
                for name, s in self._sessions.items()
            },
            **({} if self._folder is None else {"folder": self._folder.to_base64()}),
        }

    @classmethod
    def from_json(cls, chain: str, state: Mapping[str, JSON]) -> Trust:
        """The inverse of :meth:`to_json`.

        Raises:
            WeakKeyError: a key is none.
        """
        trust = cls(chain)
        keys = cast(Mapping[str, str], state["keys"])
        sessions = cast(Mapping[str, list[str]], state["sessions"])
        trust._keys.update((user, PublicKey.from_base64(key)) for user, key in keys.items())
        trust._closed_users.update(cast(list[str], state["closed"]))
        trust._past_sessions.update(cast(list[str], state["past"]))
        for name, (key, *rest) in sessions.items():
            trust._sessions[name] = Session(PublicKey.from_base64(key), *rest)
        if "folder" in state:
            trust._folder = PublicKey.from_base64(str(state["folder"]))
        return trust

    def _enrol(self, _: Header, body: Body) -> None:
        user = _text(body, "user")
        if user in self._keys:
            raise Mistrust(
                "enrols a second key for a user who has one", "为已有密钥的用户登记第二个密钥"
            )
        self._admit(user, body)

    def _begin(self, _: Header, body: Body) -> None:
        """The key that the folder itself began with; early test chains name none."""
        sign = body.get("sign")
        if isinstance(sign, str):
            with suppress(WeakKeyError):
                self._folder = PublicKey.from_base64(sign)

    def _rotate_folder(self, header: Header, body: Body) -> None:
        """The folder's own key: the one before signed for it, and two people did it."""
        try:
            found = rotations.of_record(body)
        except rotations.NoRotation:
            raise Mistrust(
                "replaces the folder's key without its signature", "更换文件夹密钥但无原密钥签名"
            ) from None
        # A watermark of an earlier program does not tell the key; the signature held in any case.
        known = self._folder is None or found.old.raw == self._folder.raw
        if not known or found.chain != self._chain:
            raise Mistrust("replaces a key that is not the folder's", "所替换的密钥不属于该文件夹")
        self._require_two_people(header, body)
        self._folder = found.key

    def _rotate(self, header: Header, body: Body) -> None:
        if rotations.FOLDER in body:
            self._rotate_folder(header, body)
            return
        user = _text(body, "user")
        old = self._keys.get(user)
        if old is None or old.id != body.get("old"):
            raise Mistrust("replaces a key that is not the user's", "所替换的密钥不属于该用户")
        key = self._admit(user, body)
        consent = body.get("consent")
        if consent is not None:
            _check(old, body, "consent", enrolment_statement(self._chain, user, key))
        self._ending_keys.add(old.id)

    def _admit(self, user: str, body: Body) -> PublicKey:
        if user in self._closed_users:
            raise Mistrust("enrols a key for a closed user", "为已停用的用户登记密钥")
        key = _key(body, "key")
        _check(key, body, "proof", enrolment_statement(self._chain, user, key))
        self._keys[user] = key
        return key

    def _close_user(self, _: Header, body: Body) -> None:
        user = _text(body, "user")
        self._closed_users.add(user)
        key = self._keys.pop(user, None)
        if key is not None:
            self._ending_keys.add(key.id)

    def _open_session(self, header: Header, body: Body) -> None:
        user = _text(body, "user")
        at = _text(body, "at")
        if header.session in self._past_sessions:
            raise Mistrust("opens a session that was opened before", "重复打开同一会话")
        user_key = self._keys.get(user)
        if user_key is None or user_key.id != body.get("user_key"):
            raise Mistrust(
                "opens a session under a key that is not the user's", "会话由不属于该用户的密钥打开"
            )
        if at > header.at:
            raise Mistrust(
                "opens a session certified at a later time", "会话证书的时间晚于记录时间"
            )
        key = _key(body, "session_key")
        _check(
            user_key, body, "cert", session_statement(self._chain, header.session, key, user, at)
        )
        self._past_sessions.add(header.session)
        self._sessions[header.session] = Session(key, user, user_key.id, _text(body, "program"))

    def _close_session(self, header: Header, _: Body) -> None:
        self._ending_sessions.add(header.session)

    def _check_signature(self, header: Header, body: Body) -> None:
        session = self._sessions.get(header.session)
        key = None if session is None else self._keys.get(session.user)
        if session is None or body.get("user") != session.user:
            raise Mistrust(
                "bears an e-signature of somebody not signed in", "电子签名者并非登录用户"
            )
        if key is None or key.id != body.get("key"):
            raise Mistrust(
                "bears an e-signature under a key that is not the user's",
                "电子签名所用密钥不属于该用户",
            )
        _check(key, body, "signature", signature_statement(signed_fields(body)))

    def _check_force(self, header: Header, body: Body) -> None:
        if body.get("forced") is True:
            self._require_two_people(header, body)

    def _check_sheet(self, header: Header, body: Body) -> None:
        if "recovery" in body:
            self._require_two_people(header, body)

    def _check_branch(self, header: Header, body: Body) -> None:
        if "held" in body:
            self._require_two_people(header, body)

    def _check_place(self, header: Header, body: Body) -> None:
        if "place" in body:
            self._require_two_people(header, body)

    def _check_note(self, header: Header, body: Body) -> None:
        if body.get("act") == PROGRAM_UPDATED:
            self._require_two_people(header, body)

    def _require_two_people(self, header: Header, body: Body) -> None:
        if body.get("signed") is None:
            raise Mistrust("lacks the signatures of two people", "缺少两人的签名")
        self._check_two_people(header, body)

    def _check_two_people(self, header: Header, body: Body) -> None:
        """What two people signed is signed by its user and another one, each with the own key.

        Whether an erasure must be signed is not judged here: early test chains hold bare ones.
        """
        hands = body.get("signed")
        if hands is None:
            return
        session = self._sessions.get(header.session)
        people = [_text(body, "user"), _text(body, "second")]
        if session is None or people[0] != session.user or people[0] == people[1]:
            raise Mistrust("is not confirmed by two people", "未经两人确认")
        self._check_hands(body, people)

    def _check_confirmed(self, header: Header, body: Body) -> None:
        """Whose key it is: the second person signed, and is neither who did it nor the owner."""
        if "second" not in body and "signed" not in body:
            return
        session, second = self._sessions.get(header.session), _text(body, "second")
        by = None if session is None else session.user
        user = _text(body, "user")
        if by is None or body.get("by") != by or second in (by, user):
            raise Mistrust("is not confirmed by two people", "未经两人确认")
        self._check_present(user, body)
        self._check_hands(body, [second])

    def _check_present(self, user: str, body: Body) -> None:
        """What was signed of a key is said of no later one of the same user."""
        key = self._keys.get(user)
        if key is None or body.get("key") != key.to_base64():
            raise Mistrust("confirms a key that is not the user's", "所确认的密钥不属于该用户")

    def _check_hands(self, body: Body, people: Sequence[str]) -> None:
        """Each of the people signed the record with the own key."""
        hands = body.get("signed")
        if not isinstance(hands, list) or len(hands) != len(people):
            raise Mistrust("lacks the signatures of two people", "缺少两人的签名")
        statement = signature_statement({k: v for k, v in body.items() if k != "signed"})
        for user, hand in zip(people, hands, strict=True):
            key = self._keys.get(user)
            if not isinstance(hand, Mapping) or key is None or key.id != hand.get("key"):
                raise Mistrust(
                    "is confirmed under a key that is not the user's", "确认所用密钥不属于该用户"
                )
            _check(key, hand, "signature", statement)


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Mistrust(f"does not state {name}", f"未说明 {name}")
    return value


def _key(body: Body, name: str) -> PublicKey:
    try:
        return PublicKey.from_base64(_text(body, name))
    except WeakKeyError as e:
        raise Mistrust(
            f"has a refused key in {name}: {e.detail}", f"{name} 中的公钥被拒绝"
        ) from None


def _check(key: PublicKey, body: Body, name: str, statement: bytes) -> None:
    signature = from_base64(_text(body, name))
    if signature is None or not key.verify(signature, statement):
        raise Mistrust(f"has a {name} that its key did not sign", f"{name} 并非由相应密钥签署")
