"""What it means: worklist, visit windows, derivations, survival, figures, synthetic subjects.

For notebooks: ``open_store(path).frame("MRD")``, described in ``docs/notebooks.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mrd_desktop.insight.notebook import Store, open_store

__all__ = ["Store", "open_store"]


def __getattr__(name: str) -> object:
    """The door for notebooks, opened only by who asks for it."""
    if name not in __all__:
        raise AttributeError(name)
    from mrd_desktop.insight import notebook  # noqa: PLC0415 - the program needs no part of it

    return getattr(notebook, name)
