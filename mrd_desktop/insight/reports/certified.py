"""Copies that may stand for the original: the site's signature lies beside the file.

It is an SSHSIG over the file's bytes, so that ``ssh-keygen -Y verify`` alone says whether the copy
is as the site made it; time, maker, copy number and the last record stand on every page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mrd_desktop.insight.reports import subject_copy
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session

CERTIFIED: Final = frozenset({subject_copy.WHAT})
"""Reports that are copies of the records."""
SUFFIX: Final = ".sig"


def write_print(session: Session, report: Report, path: Path, data: bytes) -> Path | None:
    """Write the file of a print that was issued.

    Returns:
        The file with the site's signature, which stands beside a copy of records; else None.

    Raises:
        StorageError: it cannot be written. A copy without its signature is not certified.
    """
    write_atomically(path, data)
    if report.what not in CERTIFIED:
        return None
    signature = path.with_name(path.name + SUFFIX)
    write_atomically(signature, session.sign_as_site(Namespace.COPY, data).encode("ascii"))
    return signature
