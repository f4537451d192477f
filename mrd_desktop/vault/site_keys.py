"""The keys that a folder's own chain names as the folder's: what an older one signed is genuine."""

from __future__ import annotations

from mrd_desktop.ledger import store
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.vault.session import Session


def known_keys(session: Session) -> tuple[bytes, ...]:
    """The folder's signing keys (32 bytes each): today's, then the one its chain began with.

    They tell what this folder made before; what it makes now is signed with today's alone.
    """
    chain = session.folder.chain
    with session.reading() as conn:
        first = store.record(conn, chain, 1)
    began = first.body.get("sign") if first.opening is not None else None
    keys = [session.site_key()]
    if isinstance(began, str):
        keys.append(PublicKey.from_base64(began).raw)
    return tuple(dict.fromkeys(keys))
