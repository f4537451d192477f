"""``installation``: what is installed held against what was released."""

from __future__ import annotations

import argparse

from mrd_desktop import __version__, installation
from mrd_desktop.cli.console import REFUSED, Outcome


def check(_: argparse.Namespace) -> Outcome:
    """Print the record of an installation (IQ): version, commit, who signed, what differs."""
    root = installation.place()
    if root is None:
        return Outcome({"version": __version__, "released": False}, ["runs from its source"])
    found = installation.inspect(root)
    data = {
        "version": found.version,
        "commit": found.commit,
        "released": found.bar is None,
        "result": found.result,
        "signature": found.seal.value,
        "signer": found.signer,
        "list": found.digest,
        "files": found.files,
        "changed": list(found.changed),
        "missing": list(found.missing),
        "added": list(found.added),
        "stray": list(found.stray),
    }
    lines = [
        f"{found.version} {found.commit}: {found.files} files, list {found.digest}",
        f"signature {found.seal.value} {found.signer}".rstrip(),
        *(f"FAIL changed {n}" for n in found.changed),
        *(f"FAIL missing {n}" for n in found.missing),
        *(f"FAIL added {n}" for n in found.added),
        *(f"NOTE stray {n}" for n in found.stray),
    ]
    if found.bar is None:
        return Outcome(data, [*lines, "PASS"])
    unsigned = [] if found.faults else ["UNSIGNED development build"]
    return Outcome(data, [*lines, *unsigned], REFUSED, found.bar)
