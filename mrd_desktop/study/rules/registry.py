"""Rules in Python for what no expression can say, known to expressions by name.

A rule is a pure function of the line it is called on::

    @rule("her2_status", gives=Type.CODE, reads=("PATH.HER2IHC", "PATH.HER2RAT"))
    def her2_status(line: Line) -> str | None: ...

and is written ``her2_status()`` in the definition. It returns None for *unknown*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from mrd_desktop.study.expression.types import Type
from mrd_desktop.texts import Text

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line, Typed

Result: TypeAlias = "Typed | Text | bool | None"


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule; calling it calls its function.

    Attributes:
        name: its name in expressions.
        gives: static type of the result.
        reads: what it depends on: item OIDs, form OIDs (all items of the form) and names of
            repeating groups (all items of the group).
        takes: static types of its arguments. ``ITEM`` arrives as the OID, ``LINE`` as the line.
        codelist: OID of the code list a ``CODE`` belongs to; messages then show its meaning.
    """

    name: str
    function: Callable[..., Any]
    gives: Type
    reads: tuple[str, ...]
    takes: tuple[Type, ...] = ()
    codelist: str | None = None

    def __call__(self, line: Line, *args: object) -> Any:
        """The rule's result on a line."""
        return self.function(line, *args)


def rule(
    name: str,
    *,
    gives: Type,
    reads: Sequence[str],
    takes: Sequence[Type] = (),
    codelist: str | None = None,
) -> Callable[[Callable[..., Result]], Rule]:
    """Make a function a rule under a name of lower-case letters, digits and ``_``."""
    if not name.isidentifier() or name != name.lower():
        raise ValueError("a rule's name is lower case")

    def register(function: Callable[..., Result]) -> Rule:
        return Rule(name, function, gives, tuple(reads), tuple(takes), codelist)

    return register


def collect(*modules: ModuleType) -> Mapping[str, Rule]:
    """The rules of some modules by name.

    Raises:
        ValueError: two rules have one name.
    """
    found: dict[str, Rule] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Rule) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two rules are named {value.name}")
    return found
