"""The list: what is switched off, for which requirement, and which tests must notice."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from mrd_desktop.ledger import store
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import heard, shapes
from mrd_desktop.record.owning import subject_of
from mrd_desktop.vault import abroad, slotbook, trust
from mrd_desktop.vault.errors import StorageFault


@dataclass(frozen=True)
class Switch:
    """One rule.

    Attributes:
        target: ``module:name`` or ``module:Class.name`` of what is replaced.
            A module that a conftest has taken the name into keeps what it has: name that module,
            or the class.
        off: makes the replacement from what stands there.
        tests: arguments for pytest; in each file named at least one test must fail.
    """

    name: str
    requirement: str
    target: str
    off: Callable[[Any], Any]
    tests: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files of tests among the arguments."""
        return tuple(t for t in self.tests if t.startswith("tests/"))


def gives(value: object) -> Callable[[Any], Any]:
    """A function that always gives the same, whatever it is asked."""
    return lambda _: lambda *_args, **_named: value


def _all_that_came(_: Any) -> Any:
    return lambda conn, chain: dict(heard.came(conn, chain))


def _one_gap(real: Any) -> Any:
    """Nothing is told behind the gap of a file that lacks the last line told."""

    def since(lines: Any, mark: Any, *more: Any) -> Any:
        found = list(real(lines, mark, *more))
        return found[:1] if found and found[0].get("expected") == mark.number else found

    return since


def _all_signed(real: Any) -> Any:
    """Signatures stand whatever came after."""
    return lambda *given: tuple(
        replace(form, signed_at=(10**9, 0)) if form.signed_at else form for form in real(*given)
    )


def _what_can_be_read(_: Any) -> Any:
    def walked(folder: Any, _before: str) -> Any:
        for path in folder.rglob("*"):
            try:
                if path.is_symlink() or not path.is_dir():
                    yield path.relative_to(folder).as_posix()
            except OSError:
                continue

    return walked


def property_gives(value: object) -> Callable[[Any], Any]:
    """A property that always has the same value."""
    return lambda _: property(lambda _self: value)


def without(*acts: str) -> Callable[[Any], Any]:
    """The tables of the ledger without the guards of some acts."""
    return lambda expected: {n: sql for n, sql in expected.items() if not n.endswith(acts)}


def without_rule(saying: str) -> Callable[[Any], Any]:
    """The rules of Save without those whose condition says this."""

    def off(rules: Any) -> Any:
        return lambda study, *, live: (
            r for r in rules(study, live=live) if saying not in r.refuses.source
        )

    return off


def _with(**fields: object) -> Any:
    """Something with these fields."""
    from types import SimpleNamespace

    return SimpleNamespace(**fields)


def _read_once(real: Any) -> Any:
    """The key slots as they were read first."""
    known: list[bytes] = []

    def read(session: Any) -> bytes:
        known.append(real(session))
        return known[0]

    return read


class _Never(Exception):
    """Raised by nothing."""


def _by_the_new_key(_: Any) -> Any:
    from mrd_desktop.vault import grants

    return lambda session, ring: grants.vault_key(
        session.manifest, ring, session._data_key, session.duties
    )


def _in_two_strokes(real: Any) -> Any:
    def settle(entrance: Any, manifest: Any, *more: Any) -> None:
        if manifest is not entrance.manifest:
            entrance._replace(manifest)
        real(entrance, manifest, *more)

    return settle


def _open_all_the_same(_: Any) -> Any:
    from mrd_desktop.vault import accounts

    def account(entrance: Any, user: str, _prelude: Any = ()) -> Any:
        with entrance._opened().reading() as conn:
            return replace(accounts.account(conn, accounts.folded(user)), closed=False)

    return account


def _same(*_args: object, **_named: object) -> object:
    from mrd_desktop.texts import Text
    from mrd_desktop.transfer.checkpoint import Finding, Verdict

    return Finding(Verdict.SAME, Text("", ""))


def _held_at_once(session: Any, found: Any) -> Any:
    from mrd_desktop.transfer import loss

    loss.hold(session, [found])
    return found.text


def _unsigned(_: Any) -> Any:
    def told(path: Any, _key: bytes) -> Any:
        from mrd_desktop.vault.backup import report_of

        return report_of(path)

    return told


def _one_layout(real: Any) -> Any:
    def look(sight: Any) -> None:
        content = sight._page.view.sheet.widget()
        sight._size = (content.width(), content.height())
        real(sight)

    return look


def _tall(real: Any) -> Any:
    """What is asked for is as wide as nothing: only its height counts."""
    return lambda *rect: real(rect[0].adjusted(0, 0, 1 - rect[0].width(), 0)) if rect else real()


def _signed_by_all(_: Any) -> Any:
    def told(*_args: Any) -> Any:
        from mrd_desktop.vault.vouching import Voucher

        return Voucher(bytes(32), frozenset())

    return told


def _any_key(_: Any) -> Any:
    class Every(frozenset[bytes]):
        def __contains__(self, _key: object) -> bool:
            return True

        def __len__(self) -> int:
            return 1

    return lambda _found: Every()


def _unsaid_goes(real: Any) -> Any:
    """A recipient of whom nobody has said anything bars nothing."""
    return lambda found: real([one for one in found if one.said is not None])


def _of_any_key(real: Any) -> Any:
    """What was said of any key of a store holds for the one in force."""

    def said_of(conn: Any, chain: str, pin: Any) -> Any:
        held = [p for p in trust.pins_on(conn) if p.chain == pin.chain]
        return next(filter(None, (real(conn, chain, p) for p in held)), None)

    return said_of


def _nothing_before(real: Any) -> Any:
    """What was held before is judged as in a whole package."""
    return lambda self, record, kind: record.header.seq > self.after and real(self, record, kind)


def _leaves_too(kind: Kind) -> Any:
    """Records of one kind leave with deletions alone."""
    return lambda real: lambda self, record, of: of is not kind and real(self, record, of)


def _of_subjects_alone(_: Any) -> Any:
    return subject_of


def _of_the_key_before(real: Any) -> Any:
    """What was said of a key holds for the one that it signed for."""
    return lambda conn, chain, pin: real(conn, chain, pin) or abroad.former_of(conn, chain, pin)


def _anybody_follows(_: Any) -> Any:
    """Every key that a statement names, whoever signed it."""
    return lambda keys, changes, _chain: (*keys, *(change.key.raw for change in changes))


def _incomplete(real: Any) -> Any:
    return lambda *args, **named: real(*args, **{**named, "complete": False})


def _every_number(_: Any) -> Any:
    return lambda *_args: frozenset(range(100_000))


def _by_number_alone(_: Any) -> Any:
    """Records of all computers in the order of their numbers."""
    return lambda _segments: lambda _chain, seq: (0, seq)


def _any_password(_: Any) -> Any:
    """A key for whoever asks."""
    return lambda _session, _password: SigningKey.generate()


def _in_plain(_: Any) -> Any:
    """A database without a key."""
    import sqlcipher3.dbapi2 as sqlcipher

    class Plain(sqlcipher.Connection):  # type: ignore[misc]
        def execute(self, words: str, *more: object) -> object:
            asked = "SELECT '1'" if words == "PRAGMA cipher_use_hmac" else words
            return super().execute(asked, *more)

    def opened(path: Any, _key: bytes, *, read_only: bool = False) -> Any:
        return sqlcipher.connect(
            str(path), isolation_level=None, check_same_thread=False, factory=Plain
        )

    return opened


def _lifted(real: Any) -> Any:
    """A whole check lifts whatever is held when it ends."""
    return lambda session, _stood, mark: real(session, session.altered, mark)


def _any_update(real: Any) -> Any:
    """What is looked at counts as whatever lies there later."""

    class Any_(str):
        __hash__ = str.__hash__

        def __ne__(self, other: object) -> bool:
            return False

        def __eq__(self, other: object) -> bool:
            return True

    return lambda path, session: replace(real(path, session), digest=Any_("synthetic"))


def _looks_whole(real: Any) -> Any:
    """What was laid looks as it was signed."""

    def off(folder: Any) -> Any:
        found = real(folder)
        return found and replace(found, changed=(), missing=(), added=())

    return off


def _anybody(_: Any) -> Any:
    """A second person who is not asked."""
    from mrd_desktop.vault.witness import Witness

    return lambda _session, name, _password, **_: Witness(name, "", lambda _message: (b"", ""))


def _unannounced(real: Any) -> Any:
    """The data key is changed while a new key or account is on no record yet."""

    def off(session: Any, *what: Any) -> Any:
        session.announce = lambda: None
        try:
            return real(session, *what)
        finally:
            del session.announce

    return off


def _unrecorded(real: Any) -> Any:
    """Values that come into the tables, with no record kept of them."""

    def append(session: Any, conn: Any, entries: Any, at: str) -> Any:
        if all(e.kind is not Kind.ITEM_SET for e in entries):
            return real(session, conn, entries, at)
        point = conn.begin_nested()
        made = real(session, conn, entries, at)
        point.rollback()
        return made

    return append


def _pragma(name: str, value: str, read: int) -> Callable[[Any], Any]:
    """The settings of a connection with one of them otherwise."""
    return lambda settings: tuple((name, value, read) if s[0] == name else s for s in settings)


def _unbound(real: Any) -> Any:
    """Wraps of keys that open under any name and any generation."""
    return lambda manifest, _name, slot, part: real(manifest, "", replace(slot, generation=0), part)


def _vault_for_all(real: Any) -> Any:
    """A vault key for every role."""
    return lambda manifest, keyring, data_key, role: real(
        manifest, keyring, data_key, replace(role, vault=True)
    )


def _vault_under_data_key(real: Any) -> Any:
    """A live site whose vault key stands under a key from the data key, as in training."""

    def made(manifest: Any, data_key: bytes) -> Any:
        marked, key = real(replace(manifest, training=True), data_key)
        return replace(marked, training=manifest.training), key

    return made


def _whoever_signed(real: Any) -> Any:
    """A new key is followed whichever key signed for it."""

    def off(folder: Any, rotation: Any, held: Any, **how: Any) -> Any:
        return real(folder, rotation, tuple(replace(p, sign=rotation.old) for p in held), **how)

    return off


SWITCHES: Final = (
    Switch("records beneath the values", "R-AUD-01, R-AUD-04, R-AUD-06",
           "mrd_desktop.vault.session:Session._append", _unrecorded,
           ("tests/record/test_recorded.py", "tests/record/test_entry.py",
            "-k", "as_many or say_after or one_record")),
    Switch("a record for each value", "R-AUD-01", "mrd_desktop.record.saving:_values",
           lambda real: lambda *args: list(real(*args))[:1],
           ("tests/record/test_entry.py", "-k", "one_record")),
    Switch("triggers that fire for replaced rows", "R-AUD-03",
           "mrd_desktop.vault.database:_ALWAYS", _pragma("recursive_triggers", "OFF", 0),
           ("tests/vault/test_storage.py", "-k", "read_back")),
    Switch("guards against change", "R-AUD-03", "mrd_desktop.ledger.schema:EXPECTED",
           without("_update", "_delete"), ("tests/ledger/test_guards.py",)),
    Switch("guards against replacement", "R-AUD-03", "mrd_desktop.ledger.schema:EXPECTED",
           without("_insert"), ("tests/ledger/test_guards.py",)),
    Switch("signatures of records", "R-AUD-14, R-SIG-02, E-13 rows 2, 9",
           "mrd_desktop.ledger.keys:PublicKey.verify", gives(True),
           ("tests/ledger/test_verify.py", "tests/transfer/test_attacks.py",
            "-k", "attack or esignature or old_row or in_another_name")),
    Switch("weak keys", "R-SIG-11, E-22", "mrd_desktop.ledger.keys:WEAK_KEYS",
           lambda _: frozenset(), ("tests/ledger/test_keys.py",)),
    Switch("replay", "R-AUD-06, E-13 row 10",
           "mrd_desktop.record.projection:differences", gives(()),
           ("tests/record/test_projection.py", "tests/transfer/test_attacks.py",
            "-k", "edited or table_only")),
    Switch("guards looked at when signing in", "R-AUD-03, R-VAL-02",
           "mrd_desktop.vault.soundness:guards", gives(None),
           ("tests/record/test_soundness.py", "-k", "guard_is_missing")),
    Switch("walk behind the last verified record", "R-VAL-02",
           "mrd_desktop.vault.soundness:_behind_mark", gives(None),
           ("tests/record/test_soundness.py", "-k", "since_the_last")),
    Switch("replay before a signature", "R-AUD-06, R-SIG-10",
           "mrd_desktop.record.signing:require_agreement", gives(None),
           ("tests/record/test_soundness.py", "-k", "forged or batch")),
    Switch("commitments before a signature", "R-AUD-06, R-VAL-02",
           "mrd_desktop.ledger.store:check_held", gives(None),
           ("tests/record/test_soundness.py", "-k", "forged")),
    Switch("walk and replay of the day", "R-AUD-06, R-VAL-02",
           "mrd_desktop.record.soundness:check", gives(None),
           ("tests/record/test_soundness.py", "-k", "daily")),
    Switch("work held for what was altered", "R-VAL-02",
           "mrd_desktop.record.soundness:hold", gives(None),
           ("tests/record/test_soundness.py", "-k", "daily")),
    Switch("what an altered site may not do", "R-VAL-02, R-AUD-13",
           "mrd_desktop.vault.session:UNSOUND", lambda _: frozenset(),
           ("tests/record/test_while_altered.py", "tests/vault/test_matrix.py",
            "-k", "vouches or each_state_of_a_site")),
    Switch("acts beside the operations of an altered site", "R-VAL-02",
           "mrd_desktop.vault.session:Session.require_sound", gives(None),
           ("tests/record/test_while_altered.py", "-k", "key or accounts")),
    Switch("what is found during a whole check", "R-VAL-02",
           "mrd_desktop.record.soundness:_lift", _lifted,
           ("tests/record/test_soundness.py", "-k", "when_it_began")),
    Switch("replay before a package", "R-AUD-06, R-PKG-02",
           "mrd_desktop.transfer.export:disagreement", gives(None),
           ("tests/transfer/test_before_it_leaves.py", "-k", "outside_the_program")),
    Switch("content of signatures worked out anew", "R-SIG-02",
           "mrd_desktop.record.signed:faults", gives(()),
           ("tests/record/test_signed.py", "-k", "named")),
    Switch("records named by a signature", "R-SIG-02",
           "mrd_desktop.record.signed:records_digest", gives("0" * 64),
           ("tests/record/test_signed.py", "-k", "verified or named")),
    Switch("forms read again", "R-AUD-06", "mrd_desktop.record.reading:version_read", gives(1),
           ("tests/record/test_setting_aside.py",)),
    Switch("reason for a change", "R-AUD-05", "mrd_desktop.record.saving:good_reason",
           gives(True), ("tests/record/test_entry.py", "-k", "reason")),
    Switch("flags of the trail", "R-AUD-09", "mrd_desktop.insight.audit.rules:flags", gives({}),
           ("tests/insight/test_trail_flags.py",)),
    Switch("sections of the periodic review", "R-VAL-08",
           "mrd_desktop.insight.reports.periodic:SECTIONS", lambda every: every[1:],
           ("tests/insight/reports/test_periodic.py",)),
    Switch("the last day of a periodic review", "R-VAL-08",
           "mrd_desktop.insight.reports.periodic_read:following",
           lambda real: lambda session: min(real(session) + timedelta(days=1), session.today()),
           ("tests/insight/reports/test_periodic.py", "-k", "after_a_pack")),
    Switch("files of a close-out bundle", "R-ARC-01",
           "mrd_desktop.closing.checking:_files", gives(()),
           ("tests/closing/test_bundle.py", "-k", "changed")),
    Switch("what came after the full package", "R-ARC-01",
           "mrd_desktop.closing.bundle:_counts", gives(False),
           ("tests/closing/test_complete.py", "-k", "came_after")),
    Switch("the archive's package is whole", "R-ARC-01",
           "mrd_desktop.closing.bundle:_whole", gives(True),
           ("tests/closing/test_complete.py", "-k", "damaged")),
    Switch("a bundle is read back", "R-ARC-01",
           "mrd_desktop.closing.bundle:check_bundle", gives(()),
           ("tests/closing/test_complete.py", "-k", "read_back")),
    Switch("word about the keys", "R-ARC-01", "mrd_desktop.closing.keys:handed",
           lambda _: lambda _session: _with(valid=True, seq=1, user="", at=""),
           ("tests/closing/test_bundle.py", "-k", "incomplete or step")),
    Switch("retention before destruction", "R-ARC-02",
           "mrd_desktop.closing.retention:Retention.over", gives(True),
           ("tests/closing/test_destruction.py", "-k", "before_its_day")),
    Switch("two people destroy", "R-ARC-02", "mrd_desktop.closing.destruction:witness", _anybody,
           ("tests/closing/test_destruction.py", "-k", "two_people")),
    Switch("a condemned folder is finished", "R-ARC-02",
           "mrd_desktop.vault.destroyed:refuse", gives(None),
           ("tests/closing/test_destruction.py", "-k", "cut_off_anywhere")),
    Switch("signatures of a certificate of destruction", "R-ARC-02",
           "mrd_desktop.vault.condemned:signers",
           lambda _: lambda _records, said: {said["user"], said["second"]},
           ("tests/closing/test_destruction.py", "-k", "one_person")),
    Switch("a mark is judged by the open database", "R-ARC-02",
           "mrd_desktop.vault.condemned:holds", gives(True),
           ("tests/closing/test_destruction.py", "-k", "stranger or store_obeys")),
    Switch("a mark that holds is obeyed at the next sign-in", "R-ARC-02",
           "mrd_desktop.vault.condemned:holds", gives(False),
           ("tests/closing/test_destruction.py", "-k", "cut_off_anywhere")),
    Switch("a mark bears the folder's own key", "R-ARC-02",
           "mrd_desktop.vault.destroyed:Mark.signed_by", gives(True),
           ("tests/closing/test_destruction.py", "-k", "own_key")),
    Switch("records that came after a certificate of destruction", "R-ARC-02",
           "mrd_desktop.vault.condemned:head_of", gives((1 << 60, "")),
           ("tests/closing/test_destruction.py", "-k", "before_the_mark")),
    Switch("backups that are not found", "R-ARC-02",
           "mrd_desktop.closing.destruction:_elsewhere", gives(()),
           ("tests/closing/test_destruction.py", "-k", "whatever_medium")),
    Switch("who may sign a certificate of destruction", "R-ARC-02",
           "mrd_desktop.vault.condemned:had_duties", gives(True),
           ("tests/closing/test_destruction.py", "-k", "may_not")),
    Switch("training before the end is signed", "R-ARC-02, R-ACC-14",
           "mrd_desktop.vault.session:TRAINED", lambda _: frozenset(),
           ("tests/closing/test_destruction.py", "-k", "activation_is_gone")),
    Switch("slots keep a folder from being swept", "R-ARC-02",
           "mrd_desktop.vault.destroyed:_SLOTS", lambda _: (),
           ("tests/closing/test_destruction.py", "-k", "somebody_else")),
    Switch("versions of an advisory", "R-SEC-05, E-18", "audit:affects", gives(False),
           ("tests/test_audit.py",)),
    Switch("time limit of a known hole", "R-SEC-05, E-18", "audit:Finding.late", gives(False),
           ("tests/test_audit.py",)),
    Switch("age of a copy of advisories", "R-SEC-05, E-18", "audit:FRESH",
           lambda _: timedelta(days=99_999), ("tests/test_audit.py", "-k", "old_copy")),
    Switch("parts of a bundle against its lock", "R-SEC-05", "sbom:compare", gives(None),
           ("tests/test_sbom.py",)),
    Switch("two people decide between histories", "R-AUD-14",
           "mrd_desktop.transfer.branches:witness", _anybody,
           ("tests/transfer/test_branches.py", "-k", "two_people")),
    Switch("signature superseded", "R-SIG-08",
           "mrd_desktop.record.reading:RecordedForm.superseded", property_gives(False),
           ("tests/record/test_signing.py",)),
    Switch("content as shown", "R-SIG-10", "mrd_desktop.record.signing:content_digest",
           gives("0" * 64), ("tests/record/test_signing.py",)),
    Switch("permission in the core", "R-ACC-02, E-07",
           "mrd_desktop.vault.session:Session.allows", gives(True),
           ("tests/vault/test_matrix.py", "tests/record/test_matrix_of_states.py")),
    Switch("the vault key for holders alone", "R-PRV-02",
           "mrd_desktop.vault.grants:vault_key", _vault_for_all,
           ("tests/vault/test_roles.py", "-k", "for_holders")),
    Switch("a vault key that the data key does not give", "R-PRV-02",
           "mrd_desktop.vault.grants:with_new_vault", _vault_under_data_key,
           ("tests/vault/test_roles.py", "-k", "no_key_ring")),
    Switch("incidents of sites at a store", "R-ACC-02, E-07",
           "mrd_desktop.record.incidents:may_write", gives(True),
           ("tests/vault/test_matrix.py", "-k", "store_reads")),
    Switch("undertaking before signing", "R-SIG-07",
           "mrd_desktop.vault.undertaking:given", gives(True),
           ("tests/vault/test_undertaking.py",)),
    Switch("confirmed identity before signing", "R-SIG-05",
           "mrd_desktop.vault.session:Session.may_sign", property_gives(True),
           ("tests/vault/test_matrix.py",)),
    Switch("training before live work", "R-ACC-14",
           "mrd_desktop.vault.exercises:trained", gives(True),
           ("tests/vault/test_training.py",)),
    Switch("exercises of a certificate", "R-ACC-14",
           "mrd_desktop.vault.exercises:Progress.finished", property_gives(True),
           ("tests/vault/test_training.py", "-k", "oneself")),
    Switch("new data key with a new recovery sheet", "R-ACC-10",
           "mrd_desktop.vault.new_sheet:change_data_key", gives(()),
           ("tests/vault/test_new_sheet.py", "-k", "old_sheet")),
    Switch("a new data key at a change of it", "R-ACC-05",
           "mrd_desktop.vault.rotation:change_data_key", gives(()),
           ("tests/vault/test_data_key.py", "-k", "copied")),
    Switch("a change of the data key that was cut off", "R-ACC-05",
           "mrd_desktop.vault.rotation:owe", gives(None),
           ("tests/vault/test_data_key.py", "-k", "power_cut or full_disk")),
    Switch("no new slot or key while a change of the data key is cut off", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.session:Session.require_settled", gives(None),
           ("tests/vault/test_data_key.py", "-k", "cut_off_a_sign_in")),
    Switch("a slot made anew holds the data key in force", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.keyring:Keyring.under", lambda _: lambda keyring, _key: keyring,
           ("tests/vault/test_data_key.py", "-k", "in_the_same_session")),
    Switch("a file that no key opens now is under either", "R-ACC-05, E-14",
           "mrd_desktop.vault.rotation:KeyChangeCutOff", lambda _: _Never,
           ("tests/vault/test_data_key.py", "-k", "no_key_opens")),
    Switch("who reads while the data key changes waits", "R-ACC-05",
           "mrd_desktop.vault.database:threading", lambda _: _with(RLock=nullcontext),
           ("tests/vault/test_data_key.py", "-k", "reads_while")),
    Switch("one act on keys at a time", "R-ACC-05",
           "mrd_desktop.vault.session:Session.alone", gives(nullcontext()),
           ("tests/vault/test_data_key.py", "-k", "being_made")),
    Switch("data and keys of a backup belong together", "R-BAK-01, R-ACC-05",
           "mrd_desktop.vault.backup:_slots", _read_once,
           ("tests/vault/test_data_key.py", "-k", "belong_together")),
    Switch("a password that was refused is taken back", "R-ACC-05",
           "mrd_desktop.vault.users:_take_back", gives(None),
           ("tests/vault/test_data_key.py", "-k", "was_refused")),
    Switch("vault key of training after a change that was cut off", "R-ACC-05",
           "mrd_desktop.vault.session:Session._vault_of", _by_the_new_key,
           ("tests/vault/test_data_key.py", "-k", "opens_again")),
    Switch("key to seal to of a password changed before the record", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.boxes:_lines",
           lambda real: lambda *given: dict(list(real(*given).items())[-1:]),
           ("tests/vault/test_data_key.py", "-k", "changed_before_its_key")),
    Switch("a vault key that was lost without a record is given anew", "R-ACC-05",
           "mrd_desktop.vault.users:_has_lost_vault", gives(False),
           ("tests/vault/test_roles.py", "-k", "came_to_nothing")),
    Switch("a new vault key in sheet and slot at one stroke", "R-ACC-10",
           "mrd_desktop.vault.signin:_Entrance._settle", _in_two_strokes,
           ("tests/vault/test_roles.py", "-k", "first_holder")),
    Switch("no slot for whoever is closed", "R-ACC-05",
           "mrd_desktop.vault.signin:_Entrance.open_account", _open_all_the_same,
           ("tests/vault/test_signin.py", "-k", "left_over")),
    Switch("password of a change of the data key", "R-ACC-05",
           "mrd_desktop.vault.session:Session.verify_password", gives(None),
           ("tests/vault/test_data_key.py", "-k", "changes_nothing")),
    Switch("words of a suspected leak", "R-ACC-05",
           "mrd_desktop.record.renewing:names_somebody", gives(False),
           ("tests/record/test_renewing.py", "-k", "leak")),
    Switch("words of a suspected leak that fit no record", "R-ACC-05",
           "mrd_desktop.vault.data_key:fits", gives(True),
           ("tests/vault/test_data_key.py", "-k", "changes_nothing")),
    Switch("words that are owed and fit no record", "R-ACC-05",
           "mrd_desktop.vault.rotation:carried", lambda _: str,
           ("tests/vault/test_data_key.py", "-k", "fit_no_record")),
    Switch("a sign-in that an owed change of the data key cannot bar", "R-ACC-05",
           "mrd_desktop.vault.rotation:suppress", lambda _: nullcontext,
           ("tests/vault/test_data_key.py", "-k", "bars_no_sign_in")),
    Switch("a new key on record before the data key is changed", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.rotation:change_data_key", _unannounced,
           ("tests/vault/test_data_key.py", "-k", "keeps_the_slot")),
    Switch("what is owed besides the last cause of a new data key", "R-ACC-05",
           "mrd_desktop.vault.rotation:_owed", gives(()),
           ("tests/vault/test_data_key.py", "-k", "whatever_changes or due_since")),
    Switch("who is closed where the disk refused a new data key", "R-ACC-05",
           "mrd_desktop.vault.rotation:_of_open", lambda _: lambda manifest, _users: manifest,
           ("tests/vault/test_data_key.py", "-k", "voids_no_code")),
    Switch("age of the data key", "R-ACC-05",
           "mrd_desktop.vault.data_key:Standing.overdue", gives(False),
           ("tests/vault/test_upkeep.py", "-k", "data_key_comes_due")),
    Switch("a clock behind before the data key is changed", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.session:Session.require_time", gives(None),
           ("tests/vault/test_data_key.py", "tests/vault/test_new_sheet.py", "-k",
            "changes_nothing or clock_is_behind")),
    Switch("second person of a new recovery sheet", "R-ACC-10",
           "mrd_desktop.vault.new_sheet:witness", _anybody,
           ("tests/vault/test_new_sheet.py", "-k", "alone")),
    Switch("recovery key that the file has reached", "R-ACC-10",
           "mrd_desktop.vault.signin:_Entrance._settle_sheet", gives(None),
           ("tests/vault/test_new_sheet.py", "-k", "reached")),
    Switch("a sheet on hold until it is put away", "R-ACC-10",
           "mrd_desktop.vault.new_sheet:standing",
           lambda real: lambda session: replace(real(session), shown=True),
           ("tests/vault/test_new_sheet.py", "-k", "not_taken or cannot_be_written")),
    Switch("a sheet that opens the keys in force", "R-ACC-11",
           "mrd_desktop.vault.new_sheet:_opens", gives(True),
           ("tests/vault/test_new_sheet.py", "-k", "only_where_it_opens")),
    Switch("no third recovery key while two may stand in the file", "R-ACC-10",
           "mrd_desktop.vault.new_sheet:_settle_file", gives(None),
           ("tests/vault/test_new_sheet.py", "-k", "locks_nobody_out")),
    Switch("age of the recovery sheet", "R-ACC-11",
           "mrd_desktop.vault.new_sheet:Standing.due", property_gives(False),
           ("tests/vault/test_new_sheet.py", "-k", "checked")),
    Switch("risk and way round of known issues", "R-VAL-07",
           "mrd_desktop.known_issues:issue_of", gives(None), ("tests/test_known_issues.py",)),
    Switch("delay after wrong tries", "R-ACC-09, E-06", "mrd_desktop.vault.attempts:delay",
           gives(0),
           ("tests/vault/test_signin.py", "tests/vault/test_brute_force.py", "-k", "delay")),
    Switch("half a second for a guess", "E-06", "mrd_desktop.vault.crypto:GUESS_SECONDS",
           lambda _: 0.0, ("tests/vault/test_brute_force.py", "-k", "half_a_second")),
    Switch("floor and cap of Argon2id", "E-06", "mrd_desktop.vault.crypto:KdfParameters.allowed",
           property_gives(True), ("tests/vault/test_brute_force.py", "-k", "floor")),
    Switch("common passwords", "R-ACC-07", "mrd_desktop.vault.passwords:_easily_guessed",
           gives(False), ("tests/vault/test_trust.py", "-k", "weak_live")),
    Switch("list of common passwords", "R-ACC-07", "mrd_desktop.vault.guessing:listed",
           gives(frozenset()), ("tests/vault/test_trust.py", "-k", "however_often")),
    Switch("a password that a newer list has", "R-ACC-07",
           "mrd_desktop.vault.signin:_Entrance._guessable", gives(False),
           ("tests/vault/test_upkeep.py", "-k", "newer_list")),
    Switch("pinyin in passwords", "R-ACC-07", "mrd_desktop.vault.guessing:_syllables",
           gives(frozenset()), ("tests/vault/test_trust.py", "-k", "weak_live")),
    Switch("days between reviews of accounts", "R-ACC-06",
           "mrd_desktop.vault.account_review:Standing.overdue", gives(False),
           ("tests/vault/test_account_review.py", "-k", "comes_due")),
    Switch("accounts as shown", "R-ACC-06", "mrd_desktop.vault.account_review:dumps", gives(b""),
           ("tests/vault/test_account_review.py", "-k", "what_was_shown")),
    Switch("why a person cannot work", "R-ACC-06", "mrd_desktop.vault.account_review:bars",
           gives(()), ("tests/vault/test_account_review.py", "-k", "each_line")),
    Switch("milestones that are late", "R-SIG-09", "mrd_desktop.record.milestones:Standing.overdue",
           gives(False), ("tests/record/test_milestones.py", "-k", "overdue")),
    Switch("signatures before a milestone", "R-SIG-09", "mrd_desktop.record.milestones:to_sign",
           gives(()), ("tests/record/test_milestones.py", "-k", "overdue")),
    Switch("change after a milestone", "R-SIG-09, R-SIG-08",
           "mrd_desktop.record.milestones:_digest", gives(("", 1)),
           ("tests/record/test_milestones.py", "-k", "supersedes")),
    Switch("what somebody else did to a slot stays a fault", "E-05, R-ACC-05",
           "mrd_desktop.vault.slotbook:_following",
           lambda _: lambda _now, _before, manifest: slotbook.digests(manifest),
           ("tests/vault/test_slotbook.py", "-k", "colleague_s_slot")),
    Switch("a slot at fault stays one where an act is taken back", "E-05, R-ACC-05",
           "mrd_desktop.vault.slotbook:kept",
           lambda _: lambda _conn, manifest: slotbook.Kept(manifest, slotbook.digests(manifest)),
           ("tests/vault/test_slotbook.py", "-k", "taken_back")),
    Switch("a slot made after the former one was lost", "E-05, R-ACC-05",
           "mrd_desktop.vault.slotbook:_anew", gives(False),
           ("tests/vault/test_slotbook.py", "-k", "slot_was_lost")),
    Switch("no new data key for a slot that was put back", "E-05, R-ACC-05",
           "mrd_desktop.vault.slotbook:faults", gives(()),
           ("tests/vault/test_slotbook.py", "-k", "gets_no_new_data_key")),
    Switch("binding of slots", "E-05", "mrd_desktop.vault.slotbook:faults", gives(()),
           ("tests/vault/test_slotbook.py", "tests/vault/test_wrong_keys.py",
            "-k", "slotbook or another_time")),
    Switch("what the wraps of a slot are bound to", "E-05",
           "mrd_desktop.vault.manifest:Manifest.context", _unbound,
           ("tests/vault/test_signin.py", "-k", "moved_to_another")),
    Switch("lower bound of the clock", "R-TIM-03, E-12", "mrd_desktop.vault.clock:Clock.check",
           gives(None), ("tests/vault/test_storage.py", "tests/vault/test_clock_cases.py")),
    Switch("what the clock showed under a note", "R-TIM-03",
           "mrd_desktop.vault.clock:Clock._past_under",
           lambda _: lambda _self, noted: noted.wall,
           ("tests/vault/test_clock_note.py", "-k", "under_a_note")),
    Switch("what was shown at the end of a session", "R-TIM-03",
           "mrd_desktop.vault.clock:Clock.apart", property_gives(""),
           ("tests/vault/test_clock_note.py", "-k", "end_of_a_session")),
    Switch("what was shown carried over sign-ins", "R-TIM-03",
           "mrd_desktop.vault.clock:Noted.showing", lambda _: lambda self, _wall: self,
           ("tests/vault/test_clock_note.py", "-k", "unnoticed")),
    Switch("shapes of foreign records", "R-PKG-10", "mrd_desktop.record.shapes:fault_of",
           gives(""), ("tests/transfer/test_misshapen.py", "-k", "hostile")),
    Switch("what cannot be folded", "R-PKG-10", "mrd_desktop.record.projection:_foreign",
           lambda _: lambda _run: nullcontext(),
           ("tests/transfer/test_misshapen.py", "-k", "fold")),
    Switch("record of what was denied", "E-07, R-AUD-10",
           "mrd_desktop.vault.session:Session._note_denial", gives(None),
           ("tests/vault/test_matrix.py", "-k", "requests_and_incidents")),
    Switch("all for a new sponsor", "R-PKG-02", "mrd_desktop.transfer.lineage:owes_all",
           gives(False), ("tests/transfer/test_practice.py", "-k", "gets_all")),
    Switch("a clock that stands ahead", "R-TIM-03", "mrd_desktop.vault.clock:Clock.doubt",
           gives(""), ("tests/vault/test_clock_ahead.py",)),
    Switch("a doubt kept over sign-ins", "R-TIM-03", "mrd_desktop.vault.accounts:_fold_clock",
           gives(None), ("tests/vault/test_clock_ahead.py", "-k", "carried_to")),
    Switch("what settles a doubt about the date", "R-TIM-03",
           "mrd_desktop.vault.clock:Clock.settled", property_gives(True),
           ("tests/vault/test_clock_ahead.py", "tests/transfer/test_confirmed_time.py",
            "-k", "settle or ends_no_doubt")),
    Switch("a clock set at work", "R-TIM-03", "mrd_desktop.vault.clock:Clock.jumped", gives(False),
           ("tests/ui/pages/test_clock.py", "-k", "set_at_work")),
    Switch("the date asked for", "R-TIM-03", "mrd_desktop.vault.clock_note:doubtful", gives(""),
           ("tests/ui/pages/test_clock.py", "-k", "asked_for_in")),
    Switch("entries under a doubtful clock", "R-TIM-03, R-AUD-09",
           "mrd_desktop.insight.audit.rules:ClockSuspect.see", gives(()),
           ("tests/insight/test_trail_flags.py",)),
    Switch("records later than their arrival", "R-TIM-03",
           "mrd_desktop.transfer.overview:ahead_of", gives(()),
           ("tests/transfer/test_confirmed_time.py", "-k", "arrival")),
    Switch("who explains a clock", "R-TIM-03", "mrd_desktop.vault.clock_note:may_note", gives(True),
           ("tests/vault/test_clock_note.py", "-k", "looks")),
    Switch("a restore recorded with the note on the clock", "R-TIM-03",
           "mrd_desktop.vault.session:Session.precede", gives(None),
           ("tests/vault/test_clock_note.py", "-k", "restored")),
    Switch("the clock told in the window", "R-TIM-03", "ui.sections:show_clock", gives(None),
           ("tests/ui/pages/test_clock.py",)),
    Switch("time of the sponsor's receipts", "R-TIM-03", "mrd_desktop.vault.clock:Clock.bound",
           lambda _: property(lambda clock: clock.last),
           ("tests/transfer/test_confirmed_time.py",)),
    Switch("passwords by date", "R-ACC-07", "mrd_desktop.vault.password_age:too_old",
           gives(False), ("tests/vault/test_upkeep.py", "-k", "by_date")),
    Switch("restore drills asked for", "R-BAK-02", "mrd_desktop.insight.care:Care.drill_late",
           property_gives(False), ("tests/vault/test_upkeep.py", "-k", "quarter")),
    Switch("activation", "R-VAL-04", "mrd_desktop.vault.session:Session.not_live",
           property_gives(None), ("tests/vault/test_activation.py", "-k", "without")),
    Switch("former forms are only looked at", "R-VAL-03",
           "mrd_desktop.record.casebook:edition", lambda _: lambda _c, _d, held: held,
           ("tests/insight/test_former_words.py", "-k", "until_it_is_taken_up")),
    Switch("a signature names the words shown", "R-SIG-02, R-SIG-10",
           "mrd_desktop.record.signing:edition", lambda _: lambda _c, _d, held: held,
           ("tests/insight/test_former_words.py", "-k", "signature")),
    Switch("new required items lead", "R-VAL-03",
           "mrd_desktop.record.opening:newly_required", gives(()),
           ("tests/insight/test_former_words.py", "-k", "leads")),
    Switch("former versions in datasets", "R-VAL-03", "mrd_desktop.transfer.datasets:used",
           gives(frozenset()), ("tests/transfer/test_five_versions.py", "-k", "each_cell")),
    Switch("former versions in the search", "R-VAL-03", "mrd_desktop.record.finding:former",
           gives({}), ("tests/insight/test_former_words.py", "-k", "search")),
    Switch("former versions in reports", "R-VAL-03", "mrd_desktop.record.editions:Editions.of",
           lambda _: lambda self, _key: self._session.study,
           ("tests/insight/test_former_words.py", "-k", "reports_and_lists")),
    Switch("approval of an amendment", "R-VAL-04", "mrd_desktop.transfer.continuing:Live",
           lambda real: lambda *args, **_: real(*args), ("tests/transfer/test_continuing.py",
           "-k", "without")),
    Switch("approval continues the activation in force", "R-VAL-04",
           "mrd_desktop.transfer.continuing:digest", gives("0" * 64),
           ("tests/transfer/test_continuing.py", "-k", "does_not_fit or under_it")),
    Switch("comparison with heads outside", "R-BAK-05, E-13 rows 3, 5, 7, 12",
           "mrd_desktop.transfer.checkpoint:compare", lambda _: _same,
           ("tests/transfer/test_checkpoint.py", "tests/transfer/test_attacks.py")),
    Switch("a slip that is mistyped", "R-BAK-05", "mrd_desktop.transfer.checkpoint:_mistyped",
           gives(None), ("tests/transfer/test_loss.py", "-k", "finger or mistyped")),
    Switch("who holds work by a slip", "R-BAK-05", "mrd_desktop.transfer.loss:may_hold",
           gives(True), ("tests/transfer/test_loss.py", "-k", "looks")),
    Switch("a slip typed twice", "R-BAK-05", "mrd_desktop.transfer.loss:compared",
           lambda _: lambda session, found, _before: _held_at_once(session, found),
           ("tests/transfer/test_loss.py", "-k", "second_typing")),
    Switch("who could do what on a day", "R-ACC-04",
           "mrd_desktop.insight.reports.delegation:on_day",
           lambda _: lambda found, *_more: tuple(found),
           ("tests/vault/test_until.py", "-k", "hand or day_is")),
    Switch("an account's last day at the place", "R-ACC-04", "mrd_desktop.vault.clock:Zone.local",
           lambda _: lambda _zone, at: __import__("datetime").datetime.fromisoformat(at),
           ("tests/vault/test_until.py", "-k", "midnight")),
    Switch("comparison with receipts", "R-BAK-05, E-12",
           "mrd_desktop.transfer.confirmed:heads", gives(()),
           ("tests/transfer/test_checkpoint.py", "-k", "receipt")),
    Switch("hold on missing records", "R-BAK-05", "mrd_desktop.transfer.loss:hold", gives(None),
           ("tests/transfer/test_loss.py",)),
    Switch("signature of a backup's report", "R-BAK-05",
           "mrd_desktop.vault.backup:signed_head", _unsigned, ("tests/transfer/test_loss.py",)),
    Switch("a key that an older copy does not know", "R-BAK-05, E-12",
           "mrd_desktop.transfer.loss:_HOLDING", lambda held: held[:2],
           ("tests/transfer/test_older_copy.py", "-k", "holds_work")),
    Switch("what is signed under an unknown key", "R-BAK-05, E-12",
           "mrd_desktop.vault.backup:signed_report", gives(None),
           ("tests/transfer/test_older_copy.py", "-k", "a_backup")),
    Switch("changes of the key in a backup", "R-BAK-05",
           "mrd_desktop.vault.backup:_changes", gives(()),
           ("tests/transfer/test_older_copy.py", "-k", "proves or wrong_backup")),
    Switch("a statement that tells of an older copy", "R-BAK-05",
           "mrd_desktop.transfer.checkpoint:_of_keys", gives(()),
           ("tests/transfer/test_older_copy.py", "-k", "statement_alone")),
    Switch("signers of statements beside the data", "R-BAK-05, R-PKG-04",
           "mrd_desktop.ledger.rotations:reached", _anybody_follows,
           ("tests/transfer/test_older_copy.py", "-k", "passed_over")),
    Switch("replies that an older copy cannot read", "R-BAK-05, E-12",
           "mrd_desktop.transfer.confirmed:unread", gives(()),
           ("tests/transfer/test_older_copy.py", "-k", "reply")),
    Switch("history of a backup that makes room", "R-BAK-01, R-BAK-05",
           "mrd_desktop.vault.rota:_stands_here", gives(True),
           ("tests/transfer/test_older_copy.py", "-k", "makes_room")),
    Switch("signature of a backup that makes room", "R-BAK-01, R-BAK-05",
           "mrd_desktop.vault.rota:signed_head", _unsigned,
           ("tests/transfer/test_older_copy.py", "-k", "makes_room")),
    Switch("read-back of backups", "R-BAK-02",
           "mrd_desktop.vault.database:Database.damaged_pages", gives(()),
           ("tests/vault/test_storage.py", "-k", "flipped or read_back")),
    Switch("commit that the disk does not confirm", "R-SEC-10, E-14",
           "mrd_desktop.vault.database:CommitUnsure", lambda _: StorageFault,
           ("tests/faults/test_points.py", "-k", "confirm")),
    Switch("a change of key that the disk did not take", "R-SEC-10, E-14",
           "mrd_desktop.vault.database:Database._opens_with", gives(True),
           ("tests/faults/test_disk.py", "-k", "new_key")),
    Switch("data at rest", "R-SEC-01, E-16", "mrd_desktop.vault.database:_raw", _in_plain,
           ("tests/faults/test_half_hour.py",)),
    Switch("words of a fault kept from standard error", "R-SEC-03, E-16", "ui.app:places",
           lambda _: str, ("tests/faults/test_half_hour.py",)),
    Switch("a fault told by its place alone", "R-SEC-03, E-16, E-17",
           "mrd_desktop.faults:tell_places_only", gives(None), ("tests/test_faults.py",)),
    Switch("place of the folder", "R-BAK-06, E-10", "mrd_desktop.vault.place:check_place",
           gives(None), ("tests/vault/test_place.py",)),
    Switch("names of parts from a closed list", "R-PKG-10, E-10",
           "mrd_desktop.transfer.container:Layout.parts", property_gives(re.compile(r"(?s).*")),
           ("tests/transfer/test_hostile.py", "-k", "leads_elsewhere")),
    Switch("names of parts of a reply", "R-PKG-10, E-10",
           "mrd_desktop.transfer.reply:REPLY",
           lambda real: replace(real, parts=re.compile(r"(?s).*")),
           ("tests/hostile/test_portable.py", "-k", "reply_with")),
    Switch("names that Windows reads otherwise", "E-10", "mrd_desktop.portable:is_portable",
           gives(True), ("tests/hostile/test_portable.py", "-k", "written_under")),
    Switch("links in a folder", "E-10", "mrd_desktop.vault.signin:require_own", gives(None),
           ("tests/hostile/test_portable.py", "-k", "link_in_it or second_name")),
    Switch("names under which files are kept", "E-10", "mrd_desktop.transfer.receive:copy",
           lambda real: lambda source, folder, _name: real(source, folder),
           ("tests/hostile/test_portable.py", "-k", "it_says_itself")),
    Switch("how far an archive may grow", "R-PKG-10, E-09",
           "mrd_desktop.transfer.archive:HIGHEST_RATIO", lambda _: 1 << 40,
           ("tests/transfer/test_hostile.py", "-k", "whole_but_too_much")),
    Switch("how many parts an archive may have", "R-PKG-10, E-09",
           "mrd_desktop.transfer.archive:MOST_PARTS", lambda _: 1 << 16,
           ("tests/transfer/test_hostile.py", "-k", "whole_but_too_much")),
    Switch("how far a workbook may grow", "E-09",
           "mrd_desktop.record.importing.table:MOST_UNPACKED", lambda _: 1 << 40,
           ("tests/record/importing/test_table.py", "-k", "zeros")),
    Switch("how large a report may be", "E-09",
           "mrd_desktop.record.importing.table:MOST_BYTES", lambda _: 1 << 40,
           ("tests/record/importing/test_table.py", "-k", "more_bytes")),
    Switch("removable drives", "R-BAK-06", "mrd_desktop.vault.place:removable_drive",
           gives(None), ("tests/vault/test_place.py", "-k", "taken_out")),
    Switch("joined duties by the recovery sheet", "R-ACC-03", "mrd_desktop.vault.signin:excepted",
           gives({}), ("tests/vault/test_signin.py", "-k", "sheet_joins_no_duties")),
    Switch("bytes of a backup before they are restored", "R-BAK-02",
           "mrd_desktop.vault.backup:_sha256", gives("00"),
           ("tests/ui/pages/test_lost.py", "-k", "no_backup")),
    Switch("reserve on the disk", "R-SEC-10", "mrd_desktop.vault.ballast:spend_if_full",
           gives(False), ("tests/vault/test_ballast.py",)),
    Switch("words that XML cannot carry", "R-REC-05", "mrd_desktop.vault.session:fits", gives(True),
           ("tests/transfer/test_unfit_text.py",)),
    Switch("formulas in the trail", "E-11", "mrd_desktop.insight.reports.trail_file:harmless",
           lambda _: str, ("tests/insight/reports/test_trail_file.py", "-k", "nobody_else")),
    Switch("formulas in tables", "E-11", "mrd_desktop.transfer.dictionary:harmless",
           lambda _: str, ("tests/transfer/test_spreadsheet.py", "-k", "typed_at_a_site")),
    Switch("samples drawn before testing was refused", "R-PRV-04",
           "mrd_desktop.insight.worklist:drawn", gives(()),
           ("tests/insight/test_worklist.py", "-k", "drawn")),
    Switch("words that somebody has read, not words that came", "R-PKG-06",
           "mrd_desktop.record.heard:read", _all_that_came,
           ("tests/transfer/test_words.py", "-k", "known_to_be_read")),
    Switch("consent before transfer", "R-PRV-03", "mrd_desktop.transfer.release:Consent.refuses",
           gives(None), ("tests/transfer/test_release.py",)),
    Switch("genetic data by their consent", "R-PKG-08",
           "mrd_desktop.transfer.release:GeneticPlaces.hold", gives(False),
           ("tests/transfer/test_release.py", "-k", "genetic")),
    Switch("names in free text", "R-PRV-08", "mrd_desktop.record.names:Names.stand_in",
           gives(False), ("tests/transfer/test_release.py",)),
    Switch("numbers that tell who somebody is", "R-PRV-08",
           "mrd_desktop.study.identifiers:Identifier.stands_in", gives(False),
           ("tests/study/test_identifiers.py",)),
    Switch("check digit of a card", "R-PRV-08", "mrd_desktop.study.identifiers:luhn",
           gives(True), ("tests/study/test_identifiers.py", "-k", "card")),
    Switch("names in queries before they are recorded", "R-PRV-08",
           "mrd_desktop.record.queries:refuse_names", gives(None),
           ("tests/record/test_queries.py", "-k", "nobody or stopped")),
    Switch("names in reasons for setting aside", "R-PRV-08",
           "mrd_desktop.record.casebook:refuse_names", gives(None),
           ("tests/record/test_setting_aside.py", "-k", "names_nobody")),
    Switch("names in the reason of a new key", "R-PRV-08",
           "mrd_desktop.record.renewing:names_somebody", gives(False),
           ("tests/record/test_renewing.py",)),
    Switch("names in incidents before they leave", "R-PRV-08",
           "mrd_desktop.record.names:Names.name_anybody", gives(False),
           ("tests/transfer/test_matters.py", "-k", "names_somebody")),
    Switch("names in incidents before they are recorded", "R-PRV-08",
           "mrd_desktop.record.incidents:names_somebody", gives(False),
           ("tests/record/test_incidents.py", "-k", "name_a_subject")),
    Switch("words that name whose link is destroyed", "R-PRV-08",
           "mrd_desktop.record.redaction:named_in", gives([]),
           ("tests/transfer/test_names_for_good.py", "-k", "stay_after")),
    Switch("the same on another computer", "R-PRV-08",
           "mrd_desktop.transfer.handover.taking:named_in", gives([]),
           ("tests/transfer/test_names_for_good.py", "-k", "another_computer")),
    Switch("names of others in requests", "R-PRV-08",
           "mrd_desktop.record.requests:names_somebody", gives(False),
           ("tests/record/test_requests.py", "-k", "another_subject")),
    Switch("shape of notes, requests and incidents", "R-PKG-02",
           "mrd_desktop.record.matters:fault_of", gives(""),
           ("tests/transfer/test_matters.py", "-k", "malformed")),
    Switch("former keys of the site", "R-REC-02, R-PKG-06",
           "mrd_desktop.vault.site_keys:known_keys",
           lambda _: lambda session: (session.site_key(),),
           ("tests/transfer/test_former_key.py", "-k", "genuine")),
    Switch("signature of a certified copy", "R-REC-02",
           "mrd_desktop.insight.reports.certified:sshsig.verify", gives(b"k" * 32),
           ("tests/transfer/test_former_key.py", "-k", "stranger")),
    Switch("recipient inside the manifest", "R-PKG-01, E-03",
           "mrd_desktop.transfer.container:for_whom", gives(None),
           ("tests/transfer/test_container.py",)),
    Switch("recipient of what a store receives", "R-PKG-01, E-03 case 9",
           "mrd_desktop.transfer.receive:for_whom", gives(None),
           ("tests/transfer/test_receive.py", "-k", "did_not_name")),
    Switch("definitions in a file read before they are kept", "R-PKG-02, R-PKG-10",
           "mrd_desktop.transfer.definition:judge", gives(None),
           ("tests/transfer/test_definitions_read.py",)),
    Switch("every page of the data whole before a package", "C.1, R-PKG-02",
           "mrd_desktop.vault.database:Database.damaged_pages", gives(()),
           ("tests/transfer/test_pages_before_export.py",)),
    Switch("a site that was rolled back told from two branches", "R-PKG-03",
           "mrd_desktop.transfer.receive:_tells_of_loss", gives(False),
           ("tests/transfer/test_rolled_back.py",)),
    Switch("refusals noted for the site", "R-PKG-03", "mrd_desktop.transfer.refusals:note",
           gives(None), ("tests/transfer/test_refusals.py", "-k", "once or name")),
    Switch("package that brought the content", "R-REC-01", "mrd_desktop.transfer.lineage:_folded",
           lambda f: lambda seqs: iter(()), ("tests/transfer/test_release.py", "-k", "later")),
    Switch("last word of the store about a query", "R-DAT-09",
           "mrd_desktop.transfer.asking:_said", gives({}),
           ("tests/transfer/test_reply.py", "-k", "asks_again")),
    Switch("questions about what is not held", "R-DAT-09", "mrd_desktop.transfer.asking:_is_held",
           gives(True), ("tests/transfer/test_reply.py", "-k", "nothing_held")),
    Switch("refusals told to the site", "R-PKG-03", "mrd_desktop.transfer.reply:notices",
           gives(()), ("tests/transfer/test_refusals.py", "-k", "gap_is_told")),
    Switch("decisions told to the site", "R-PKG-03", "mrd_desktop.transfer.branches:decisions",
           gives(()), ("tests/transfer/test_branches.py", "-k", "hears_of or compared_only")),
    Switch("accounts that nobody compared", "T-08", "mrd_desktop.transfer.delegation:_waiting",
           gives(()), ("tests/transfer/test_delegation.py", "-k", "nobody_compared")),
    Switch("only the accounts that were looked at", "T-08",
           "mrd_desktop.transfer.delegation:_named", lambda _: lambda held, _digest: held[0],
           ("tests/transfer/test_delegation.py", "-k", "looked_at")),
    Switch("what is unknown stays so", "T-08", "mrd_desktop.transfer.delegation:Standing.unknown",
           property_gives({}), ("tests/transfer/test_delegation.py", "-k", "until_it_is_closed")),
    Switch("work of an unknown account is flagged", "T-08",
           "mrd_desktop.transfer.delegation:unknown_on", gives(frozenset()),
           ("tests/transfer/test_delegation.py", "-k", "flagged")),
    Switch("comparison of accounts told to the site", "T-08",
           "mrd_desktop.transfer.reply:rosters", gives(()),
           ("tests/transfer/test_delegation.py", "-k", "told_and_holds")),
    Switch("accounts compared are those of the site", "T-10",
           "mrd_desktop.transfer.reply:is_ours", gives(True),
           ("tests/transfer/test_delegation.py", "-k", "another_roster")),
    Switch("unknown account as a task", "T-08", "mrd_desktop.insight.worklist:_roster", gives(()),
           ("tests/transfer/test_delegation.py", "-k", "until_it_is_closed")),
    Switch("refusals that are settled", "R-PKG-06", "mrd_desktop.transfer.refusals:unsettled",
           lambda _: lambda told, _confirmed: tuple(r for _, r in told),
           ("tests/transfer/test_refusals.py", "-k", "gap_is_told")),
    Switch("reminder of a receipt", "R-PKG-06", "mrd_desktop.insight.care:Care.receipt_late",
           property_gives(False), ("tests/insight/test_worklist.py", "-k", "in_time")),
    Switch("second person of a redaction", "R-AUD-13", "mrd_desktop.record.redaction:witness",
           _anybody, ("tests/record/test_redaction.py", "-k", "second or both or closed")),
    Switch("compaction after a redaction", "R-AUD-13",
           "mrd_desktop.vault.database:Database.compact", gives(None),
           ("tests/record/test_redaction.py", "-k", "gone_from_the_file")),
    Switch("redaction of the value in force", "R-AUD-13",
           "mrd_desktop.record.redactable:current", gives(0),
           ("tests/record/test_redaction.py", "-k", "in_force")),
    Switch("what stands on is what was told", "R-AUD-13",
           "mrd_desktop.record.retold:faithful", gives(True),
           ("tests/transfer/test_redacted.py", "-k", "otherwise")),
    Switch("destroyed links at a receiver", "R-AUD-13",
           "mrd_desktop.record.retold:Retold._identities_alone", gives(True),
           ("tests/transfer/test_redacted.py", "-k", "destroyed_link")),
    Switch("what a site takes back alone", "R-AUD-13",
           "mrd_desktop.transfer.receive:_judge_withheld", gives(None),
           ("tests/transfer/test_redacted.py", "-k", "takes_back")),
    Switch("both signatures under a redaction", "R-AUD-13",
           "mrd_desktop.ledger.trust:Trust._check_two_people", gives(None),
           ("tests/transfer/test_redacted.py", "-k", "other_cause or one_person")),
    Switch("words of requests and incidents that go", "R-AUD-13",
           "mrd_desktop.record.matters:about_no_place", gives(False),
           ("tests/record/test_requests.py", "tests/record/test_incidents.py", "-k", "two_people")),
    Switch("incidents told again at the sponsor", "R-AUD-13",
           "mrd_desktop.transfer.refold:about_of",
           lambda _: subject_of,
           ("tests/transfer/test_matters.py", "-k", "words_of_an_incident")),
    Switch("typing that repeats redacted words", "R-AUD-13",
           "mrd_desktop.record.redaction:drop_repeating", gives(None),
           ("tests/record/test_redacted_words.py", "-k", "typing")),
    Switch("cover of an identity form", "R-PRV-06", "ui.form.masking:Masking.hide_them",
           gives(None), ("tests/ui/test_masking.py",)),
    Switch("record of a look at an identity form", "R-PRV-06",
           "ui.form.masking:note_form_look", gives(None), ("tests/ui/test_masking.py",)),
    Switch("bar to clipboard histories", "R-PRV-10", "ui.copied:Copied._bar", gives(None),
           ("tests/ui/pages/test_doors.py", "-k", "histories")),
    Switch("destruction of the sub-key", "R-PRV-04",
           "mrd_desktop.vault.session:destroy_subkey", gives(None),
           ("tests/record/test_redaction.py", "-k", "destroyed_link")),
    Switch("forms that no consent covers", "R-PRV-03",
           "mrd_desktop.record.saving:form_closed", gives(None),
           ("tests/record/test_closing.py", "-k", "processing or genetic")),
    Switch("sections that no consent covers", "R-PRV-03",
           "mrd_desktop.record.saving:sections_closed", gives({}),
           ("tests/record/test_closing.py", "-k", "genetic")),
    Switch("closed forms on the screen", "R-PRV-03",
           "mrd_desktop.record.opening:closed_before", gives(None),
           ("tests/record/test_closing.py",)),
    Switch("consent that changed since a form was opened", "R-PRV-03, R-PRV-04",
           "mrd_desktop.record.saving:_still_agreed", gives(None),
           ("tests/record/test_closing.py", "-k", "waits")),
    Switch("withdrawal by its scope", "R-PRV-04",
           "mrd_desktop.record.closing:_refused", gives(None),
           ("tests/record/test_closing.py", "-k", "withdrawn or leaving")),
    Switch("visits without a date once follow-up ended", "R-PRV-04",
           "mrd_desktop.record.closing:_rules", without_rule("empty(SV.VISDAT)"),
           ("tests/record/test_closing.py", "-k", "without_a_date")),
    Switch("visits once somebody left follow-up on an unknown day", "R-PRV-04",
           "mrd_desktop.record.closing:_rules", without_rule("empty(EOS.DSSTDAT)"),
           ("tests/record/test_closing.py", "-k", "day_of_leaving")),
    Switch("question before typing is given up", "R-PRV-03",
           "ui.form.discarding:Discarding.ask", lambda _: lambda page: page._discard(),
           ("tests/ui/test_discarding.py", "-k", "typing_waits")),
    Switch("consent that changed while a form lay behind another page", "R-PRV-03",
           "mrd_desktop.record.entry:FormEntry.consent_changed", gives(False),
           ("tests/ui/test_discarding.py", "-k", "comes_back")),
    Switch("requests until they are answered", "R-PRV-05",
           "mrd_desktop.record.requests:Request.overdue", gives(False),
           ("tests/record/test_requests.py", "-k", "task")),
    Switch("correction that was asked for", "R-PRV-05",
           "mrd_desktop.record.requests:_corrected", gives(True),
           ("tests/record/test_requests.py", "-k", "correction")),
    Switch("clocks of an incident", "R-PRV-07", "mrd_desktop.record.incidents:Due.overdue",
           gives(False), ("tests/record/test_incidents.py", "-k", "clocks")),
    Switch("an incident closed before its time", "R-PRV-07",
           "mrd_desktop.record.incidents:_check", gives(None),
           ("tests/record/test_incidents.py", "-k", "clocks")),
    Switch("one signature for an Enter pressed twice", "R-SIG-03",
           "ui.widgets.signing:Signing.ready", property_gives(True),
           ("tests/ui/pages/test_twice.py", "-k", "admin_accounts or undertaking")),
    Switch("end of a long session", "R-SES-01", "ui.app:Program._worn_out", gives(None),
           ("tests/ui/pages/test_doors.py", "-k", "longest_time")),
    Switch("clipboard at lock and end", "R-SES-02", "ui.copied:Copied.forget", gives(None),
           ("tests/ui/pages/test_doors.py", "-k", "copied")),
    Switch("record of a lock and of the end", "R-AUD-10",
           "mrd_desktop.vault.session:Session._say_closed", gives(None),
           ("tests/transfer/test_scripted_day.py",)),
    Switch("live work of a definition with purposes", "R-PRV-01",
           "mrd_desktop.study.minimal:require", gives(None), ("tests/study/test_minimal.py",)),
    Switch("identifiers known by their names", "R-PRV-01",
           "mrd_desktop.study.minimal:identifier_named", gives(None),
           ("tests/study/test_minimal.py",)),
    Switch("no new folder of a form that is a device", "R-PKG-10",
           "mrd_desktop.study.naming:devices", gives(()),
           ("tests/study/test_naming.py", "-k", "no_new_folder")),
    Switch("a file of a form that is a device", "R-PKG-10",
           "mrd_desktop.transfer.datasets:file_of", lambda _: str,
           ("tests/study/test_naming.py", "-k", "works_on")),
    Switch("folders of the program that nobody may look into", "R-VAL-06",
           "mrd_desktop.installation:_walked", _what_can_be_read,
           ("tests/test_installation.py", "-k", "look_into")),
    Switch("purpose of each item", "R-PRV-01",
           "mrd_desktop.study.model:Study.purpose_of", gives("stated"),
           ("tests/study/test_minimal.py", "-k", "practice_only")),
    Switch("record of who only looks", "R-AUD-10",
           "mrd_desktop.vault.session:Session.come_in", gives(None),
           ("tests/vault/test_presence.py", "tests/cli/test_sign_in.py",
            "tests/ui/pages/test_doors.py", "-k", "only_looks")),
    Switch("presence beside the chain", "R-AUD-10",
           "mrd_desktop.vault.session:Session._note_aside", gives(None),
           ("tests/vault/test_presence.py",)),
    Switch("presence from beside the chain", "R-AUD-10",
           "mrd_desktop.vault.session:Session._presence", gives(()),
           ("tests/vault/test_presence.py",)),
    Switch("closed list of what a log may say", "R-AUD-10, R-SEC-03",
           "mrd_desktop.vault.attempts:Fields.fit", gives(True),
           ("tests/vault/test_hostile_logs.py", "tests/transfer/test_forged_lines.py")),
    Switch("numbers of a log within bounds", "R-AUD-10",
           "mrd_desktop.vault.attempts:_LAST", lambda _: 2**60,
           ("tests/vault/test_hostile_logs.py", "-k", "another_shape")),
    Switch("the very line that was told last", "R-AUD-10", "mrd_desktop.vault.attempts:_told",
           lambda real: lambda lines, mark: real(lines, replace(mark, digest="")),
           ("tests/vault/test_hostile_logs.py", "-k", "new_file or take_the_place")),
    Switch("lines behind a gap", "R-AUD-10", "mrd_desktop.vault.attempts:since", _one_gap,
           ("tests/vault/test_hostile_logs.py", "-k", "new_file")),
    Switch("a log that cannot be read stops nobody", "R-AUD-10",
           "mrd_desktop.vault.attempts:AttemptLog._of",
           lambda _: lambda log, slot: [a for a in log.read() if a.slot == slot],
           ("tests/vault/test_hostile_logs.py", "-k", "told_once")),
    Switch("logs from their beginning after a restore", "R-AUD-10, R-BAK-05",
           "mrd_desktop.vault.session:Session.forget_logs", gives(None),
           ("tests/vault/test_hostile_logs.py", "-k", "restored")),
    Switch("nothing open after a coming that broke", "R-AUD-10",
           "mrd_desktop.vault.session:let_in",
           lambda _: lambda session: (session.come_in(), session)[1],
           ("tests/vault/test_hostile_logs.py", "-k", "leaves_nothing_open")),
    Switch("record of a right password that let nobody in", "R-AUD-10, R-ACC-09",
           "mrd_desktop.vault.signin:_Entrance._refused",
           lambda _: lambda entrance, user, refusal: refusal,
           ("tests/vault/test_hostile_logs.py", "-k", "has_ended")),
    Switch("record of another name at the lock", "R-AUD-10, R-ACC-09",
           "mrd_desktop.vault.session:Session._note_other", gives(None),
           ("tests/vault/test_hostile_logs.py", "-k", "at_the_lock")),
    Switch("record of a one-time code that was typed", "R-AUD-10",
           "mrd_desktop.vault.signin:_Entrance.note_code", gives(None),
           ("tests/vault/test_hostile_logs.py", "-k", "right_code")),
    Switch("an act is no visit", "R-AUD-10", "mrd_desktop.record.projection:_ACTS",
           lambda real: {**real, "review.noted": lambda fold, record, body: real["review.noted"](
               fold, record, {n: v for n, v in body.items() if n != "act"})},
           ("tests/transfer/test_forged_lines.py", "-k", "never_a_visit")),
    Switch("an act with a visit in it from a site", "R-PKG-10",
           "mrd_desktop.record.shapes:_Note.fault", lambda _: shapes.Shape.fault,
           ("tests/vault/test_hostile_logs.py", "tests/transfer/test_forged_lines.py",
            "-k", "says_more or never_a_visit")),
    Switch("no coming on a copy that lacks records", "R-AUD-10, R-BAK-05",
           "mrd_desktop.vault.session:Session._aside", gives(None),
           ("tests/vault/test_presence.py", "-k", "lacks or nobody_confirmed")),
    Switch("daily check by command", "R-AUD-06",
           "mrd_desktop.cli.sessions:check_daily", gives(None),
           ("tests/cli/test_sign_in.py", "-k", "first_command")),
    Switch("record of failed sign-ins", "R-AUD-10, R-ACC-09",
           "mrd_desktop.vault.session:Session._failures", gives(()),
           ("tests/transfer/test_scripted_day.py",)),
    Switch("signature under the list of installed files", "R-VAL-06",
           "mrd_desktop.installation:seal_of",
           lambda _: lambda _raw, _signature, keys: next(iter(keys)),
           ("tests/test_installation.py", "tests/vault/test_unreleased.py")),
    Switch("installed files against their list", "R-VAL-06", "mrd_desktop.installation:_is",
           gives(True), ("tests/test_installation.py", "tests/vault/test_unreleased.py")),
    Switch("live work with a whole release alone", "R-VAL-06",
           "mrd_desktop.installation:Installation.bar", property_gives(None),
           ("tests/test_installation.py", "tests/vault/test_unreleased.py",
            "tests/ui/pages/test_live.py", "-k", "release or installation or installed or live")),
    Switch("program at the sign-in to a live folder", "R-VAL-06",
           "mrd_desktop.installation:started", gives(("", None)),
           ("tests/vault/test_unreleased.py",)),
    Switch("program found damaged during work", "R-VAL-06",
           "mrd_desktop.vault.program_check:_bar", gives(None),
           ("tests/vault/test_unreleased.py", "-k", "during")),
    Switch("no backup by itself where it could push a good one out", "R-VAL-06, R-BAK-05",
           "mrd_desktop.vault.rota:_doubtful", gives(False),
           ("tests/vault/test_unreleased.py", "-k", "by_itself")),
    Switch("signature under an update", "R-SEC-06, E-25", "mrd_desktop.transfer.update:_signer",
           gives("SHA256:synthetic"), ("tests/transfer/test_update.py", "-k", "what_is_wrong")),
    Switch("what an update is for", "R-SEC-06, E-25",
           "mrd_desktop.transfer.update:Statement.fault", gives(None),
           ("tests/transfer/test_update.py", "-k", "what_is_wrong")),
    Switch("places of an update's files", "R-SEC-06, E-25",
           "mrd_desktop.transfer.update:misplaced", gives(None),
           ("tests/transfer/test_update.py", "-k", "what_is_wrong")),
    Switch("contents of an update's files", "R-SEC-06, E-25",
           "mrd_desktop.transfer.update:_whole", lambda _: lambda _name, chunks, _sha256: chunks,
           ("tests/transfer/test_update.py", "-k", "what_is_wrong")),
    Switch("an update read again before it counts", "R-SEC-06, E-25",
           "mrd_desktop.transfer.updating:_looked", _looks_whole,
           ("tests/transfer/test_update.py", "-k", "read_again")),
    Switch("one installation at a time", "R-SEC-06, E-25",
           "mrd_desktop.transfer.updating:_alone", lambda _: lambda _beside: nullcontext(),
           ("tests/transfer/test_update.py", "-k", "waits_for_the_other")),
    Switch("the update that was shown", "R-SEC-06",
           "ui.pages.admin_update:look", _any_update,
           ("tests/ui/pages/test_update.py", "-k", "put_in_its_place")),
    Switch("passwords typed for one update", "R-SEC-06",
           "ui.pages.admin_update:UpdatePart._forget", gives(None),
           ("tests/ui/pages/test_update.py", "-k", "no_other")),
    Switch("an update that an order led back from", "R-SEC-06",
           "mrd_desktop.transfer.updating:judge_at", gives(None),
           ("tests/transfer/test_update_at_site.py",)),
    Switch("no update without people where a site is known", "R-SEC-06",
           "mrd_desktop.cli.update:_require_no_site", gives(None),
           ("tests/cli/test_update.py", "-k", "without_people")),
    Switch("the list of an order back", "R-SEC-06",
           "mrd_desktop.cli.update:_require_list", gives(None),
           ("tests/cli/test_update.py", "-k", "order_back or another_file")),
    Switch("an update by two people", "R-SEC-06", "mrd_desktop.vault.updating:witness", _anybody,
           ("tests/cli/test_update.py", "tests/vault/test_versions.py")),
    Switch("two people under the record of an update", "R-SEC-06",
           "mrd_desktop.ledger.trust:Trust._check_note", gives(None),
           ("tests/ledger/test_two_people.py",)),
    Switch("no older program in a live folder", "R-SEC-06",
           "mrd_desktop.vault.versions:too_old", gives(None), ("tests/vault/test_versions.py",)),
    Switch("clinical data alone make a version the newest", "R-SEC-06",
           "mrd_desktop.vault.versions:_CLINICAL", lambda _: frozenset(Kind),
           ("tests/vault/test_versions.py", "-k", "shuts_nobody_out")),
    Switch("the version that was left by order", "R-SEC-06",
           "mrd_desktop.vault.versions:is_withdrawn", gives(False),
           ("tests/vault/test_versions.py", "-k", "was_left")),
    Switch("the session that carried out an order back", "R-SEC-06",
           "mrd_desktop.vault.updating:_end_live_work", gives(None),
           ("tests/vault/test_versions.py", "-k", "was_left")),
    Switch("record of the installed program", "R-AUD-10, R-VAL-06",
           "mrd_desktop.vault.program_check:note", gives(False),
           ("tests/transfer/test_scripted_day.py", "tests/vault/test_program_check.py")),
    Switch("lock of an idle window", "R-SES-01", "ui.app:Program._idled", gives(None),
           ("tests/ui/pages/test_doors.py", "tests/ui/pages/test_session_paths.py",
            "-k", "locks_by_itself or four_fifty")),
    Switch("the own password for each signature", "R-SIG-03, E-08",
           "mrd_desktop.vault.session:Session._reopened", _any_password,
           ("tests/ui/pages/test_session_paths.py", "-k", "each_state and signed")),
    Switch("the name, too, after a lock", "R-SIG-03, E-08",
           "mrd_desktop.vault.session:Session._is_own", gives(True),
           ("tests/ui/pages/test_session_paths.py", "tests/vault/test_storage.py",
            "-k", "each_state and another or lock_forgets")),
    Switch("the password once more for accounts and trust", "R-ACC-02, E-08",
           "mrd_desktop.vault.session:Session.fresh", property_gives(True),
           ("tests/vault/test_reauthentication.py",)),
    Switch("only what was on the screen is signed", "R-SIG-10, E-08",
           "mrd_desktop.record.signing:is_seen", gives(True),
           ("tests/record/test_signing.py", "-k", "not_on_the_screen")),
    Switch("a line that flies past was not on the screen", "R-SIG-10",
           "ui.widgets.in_sight:InSight.whole", property_gives(True),
           ("tests/ui/pages/test_review.py", "-k", "all_of_it_was_in_sight")),
    Switch("the end of an opened form", "R-SIG-10", "ui.form.sight:_whole", gives(True),
           ("tests/ui/pages/test_review.py", "-k", "its_end_was_shown")),
    Switch("a form that was laid out anew", "R-SIG-10", "ui.form.sight:FormSight._look",
           _one_layout, ("tests/ui/test_form_sight.py", "-k", "laid_out_anew")),
    Switch("lines that another width cut", "R-SIG-10", "ui.pages.sign_detail:SignDetail._refit",
           gives(None), ("tests/ui/pages/test_review.py", "-k", "another_width")),
    Switch("what lies to the right of the window", "R-SIG-10", "ui.form.sight:QRegion", _tall,
           ("tests/ui/test_form_sight.py", "-k", "to_the_right")),
    Switch("records of the trail that were on the screen", "R-AUD-09",
           "ui.pages.admin_trail:TrailPart._saw",
           lambda _: lambda part: part._in_sight.update(range(100_000)),
           ("tests/ui/pages/test_trail_review.py", "-k", "keyboard_alone")),
    Switch("printed name and local time in a signature", "R-SIG-01",
           "mrd_desktop.vault.session:Session.signs_as", lambda _: lambda _session: {},
           ("tests/ui/pages/test_manifestation.py",)),
    Switch("the signature at the head of a form", "R-SIG-01",
           "ui.form.view:FormView._show_signature", gives(None),
           ("tests/ui/pages/test_manifestation.py",)),
    Switch("the printed name in the ODM history", "R-SIG-01",
           "mrd_desktop.transfer.odm_stamps:printed", gives({}),
           ("tests/transfer/test_odm_history.py", "-k", "printed_name")),
    Switch("the own password to open a locked form", "R-DAT-08, E-08",
           "mrd_desktop.vault.session:Session._reopened", _any_password,
           ("tests/record/test_locking.py", "-k", "opening_again")),
    Switch("keys forgotten at a lock", "R-SES-01, E-08",
           "mrd_desktop.vault.session:Session._forget", gives(None),
           ("tests/ui/pages/test_session_paths.py", "-k", "identity_is_shut")),
    Switch("sleep of the computer", "R-SES-01, E-08", "ui.app:Program._woke", gives(None),
           ("tests/ui/pages/test_session_paths.py", "tests/ui/pages/test_doors.py",
            "-k", "slept")),
    Switch("end of a session that nobody comes back to", "R-SES-01", "ui.app:Program._deserted",
           gives(None), ("tests/ui/pages/test_session_paths.py", "-k", "half_an_hour")),
    Switch("own failed sign-ins told", "R-ACC-09", "ui.notices:MANY", lambda many: many * 1000,
           ("tests/ui/pages/test_doors.py", "-k", "failed_sign_ins")),
    Switch("failed sign-ins told to who manages users", "R-ACC-09",
           "mrd_desktop.vault.tries:_unseen", gives(()), ("tests/vault/test_tries.py",)),
    Switch("what is recorded while a package is judged", "R-PKG-08, R-PRV-03",
           "mrd_desktop.transfer.export:_ends_there", gives(True),
           ("tests/transfer/test_meanwhile.py", "-k", "takes_back")),
    Switch("failed sign-ins told to the sponsor", "R-ACC-09", "mrd_desktop.transfer.export:counted",
           gives(0), ("tests/transfer/test_tries_told.py",)),
    Switch("record of a refusal that is no role's", "E-07, R-ACC-02",
           "mrd_desktop.vault.session:Session._note_denial", gives(None),
           ("tests/vault/test_roles.py", "-k", "or_another_person")),
    Switch("sleep and lock as the system tells them", "R-SES-01, E-08", "ui.away:_connect",
           gives(True), ("tests/ui/test_away.py",)),
    Switch("end before the computer sleeps", "R-SES-01, E-08", "ui.app:Program._falling_asleep",
           gives(None), ("tests/ui/pages/test_session_paths.py", "-k", "falling")),
    Switch("dots when the caret leaves", "R-ACC-07", "ui.widgets.asked:SecretLine.focusOutEvent",
           gives(None), ("tests/ui/test_secret_line.py",)),
    Switch("strength of a suggestion", "R-ACC-07", "mrd_desktop.vault.suggesting:count", gives(3),
           ("tests/vault/test_suggesting.py",)),
    Switch("lock at a fault", "R-SEC-09", "ui.app:Program._forget_keys", gives(None),
           ("tests/ui/pages/test_doors.py", "-k", "last_resort")),
    Switch("last resort step by step", "R-SEC-09", "ui.app:_tried",
           lambda _: lambda step: step(), ("tests/ui/pages/test_doors.py", "-k", "last_resort")),
    Switch("a file for support holds what its fields may hold", "R-DOC-04",
           "mrd_desktop.support.fields:_fits", gives(True),
           ("tests/support/test_bundle.py", "-k", "shape_allows")),
    Switch("a text without a shape has no place in a file for support", "R-DOC-04",
           "mrd_desktop.support.fields:_LEAVES", lambda leaves: (*leaves, str),
           ("tests/support/test_bundle.py", "-k", "without_a_shape")),
    Switch("words of a report go along where they were ticked", "R-DOC-04",
           "mrd_desktop.support.bundle:_ticked", lambda _: lambda bundle, _ticked: bundle,
           ("tests/support/test_bundle.py", "-k", "ticked or nothing_that_was_typed")),
    Switch("words of a report that name somebody never go along", "R-DOC-04",
           "mrd_desktop.support.inside:names_somebody", gives(False),
           ("tests/support/test_bundle.py", "-k", "ticked")),
    Switch("a fault is told without its message", "R-SEC-03, E-17",
           "mrd_desktop.vault.faultlog:kind_and_places",
           lambda _: lambda fault: (str(fault), ()),
           ("tests/faults/test_log_canaries.py", "-k", "no_canary")),
    Switch("odd names of a fault stand in one line", "R-SEC-03, E-17", "mrd_desktop.faults:_plain",
           lambda _: str, ("tests/faults/test_log_canaries.py", "-k", "odd_name")),
    Switch("log of faults", "R-SEC-09", "mrd_desktop.vault.faultlog:keep", gives(None),
           ("tests/ui/pages/test_doors.py", "tests/vault/test_faultlog.py", "-k", "fault")),
    Switch("record of faults", "R-SEC-09, R-AUD-10", "mrd_desktop.vault.session:Session._faults",
           gives(()), ("tests/vault/test_faultlog.py",)),
    Switch("shape of a line about a fault", "R-SEC-03, E-17", "mrd_desktop.vault.faultlog:_shaped",
           lambda _: lambda _shape, value: str(value),
           ("tests/vault/test_faultlog.py", "-k", "no_line_of_ours")),
    Switch("hours of a session in the core", "R-SES-01",
           "mrd_desktop.vault.session:Session._in_time", gives(None),
           ("tests/vault/test_session_end.py",)),
    Switch("data key forgotten at the end", "R-SES-01", "mrd_desktop.vault.database:Database.close",
           lambda _: lambda database: database._shut(),
           ("tests/vault/test_session_end.py", "-k", "keeps_no_key")),
    Switch("another than the maker confirms", "R-SIG-05", "mrd_desktop.vault.accounts:makers",
           gives(()), ("tests/vault/test_confirming.py", "-k", "maker_who_is_alone")),
    Switch("two people for a key of the recovery sheet", "R-SIG-05",
           "mrd_desktop.vault.accounts:by_sheet", gives(False),
           ("tests/vault/test_confirming.py", "-k", "recovery_sheet_gave")),
    Switch("second signature for the present key alone", "R-SIG-05",
           "mrd_desktop.ledger.trust:Trust._check_present", gives(None),
           ("tests/vault/test_confirming.py", "-k", "says_nothing_of_another_key")),
    Switch("confirmed is the present key alone", "R-SIG-05",
           "mrd_desktop.vault.accounts:_of_present_key", gives(True),
           ("tests/vault/test_confirming.py", "-k", "of_a_former_key")),
    Switch("whose key one person confirmed, on the sponsor's roster", "R-SIG-05, R-ACC-03",
           "mrd_desktop.transfer.delegation:by_one_person", gives(()),
           ("tests/cli/test_roster.py", "-k", "one_person")),
    Switch("a clock set forward shortens no wait", "R-ACC-09, E-06",
           "mrd_desktop.vault.attempts:_run", gives(0),
           ("tests/vault/test_brute_force.py", "-k", "hundred")),
    Switch("a slot whose new key no record tells yet keeps its part", "R-ACC-05, R-ACC-10",
           "mrd_desktop.vault.boxes:note", gives(None),
           ("tests/vault/test_data_key.py", "-k", "no_record_tells_yet")),
    Switch("words about accounts name nobody", "R-SIG-05, R-ACC-03",
           "mrd_desktop.record.staff:names_somebody", gives(False),
           ("tests/record/test_staff.py",)),
    Switch("words of a report that nobody can check", "R-DOC-04, E-17",
           "mrd_desktop.support.inside:_can_check", gives(True),
           ("tests/support/test_bundle.py", "-k", "nobody_here_can_check")),
    Switch("no reason in place of who can look", "R-SIG-05, R-ACC-03",
           "mrd_desktop.vault.confirming:seconds", gives(()),
           ("tests/vault/test_confirming.py", "-k", "somebody_else_can_look")),
    Switch("signature of who looked as well", "R-SIG-05",
           "mrd_desktop.ledger.trust:Trust._check_confirmed", gives(None),
           ("tests/vault/test_confirming.py", "-k", "did_not_sign")),
    Switch("delegation log before a key is confirmed", "R-SIG-05",
           "mrd_desktop.vault.confirming:_unlisted", gives(True),
           ("tests/vault/test_confirming.py", "-k", "maker_who_is_alone")),
    Switch("differences settled before a lock", "R-DAT-06",
           "mrd_desktop.record.locking:_differs", gives(False),
           ("tests/record/second/test_second_entry.py", "-k", "neither_signed_nor_locked")),
    Switch("whole forms among what is critical", "R-DAT-06",
           "mrd_desktop.study.building.conduct:_has_source", gives(False),
           ("tests/study/test_source_checks.py", "-k", "stands_for_all")),
    Switch("second entry of critical forms", "R-DAT-06", "mrd_desktop.study.build:keyed_twice",
           lambda _: lambda _document, forms, _critical: forms,
           ("tests/study/test_source_checks.py", "-k", "every_critical_form")),
    Switch("critical values without a second look told", "R-DAT-06",
           "mrd_desktop.transfer.preview:unseen", gives(()),
           ("tests/transfer/test_before_it_leaves.py", "-k", "second_look")),
    Switch("signature beside a certified copy", "R-REC-02",
           "mrd_desktop.insight.reports.certified:CERTIFIED", lambda _: frozenset(),
           ("tests/insight/reports/test_certified.py",)),
    Switch("one receiver at a time", "R-PKG-09", "mrd_desktop.vault.lock:_take", gives(None),
           ("tests/transfer/test_receivers.py", "-k", "at_once and folder")),
    Switch("one process a folder", "R-SES-04, E-15", "mrd_desktop.vault.lock:_take", gives(None),
           ("tests/vault/test_signin.py", "tests/faults/test_concurrency.py",
            "-k", "second_process or second_session or one_process_works")),
    Switch("team's tables of another copy", "R-PKG-02", "mrd_desktop.transfer.team:_check_same",
           gives(None), ("tests/transfer/test_team.py", "-k", "older_copy")),
    Switch("team's database of another store", "R-PKG-02",
           "mrd_desktop.transfer.team:_check_owner", gives(None),
           ("tests/transfer/test_team.py", "-k", "belongs")),
    Switch("team's tables of what was taken back", "R-PRV-03",
           "mrd_desktop.transfer.team:refold", gives(None),
           ("tests/transfer/test_team.py", "-k", "taken_back")),
    Switch("heads on which datasets rest", "R-REC-01", "mrd_desktop.transfer.publish:_standing",
           lambda _: store.head, ("tests/transfer/test_exported.py", "-k", "changes_no_data")),
    Switch("form ID in the listings", "R-PKG-05", "mrd_desktop.transfer.listings:shown",
           gives(True), ("tests/transfer/test_listings.py", "-k", "own_ledger and folder")),
    Switch("what is released later", "R-REC-05", "mrd_desktop.ledger.store:open_later",
           gives(False), ("tests/transfer/test_release.py", "-k", "releases_what_was_held")),
    Switch("line breaks in a CSV cell", "R-REC-05", "mrd_desktop.transfer.datasets:_quoted",
           lambda _: str, ("tests/transfer/test_nothing_lost.py",)),
    Switch("record of an annotation", "R-REC-01",
           "mrd_desktop.transfer.odm_stamps:Stamp.named", gives("AN.same"),
           ("tests/transfer/test_odm_history.py", "-k", "its_own_record or official")),
    Switch("signature in ODM 2.0 that a change took away", "R-SIG-02",
           "mrd_desktop.transfer.odm2:recorded_forms", _all_signed,
           ("tests/transfer/test_odm2.py", "-k", "until_its_form")),
    Switch("questions in ODM 2.0 about what has no element", "R-REC-05",
           "mrd_desktop.transfer.odm2:_Writer._apart", gives([]),
           ("tests/transfer/test_odm2.py", "-k", "where_it_belongs")),
    Switch("form ID in ODM 2.0", "R-PKG-05", "mrd_desktop.transfer.odm_forms:FormReader.form",
           lambda _: lambda reader, one: reader._words.by_form.get(one.key.form),
           ("tests/transfer/test_odm2.py", "-k", "names_of_persons")),
    Switch("what another computer said of a query, in ODM", "R-REC-05",
           "mrd_desktop.transfer.odm_threads:OPENED_ON", lambda _: "nowhere",
           ("tests/transfer/test_odm2.py", "-k", "another_computer")),
    Switch("units beside the values in ODM 2.0", "R-REC-05",
           "mrd_desktop.transfer.odm2:_Writer._units", gives(None),
           ("tests/transfer/test_formats.py", "-k", "in_odm_2")),
    Switch("the owner alone writes", "R-SES-04", "mrd_desktop.record.owning:owned_here",
           gives(True), ("tests/transfer/test_handover.py", "-k", "nothing_is_written")),
    Switch("Save where another computer owns", "R-SES-04", "mrd_desktop.record.saving:owned_here",
           gives(True), ("tests/transfer/test_handover.py", "-k", "there_and_back")),
    Switch("what is apart", "R-SES-04", "mrd_desktop.record.projection:settle", gives(None),
           ("tests/transfer/test_handover.py", "-k", "old_computer")),
    Switch("old copy of a folder", "R-SES-04", "mrd_desktop.transfer.handover.taking:own_stretch",
           gives(None), ("tests/transfer/test_handover.py", "-k", "copied_folder")),
    Switch("copied folder of another computer", "R-SES-04",
           "mrd_desktop.transfer.handover.taking:verified", gives(None),
           ("tests/transfer/test_handover.py", "-k", "copied_folder")),
    Switch("two people for a take-over by force", "R-SES-04",
           "mrd_desktop.record.handing:witness", _anybody,
           ("tests/transfer/test_handover.py", "-k", "by_two_people")),
    Switch("signatures under what two people do", "R-SES-04",
           "mrd_desktop.ledger.trust:Trust._require_two_people", gives(None),
           ("tests/ledger/test_two_people.py",)),
    Switch("state of what was handed over", "R-SES-04", "mrd_desktop.record.handing:_differs",
           gives(False), ("tests/transfer/test_handover.py", "-k", "stands_otherwise")),
    Switch("what a file of another computer retells", "R-SES-04",
           "mrd_desktop.transfer.handover.judging:Retold.step", gives(""),
           ("tests/transfer/test_handover.py", "-k", "stray")),
    Switch("openings that a file of another computer leaves out", "R-SES-04",
           "mrd_desktop.transfer.handover.judging:verify_records", _incomplete,
           ("tests/transfer/test_handover.py", "-k", "without_an_opening")),
    Switch("stand-ins that a redaction names", "R-AUD-13",
           "mrd_desktop.record.retold:Retold._stand_in", gives(""),
           ("tests/record/test_retold.py",)),
    Switch("redactions that two people signed for", "R-AUD-13",
           "mrd_desktop.record.retold:Retold._erasure", gives(""),
           ("tests/record/test_retold.py",)),
    Switch("a claim that knew nothing of the handing", "R-SES-04",
           "mrd_desktop.record.owning:_stale", gives(False),
           ("tests/record/test_owning.py",)),
    Switch("identity closed behind a destroyed link", "R-PRV-04",
           "mrd_desktop.record.verifying:_unlinked", _every_number,
           ("tests/transfer/test_handover.py", "-k", "closed_behind")),
    Switch("typing that repeats what another computer erased", "R-AUD-13",
           "mrd_desktop.transfer.handover.taking:drop_repeating", gives(None),
           ("tests/transfer/test_handover.py", "-k", "former_owner_redacts")),
    Switch("a destroyed link takes identities alone", "R-PRV-04",
           "mrd_desktop.ledger.store:_PRIVATE_ALONE", lambda _: (),
           ("tests/ledger/test_store.py", "-k", "destroyed_link")),
    Switch("corrections of a later owner", "R-PRV-05",
           "mrd_desktop.record.requests:placing_in", _by_number_alone,
           ("tests/transfer/test_handover.py", "-k", "later_owner_did")),
    Switch("paper of a later owner", "R-SES-04",
           "mrd_desktop.record.reading:placing_in", _by_number_alone,
           ("tests/transfer/test_handover.py", "-k", "later_owner_did")),
    Switch("typing that repeats nothing", "R-AUD-13",
           "mrd_desktop.record.echoes:repeats", gives(True),
           ("tests/record/test_redacted_words.py", "-k", "repeats_nothing")),
    Switch("lists after a file of another computer", "R-SES-04",
           "mrd_desktop.record.touched:subject_numbers", gives(()),
           ("tests/transfer/test_handover.py", "-k", "lists_read")),
    Switch("what is signed by two people, along a chain", "R-SES-04",
           "mrd_desktop.ledger.verify:SIGNED_KINDS", lambda kinds: kinds - {Kind.SUBJECT_RECEIVED},
           ("tests/ledger/test_two_people.py", "-k", "walk")),
    Switch("a visit without forms is somebody's to remove", "R-ACC-02",
           "mrd_desktop.record.casebook:refuse_setting_aside",
           lambda real: lambda s, f, held, why: None if held is None else real(s, f, held, why),
           ("tests/record/test_setting_aside.py", "-k", "without_forms")),
    Switch("blocks of subject numbers", "R-SES-04", "mrd_desktop.record.casebook:may_give",
           gives(True), ("tests/transfer/test_handover.py", "-k", "same_number")),
    Switch("a copy of the store's key asks for the password", "R-SEC-01",
           "mrd_desktop.vault.session:Session.verify_password", gives(None),
           ("tests/transfer/test_other_tools.py", "-k", "on_record")),
    Switch("live data go abroad under an approval alone", "R-PKG-08",
           "mrd_desktop.vault.abroad:barred", gives(None),
           ("tests/transfer/test_abroad.py", "-k", "approval_that_runs")),
    Switch("a bar that two people set outlasts a key that one replaces", "R-PKG-08",
           "mrd_desktop.vault.abroad:said_of", _of_any_key,
           ("tests/transfer/test_abroad.py", "-k", "one_person")),
    Switch("what two people said of a key is of no other", "R-PKG-04, R-PKG-08",
           "mrd_desktop.vault.abroad:said_of", _of_the_key_before,
           ("tests/transfer/test_abroad.py", "-k", "carried_over")),
    Switch("a new key by a file alone was compared", "R-PKG-04",
           "mrd_desktop.vault.trust:require_compared", gives(None),
           ("tests/transfer/test_abroad.py", "tests/transfer/test_keys_of_computers.py",
            "-k", "carried_over or once_it_was_compared")),
    Switch("a live key counts once two people have said where it is", "R-PKG-04, E-26",
           "mrd_desktop.vault.abroad:barred", _unsaid_goes,
           ("tests/transfer/test_jurisdictions.py", "-k", "nobody")),
    Switch("genetic data go abroad under an approval for them alone", "R-PKG-08, E-26",
           "mrd_desktop.vault.abroad:genes_go", gives(True),
           ("tests/transfer/test_jurisdictions.py", "-k", "wider")),
    Switch("a package holds what each of its recipients may have", "R-PKG-08, E-26",
           "mrd_desktop.vault.abroad:genes_go",
           lambda _: lambda found: any(one.lets_genes for one in found),
           ("tests/transfer/test_jurisdictions.py", "-k", "SG")),
    Switch("what may no longer be abroad is taken back", "R-PKG-08, E-26",
           "mrd_desktop.transfer.export:retracted", gives([]),
           ("tests/transfer/test_jurisdictions.py", "-k", "narrower")),
    Switch("an approval without a scope is for clinical data alone", "R-PKG-08, E-26",
           "mrd_desktop.vault.abroad:genetic", gives(True),
           ("tests/transfer/test_jurisdictions.py", "-k", "scope")),
    Switch("headers and deletions alone", "R-PKG-08",
           "mrd_desktop.transfer.barred:Barrier.holds", gives(False),
           ("tests/transfer/test_deletions.py", "-k", "recorded_since")),
    Switch("that a link was destroyed is told of everybody", "R-PRV-05, R-PKG-08",
           "mrd_desktop.transfer.release:TELL_TO_DELETE",
           lambda kinds: kinds - {Kind.LINK_DESTROYED},
           ("tests/transfer/test_tail_abroad.py", "-k", "who_has_withdrawn")),
    Switch("why an account was closed waits", "R-PKG-08",
           "mrd_desktop.transfer.barred:Barrier.holds", _leaves_too(Kind.USER_CLOSED),
           ("tests/transfer/test_deletions.py", "-k", "recorded_since")),
    Switch("how many participants there are waits", "R-PKG-08",
           "mrd_desktop.transfer.barred:Barrier.holds", _leaves_too(Kind.PACKAGE_BEGUN),
           ("tests/transfer/test_deletions.py", "-k", "recorded_since")),
    Switch("a closed key that is told late is judged", "R-PKG-08",
           "mrd_desktop.transfer.receive:_of_keys", gives(False),
           ("tests/transfer/test_deletions.py", "-k", "recorded_since")),
    Switch("what was held waits for the approval", "R-PKG-08",
           "mrd_desktop.transfer.barred:Barrier.holds", _nothing_before,
           ("tests/transfer/test_deletions.py", "-k", "held_before")),
    Switch("a key that got no package is told nothing", "R-PKG-04, R-PKG-08",
           "mrd_desktop.transfer.barred:_sealed_for", gives(True),
           ("tests/transfer/test_deletions.py", "-k", "no_package")),
    Switch("a recipient without packages is told nothing", "R-PKG-08",
           "mrd_desktop.transfer.lineage:owes_all", gives(False),
           ("tests/transfer/test_deletions.py", "-k", "second_store")),
    Switch("an approval that is over takes nothing back", "R-PKG-08",
           "mrd_desktop.transfer.barred:genes_stand", gives(False),
           ("tests/transfer/test_deletions.py", "-k", "before_it_was_asked")),
    Switch("ranges of laboratories that come late are projected", "R-PKG-08",
           "mrd_desktop.transfer.refold:about_of", _of_subjects_alone,
           ("tests/transfer/test_deletions.py", "-k", "recorded_since")),
    Switch("a file handed out again is judged by today's rules", "R-PKG-08, E-26",
           "mrd_desktop.transfer.again:_require_today", gives(None),
           ("tests/transfer/test_ways_out.py", "-k", "leaves_again")),
    Switch("a reply that repeats what is held is held", "R-PKG-08, E-26",
           "mrd_desktop.transfer.release:Release._reply_reason", gives(None),
           ("tests/transfer/test_ways_out.py", "-k", "words_of_a_question")),
    Switch("a query is told by its computer", "R-PKG-08, R-SES-04",
           "mrd_desktop.transfer.release:Release._asked_in",
           lambda _: lambda self, body, _chain: self._alike.get(body.get("query"), []),
           ("tests/transfer/test_ways_out.py", "-k", "count_their_queries")),
    Switch("a digest that can be guessed is held", "R-PKG-08, R-PRV-08, E-26",
           "mrd_desktop.transfer.release:Release._digest_tells", gives(False),
           ("tests/transfer/test_ways_out.py", "-k", "a_digest_over")),
    Switch("a digest that cannot be guessed is signed", "R-PKG-08, R-PRV-08, E-26",
           "mrd_desktop.record.signing:apart", gives(()),
           ("tests/transfer/test_ways_out.py", "-k", "a_digest_over_an_age")),
    Switch("what was held and leaves is looked at", "R-PKG-08, E-26",
           "mrd_desktop.transfer.preview:leaving", gives([]),
           ("tests/transfer/test_ways_out.py", "-k", "looked_at_and_signed")),
    Switch("a check that tells of a result is held", "R-PKG-08, E-26",
           "mrd_desktop.transfer.release:telling", gives(frozenset()),
           ("tests/transfer/test_ways_out.py", "-k", "what_a_check_tells")),
    Switch("words of a form with a marked section are held", "R-PKG-08, E-26",
           "mrd_desktop.transfer.release:GeneticPlaces.words_on", gives(False),
           ("tests/transfer/test_ways_out.py", "-k", "words_about_a_form")),
    Switch("a new key is signed by the one before", "R-PKG-04",
           "mrd_desktop.ledger.sshsig:verify", gives(b""),
           ("tests/transfer/test_rotation_of_keys.py", "-k", "not_followed")),
    Switch("a computer's new key is signed by the one known here", "R-PKG-04, R-SES-04",
           "mrd_desktop.ledger.rotations:reached", _anybody_follows,
           ("tests/transfer/test_keys_of_computers.py", "-k", "label")),
    Switch("a computer's own records tell of its new key", "R-PKG-04, R-SES-04",
           "mrd_desktop.transfer.handover.taking:signed_by_its_key", gives(None),
           ("tests/transfer/test_keys_of_computers.py", "-k", "do_not_tell")),
    Switch("a card leads from the key that the sponsor names", "R-PKG-04, R-SES-04",
           "mrd_desktop.vault.computers:_certified", gives(True),
           ("tests/transfer/test_keys_of_computers.py", "-k", "live")),
    Switch("an older copy gets no key of its own", "R-PKG-04, R-BAK-05",
           "mrd_desktop.vault.session:Session._no_hold", gives(None),
           ("tests/transfer/test_older_copy.py", "-k", "key_of_its_own")),
    Switch("signing in writes nothing where records can come back", "R-BAK-05",
           "mrd_desktop.transfer.tail.coming:_newer", gives(False),
           ("tests/transfer/test_tail.py", "-k", "archive_holds_comes")),
    Switch("nothing is recorded where missing records belong", "R-BAK-05",
           "mrd_desktop.vault.session:Session._no_hold", gives(None),
           ("tests/transfer/test_while_held.py", "-k", "stands_in_their_place and i")),
    Switch("what leaves records is refused at once where some are missing", "R-BAK-05",
           "mrd_desktop.vault.session:RECORDING", lambda _: frozenset(),
           ("tests/vault/test_matrix.py", "-k", "each_state and siteadmin")),
    Switch("a number that was lost with its record is not given again", "R-BAK-05",
           "mrd_desktop.record.numbering:_saying", gives([]),
           ("tests/transfer/test_tail.py", "-k", "number")),
    Switch("a reply that confirms what is not here is heard", "R-PKG-03, R-BAK-05",
           "mrd_desktop.transfer.reply:_beyond", gives(False),
           ("tests/transfer/test_rolled_back.py", "-k", "hears")),
    Switch("a new data key asks for a backup until one is made", "R-ACC-05, R-BAK-01",
           "mrd_desktop.vault.statements:backup_seq", gives(2**31),
           ("tests/vault/test_data_key.py", "-k", "copied")),
    Switch("a restored folder asks for later packages", "R-BAK-05",
           "mrd_desktop.transfer.surroundings:_restored", gives(None),
           ("tests/transfer/test_surroundings.py", "-k", "restored")),
    Switch("what came back without content stays named", "R-BAK-05",
           "mrd_desktop.transfer.surroundings:_lacking", lambda _: lambda conn, chain: (),
           ("tests/transfer/test_surroundings.py", "-k", "restored")),
    Switch("a package brings back no account and no key", "R-BAK-05",
           "mrd_desktop.transfer.tail.following:OUTSIDE", lambda _: frozenset(),
           ("tests/transfer/test_tail.py", "-k", "accounts")),
    Switch("what deletions left out is looked at where it comes late", "R-BAK-05, R-PKG-08",
           "mrd_desktop.transfer.tail.following:_Step._late",
           lambda _: lambda step, seq, kind, body: step.found.add(seq),
           ("tests/transfer/test_tail_abroad.py", "-k", "user")),
    Switch("what deletions left out and nothing brought is not passed over", "R-BAK-05, R-PKG-08",
           "mrd_desktop.transfer.tail.following:Following.refuse_unknown", gives(False),
           ("tests/transfer/test_tail_abroad.py", "-k", "user")),
    Switch("a link destroyed in a tail is destroyed where it comes late", "R-BAK-05, R-PRV-04",
           "mrd_desktop.transfer.tail.taking:_Adoption._watch", gives(None),
           ("tests/transfer/test_tail_abroad.py", "-k", "link")),
    Switch("only what was taken back lacks its content by leave", "R-BAK-05",
           "mrd_desktop.ledger.verify:_Walk._taken_back",
           lambda _: lambda walk, tail: walk.excuse(range(1, 1000)),
           ("tests/transfer/test_tail.py", "-k", "excuse")),
    Switch("a new key follows the one that is trusted", "R-PKG-04",
           "mrd_desktop.vault.trust:followed", _whoever_signed,
           ("tests/transfer/test_rotation_of_keys.py", "-k", "not_followed")),
    Switch("an amendment lifts no genetic mark", "R-PKG-08, R-PRV-03",
           "mrd_desktop.transfer.release:ever_in_force", lambda _: lambda conn, study: (study,),
           ("tests/transfer/test_release.py", "-k", "lifts_no_genetic")),
    Switch("a former key tells of the change and nothing else", "R-PKG-04",
           "mrd_desktop.transfer.receive:_Receipt._judge_signer", gives(None),
           ("tests/transfer/test_rotation_of_keys.py", "-k", "taken_before")),
    Switch("a store speaks for itself alone", "R-PKG-04",
           "mrd_desktop.transfer.reply:speaks_for_itself", gives(None),
           ("tests/transfer/test_rotation_of_keys.py", "-k", "name_of_another")),
    Switch("free blocks only", "R-SES-04", "mrd_desktop.vault.computers:_check_block",
           gives(None), ("tests/transfer/test_handover.py", "-k", "not_free")),
    Switch("workbooks that grow or declare entities", "R-PKG-10",
           "mrd_desktop.record.importing.table:_refuse_bomb", gives(None),
           ("tests/hostile/test_bombs.py", "-k", "entities")),
    Switch("links and room for a backup", "R-PKG-10", "mrd_desktop.vault.backup:_size", gives(0),
           ("tests/hostile/test_bombs.py", "-k", "link_in_a_backup")),
    Switch("a backup's list that no key signed", "R-BAK-03", "mrd_desktop.vault.backup:voucher",
           _signed_by_all, ("tests/transfer/test_which_backup.py", "-k", "no_key_signed")),
    Switch("a backup's list that another key signed", "R-BAK-03", "mrd_desktop.vault.backup:latest",
           _any_key, ("tests/transfer/test_which_backup.py", "-k", "somebody_elses")),
    Switch("a restore is recorded by what the data hold", "R-BAK-03",
           "mrd_desktop.vault.signin:_holds", gives(True),
           ("tests/transfer/test_which_backup.py", "-k", "what_the_data_hold")),
    Switch("files that a backup may list", "R-PKG-10", "mrd_desktop.vault.backup:_HELD",
           lambda held: held | {"evil.exe", "..", "NUL", "C:evil", "..\\evil", "data.mrd:x"},
           ("tests/hostile/test_bombs.py", "-k", "own_files_only")),
    Switch("a site's number is no path", "R-PKG-10", "mrd_desktop.vault.folder:SITE_NUMBER",
           lambda _: re.compile(".*", re.DOTALL),
           ("tests/hostile/test_names.py", "-k", "nothing_else")),
    Switch("a folder's number is no path", "R-PKG-10", "mrd_desktop.vault.manifest:SITE_NUMBER",
           lambda _: re.compile(".*", re.DOTALL),
           ("tests/hostile/test_names.py", "-k", "another_number")),
    Switch("what does not print in refusals", "R-PKG-10", "mrd_desktop.errors:_UNSEEN",
           lambda _: re.compile("(?!)"),
           ("tests/hostile/test_names.py", "-k", "shows_what")),
)  # fmt: skip
"""From E.2 of the compliance reference, as far as the rule is a part of the program."""
