"""The expression language of the study definition: show-when, checks, derivations.

An expression is compiled once, with static types, and evaluated on a
:class:`~mrd_desktop.study.scene.Line`. *Unknown* (None) is a value of every type: an operand
without a value makes a comparison unknown, logic is Kleene's, and unknown never fires a check.
Partial dates compare as the intervals they stand for.

An item's name is read from the current line: its own form (and row); else, where the item's form
does not repeat, the subject's one form; else the form at the same event.
"""

from __future__ import annotations

from mrd_desktop.study.expression.compiled import Expression, compile_derivation, compile_expression
from mrd_desktop.study.expression.types import Type

__all__ = ["Expression", "Type", "compile_derivation", "compile_expression"]
