"""What lies around a folder to compare it with, and what was taken back without content.

That nothing is found missing says no more than what there was to compare with. After a restore the
packages sent since may lie elsewhere: until they are laid beside the data, nothing tells of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import answered, backups_around
from mrd_desktop.transfer.container import PACKAGE, claimed
from mrd_desktop.transfer.loss import Lost
from mrd_desktop.vault.session import Session

NOTHING = Text("Nothing is found missing.", "未发现缺失记录。")
NOTHING_MORE = Text(
    "Nothing is found missing beyond what was signed for.", "除已签署的以外，未发现缺失记录。"
)
COMPARED = Text(
    "{found} Compared were the backups ({backups}) and packages ({packages}) that lie here.",
    "{found}已比对此处的备份（{backups} 份）和数据包（{packages} 个）。",
)
NOTHING_HERE = Text(
    "{found} But there is neither a backup nor a package here to compare with.",
    "{found}但此处没有可供比对的备份和数据包。",
)
ASK = Text(
    "This folder was restored from a backup that ends at record {seq} of {at}. {known} Ask the "
    "sponsor whether it received one since. If it did, enter nothing here: restore the backup once "
    "more into a new folder, lay the packages into its folder archive before anybody signs in, and "
    "take them back there.",
    "此文件夹由备份恢复，止于 {at} 的第 {seq} 条记录。{known}请向申办方核实是否收到过此后导出的"
    "数据包。如有，请勿在此录入：将备份重新恢复到新文件夹，在任何人登录之前把数据包放入其 archive "
    "文件夹，再在那里取回。",
)
KNOWS = Text(
    "The last package that it knows is No. {number}.", "其中所知最近的数据包为第 {number} 号。"
)
KNOWS_NONE = Text("It knows of no package.", "其中没有导出过数据包的记录。")
LACKING = Text(
    "Of the records taken back, {n} came without their content (identities, what stays at the "
    "site, what was not to leave). Enter it again from paper where that is still to be done; a "
    "subject that is gone first of all, under its own number.",
    "取回的记录中有 {n} 条没有内容（身份信息、仅供中心使用的内容、未获准外发的内容）。尚未补录的，"
    "请按纸质记录补录；若有受试者缺失，请先按其原编号补录。",
)


@dataclass(frozen=True, slots=True)
class Restored:
    """The backup that this folder was restored from, nothing having been sent since.

    Attributes:
        seq, at: its last record and when that was written (UTC).
        number: the last package that the folder knows, 0 for none.
    """

    seq: int
    at: str
    number: int

    def ask(self, at: str) -> Text:
        """What the sponsor is asked before anything is entered.

        Args:
            at: the moment as it is shown here.
        """
        known = KNOWS.filled(number=self.number) if self.number else KNOWS_NONE
        return ASK.filled(seq=self.seq, at=at, known=known)


@dataclass(frozen=True, slots=True)
class Around:
    """What there was to compare with, and what is known to lack its content.

    Attributes:
        backups, packages: of this chain, beside the data or where backups go.
        signed: somebody answered for records that are missing.
        lacking: records that were taken back and whose content no package held.
    """

    backups: int
    packages: int
    signed: bool
    restored: Restored | None
    lacking: tuple[Lost, ...]

    @property
    def told(self) -> Text:
        """What it says that nothing was found missing."""
        found = NOTHING_MORE if self.signed else NOTHING
        said = COMPARED if self.backups or self.packages else NOTHING_HERE
        return said.filled(found=found, backups=self.backups, packages=self.packages)


def around(session: Session) -> Around:
    """What lies around the open folder.

    Raises:
        PermissionDenied: the role may not verify.
    """
    session.require("verify")
    folder = session.folder
    laid = {n for place in (folder.archive, folder.outbox) for n in laid_in(place, folder.chain)}
    backups = sum(1 for _ in backups_around(session))
    with session.reading() as conn:
        signed = bool(answered(conn, folder.chain))
        restored, lacking = _restored(conn, folder.chain), tuple(_lacking(conn, folder.chain))
    return Around(backups, len(laid), signed, restored, lacking)


def laid_in(place: Path, chain: str) -> tuple[int, ...]:
    """The numbers of a chain's packages that lie in a folder, as their labels say: unproven."""
    found: set[int] = set()
    for path in place.glob("*.mrdpkg"):
        with suppress(MrdError, OSError):
            label = claimed(path, PACKAGE)
            if label.chain == chain:
                found.add(label.number)
    return tuple(sorted(found))


def _restored(conn: Connection, chain: str) -> Restored | None:
    kinds = (Kind.RESTORE_DONE, Kind.PACKAGE_SEALED)
    for record in lineage.latest(conn, chain, *kinds):
        if record.kind is Kind.PACKAGE_SEALED:  # the sponsor tells what does not follow its copy
            return None
        body = record.body
        if body.get("drill") or "tail" in body:
            continue
        head = body["head"]
        assert isinstance(head, dict)
        seq = int(head["seq"])
        at = store.record(conn, chain, seq).header.at
        return Restored(seq, at, lineage.sent(conn, chain).sealed or 0)
    return None


def _lacking(conn: Connection, chain: str) -> Iterator[Lost]:
    lost = sorted(lineage.lost(conn, chain))
    people = {str(s): str(u) for s, u in conn.execute(_WHO)} if lost else {}
    for seq in lost:
        header = store.record(conn, chain, seq).header
        yield Lost(seq, None, None, people.get(header.session, ""), header.at, "")


_WHO = text('SELECT session, "user" FROM p_session')
