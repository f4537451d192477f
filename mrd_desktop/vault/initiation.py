"""The site initiation checklist: what is looked after before the first patient is entered.

The questions are data (``resources/initiation.yaml``). Each is answered yes, or with words why not
and what is done instead; the answers stand in the record that activates the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from ruamel.yaml import YAML

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.resources import resource
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import ActivationRefused

YES: Final = "yes"
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the checklist."""

    oid: str
    text: Text


@cache
def questions() -> tuple[Question, ...]:
    """The checklist in its order."""
    yaml = YAML(typ="safe", pure=True)
    rows = yaml.load(resource("initiation.yaml").read_text(encoding="utf-8"))["questions"]
    return tuple(Question(r["oid"], Text(r["en"], r["zh"])) for r in rows)


def answered(answers: Mapping[str, str]) -> list[JSON]:
    """The answers as they are recorded.

    Args:
        answers: by question, :data:`YES` or words.

    Raises:
        ActivationRefused: an answer is missing or says nothing, or there is no such question.
    """
    known = {q.oid: q for q in questions()}
    unknown = sorted(set(answers) - set(known))
    if unknown:
        raise ActivationRefused(_UNKNOWN.filled(oid=unknown[0]))
    made: list[JSON] = []
    for oid, question in known.items():
        said = answers.get(oid, "").strip()
        if said != YES and len(said) < _SHORTEST:
            raise ActivationRefused(
                Text(
                    _OPEN.en.format(oid=oid, text=question.text.en),
                    _OPEN.zh.format(oid=oid, text=question.text.zh),
                )
            )
        made.append({"question": oid, "answer": said})
    return made


_UNKNOWN: Final = Text("the checklist has no question “{oid}”.", "核查表中没有“{oid}”这一项。")
_OPEN: Final = Text(
    "the checklist is not complete. Answer “{oid}” ({text}) with yes, or say why not.",
    "核查表尚未填完。请对“{oid}”（{text}）回答“是”（yes），或说明原因。",
)
