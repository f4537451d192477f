"""The sponsor puts a new version of the definition in force; recorded in the store's own chain."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Entry
from mrd_desktop.study.load import definition_bytes, read_sources, study_from_bytes
from mrd_desktop.transfer.amendment import check_amendment
from mrd_desktop.transfer.errors import AmendmentRefused
from mrd_desktop.vault import definitions
from mrd_desktop.vault.session import Session


def amend(session: Session, directory: Path) -> str:
    """Put a new version of the definition in force; it travels with the next replies.

    Returns:
        Its digest.

    Raises:
        PermissionDenied: the role may not.
        DefinitionError: the folder holds no sound definition.
        AmendmentRefused: it is of another study, or changes what must never change.
        VersionNotNewer: its version does not come after the one in force.
        DefinitionForPractice: a live store takes none that is good for practice only.
    """
    session.require("trust.manage")
    data = definition_bytes(read_sources(directory))
    study = study_from_bytes(data)
    if study.oid != session.folder.study:
        raise AmendmentRefused(study.oid)

    def entries(conn: Connection) -> list[Entry]:
        held = definitions.in_force(conn, session.folder.chain, session.study)
        if study.digest == held.digest:
            return []
        check_amendment(held, study, live=not session.folder.training)
        definitions.keep(conn, study.digest, data)
        return [definitions.amended(study, held.digest)]

    session.commit(entries)
    return study.digest
