"""A synthetic site that was amended while it was at work."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mrd_desktop.study.load import definition_bytes, read_sources, study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.vault import definitions
from mrd_desktop.vault.session import Session
from tests.transfer.edition import Edits, edition

PAIN: Final = """      - oid: VS.PAIN
        en: Pain
        zh: 疼痛评分
        type: I(2)
        required: R
        show_when: "VS.PERF = 'Y'"

      - oid: VS.WEIGHT
"""
VITALS: Final[Edits] = (
    ("en: Vital signs\nzh: 生命体征", "en: Vital signs at rest\nzh: 静息生命体征"),
    ("en: Pulse\n        zh: 脉搏", "en: Heart rate\n        zh: 心率"),
    (
        "{severity: soft, range: [50, 110]}",
        '{severity: soft, range: [50, 100], en: "Rate is unusual.", zh: "心率异常。"}',
    ),
    ("      - oid: VS.WEIGHT\n", PAIN),
)
YES: Final[Edits] = (('en: "Yes", zh: "是"', 'en: "Yes, done", zh: "是，已做"'),)


def second_edition(to: Path) -> Path:
    """Version 0.2: another title, label, range, choice and a new question."""
    return edition(to, "0.2", VS=VITALS, NY=YES)


def put_in_force(session: Session, folder: Path) -> Study:
    """What installing an amendment leaves behind, without the way it came."""
    data = definition_bytes(read_sources(folder))
    study = study_from_bytes(data)
    held = session.study
    with session.writing() as conn:
        definitions.keep(conn, held.digest, definitions.shipped_bytes(held))
        definitions.keep(conn, study.digest, data)
    session.commit([definitions.amended(study, held.digest)])
    return study
