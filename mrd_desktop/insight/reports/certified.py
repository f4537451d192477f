"""Copies that may stand for the original: the site's signature lies beside the file.

It is an SSHSIG over the file's bytes, so that ``ssh-keygen -Y verify`` alone says whether the copy
is as the site made it; time, maker, copy number and the last record stand on every page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mrd_desktop.insight.reports import subject_copy
from mrd_desktop.insight.reports.errors import NotCertified
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.storage import storage_errors
from mrd_desktop.vault.trust import Holder, pins

CERTIFIED: Final = frozenset({subject_copy.WHAT})
"""Reports that are copies of the records."""
SUFFIX: Final = ".sig"


def is_certified(path: Path) -> bool:
    """Whether a signature lies beside a file."""
    return path.with_name(path.name + SUFFIX).is_file()


def check_copy(session: Session, path: Path) -> bytes:
    """The key under which a copy was certified: this site's, today's or a former one.

    Raises:
        NotCertified: by none of them, or changed since.
        StorageError: it cannot be read.
    """
    keys = [*known_keys(session), *(p.sign.raw for p in pins(session) if p.holder is Holder.SITE)]
    with storage_errors():
        data = path.read_bytes()
        armored = path.with_name(path.name + SUFFIX).read_bytes()
    try:
        return sshsig.verify(armored.decode("ascii"), data, Namespace.COPY, keys)
    except (SignatureRefused, UnicodeDecodeError):
        raise NotCertified(path.name) from None


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
