"""The subject identification list: who stands behind each number. Never leaves the site.

Only what is needed to find a person again stands on it: no document numbers, no relatives.
"""

from __future__ import annotations

from mrd_desktop.insight.reports.issue import note_look
from mrd_desktop.insight.reports.model import Cell, Column, Report, Table, Words
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import VaultClosed

WHAT = "identities"
TITLE = Text("Subject identification list", "受试者鉴认代码表")
ITEMS = ("ID.PATNAME", "ID.BRTHDAT", "ID.MRN", "ID.OPNO", "ID.MOBILE")
SHARES = (1.4, 1.2, 1.4, 1.4, 1.4)
SUBJECT = Text("Subject", "受试者编号")
CONSENT = Text("Consent", "知情同意日期")
WARNING = Text(
    "Confidential. Keep under lock at the site; do not copy, send or photograph. "
    "Each look and each print is recorded.",
    "机密文件。须在本中心上锁保存，不得复制、外发或拍照。每次查看和打印均有记录。",
)


def identification_list(book: Casebook) -> Report:
    """Number and identity of every subject; the look is recorded before anything is read.

    Raises:
        PermissionDenied: the role may not see identity data.
        VaultClosed: the user does not hold the vault key.
    """
    session, study = book.session, book.study
    session.require("identity.see")
    if not session.has_vault:
        session.deny("identity.see", VaultClosed())
    note_look(session, WHAT)
    rows = []
    for subject in book.subjects():
        scene = Scene(study, book.data(subject.subject), vault=True)
        person, consent = scene.form("ID"), scene.form("IC")
        signed = consent.date("IC.RFICDAT") if consent else None
        cells = [Cell(subject.subject, strong=True)]
        for oid in ITEMS:
            answer = person.answer(oid) if person else None
            cells.append(Cell(meaning(study, study.by_item[oid], answer)))
        rows.append((*cells, Cell(signed.text if signed else "")))
    columns = (
        Column(SUBJECT),
        *(Column(study.by_item[o].text, s) for o, s in zip(ITEMS, SHARES, strict=True)),
        Column(CONSENT, 1.2),
    )
    blocks = (Words(WARNING), Table(columns, tuple(rows)))
    return Report(WHAT, TITLE, blocks, landscape=True, private=True)
