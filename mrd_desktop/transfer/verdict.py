"""What becomes of a file that came in: a closed list."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The answer to a package or a reply."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    GAP = "gap"
    FORK = "fork"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
