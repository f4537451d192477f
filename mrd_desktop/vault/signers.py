"""Public keys as ``ssh-keygen -Y verify`` reads them: one line a key, both of its fingerprints.

People compare the key's id of 26 letters; ``ssh-keygen -l`` shows ``SHA256:…`` of the same key. The
comment of each line holds both, so that whoever has one finds the other.
"""

from __future__ import annotations

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, Pin, pins

FORMER = "-former"
"""Ends the name of a key that was replaced: it tells what was signed before, nothing after."""


def line(name: str, key: PublicKey) -> str:
    """A line of a file of allowed signers, without line end."""
    return f"{name} {sshsig.public_line(key.raw, f'{sshsig.fingerprint(key.raw)} {key.id}')}"


def name_of(holder: Holder, site: str, *, active: bool = True) -> str:
    """Under which name a key stands there: ``site-01``, ``sponsor``."""
    name = f"site-{site}" if holder is Holder.SITE else "sponsor"
    return name if active else name + FORMER


def line_of(pin: Pin) -> str:
    """The line of a trusted key."""
    return line(name_of(pin.holder, pin.site, active=pin.active), pin.sign)


def allowed(session: Session) -> tuple[str, ...]:
    """The folder's own key, then every key trusted here, replaced ones under a name of their own.

    They come from the folder's chain; the practice recipient, whose key nobody has, is left out.
    """
    folder = session.folder
    holder = Holder.SITE if folder.kind is FolderKind.SITE else Holder.SPONSOR
    own = line(name_of(holder, folder.site), PublicKey(session.site_key()))
    return (own, *(line_of(pin) for pin in pins(session) if not pin.practice))
