"""Fields that nobody may set from outside (E-21): refused by every door, or without effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import StoryError
from mrd_desktop.record.importing.mapping import ReportMapping
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.redaction import redact
from mrd_desktop.record.signing import sign_forms
from mrd_desktop.record.story import read_story
from mrd_desktop.transfer import messages
from mrd_desktop.transfer.export import export
from mrd_desktop.vault import users
from mrd_desktop.vault.session import Session
from tests.clinic import STORIES

FIELDS = (
    "user", "role", "at", "time", "status", "signature", "by", "seq", "chain", "session_key",
    "complete_by", "locked",
)  # fmt: skip
CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "save": (FormEntry.save, (None,)),
    "type": (FormEntry.type, (None, None, "")),
    "commit": (Session.commit, (None, [])),
    "announce": (Session.announce, (None,)),
    "sign": (sign_forms, (None, [], "")),
    "redact": (redact, (None, None, [], "", "")),
    "export": (export, (None, Path())),
    "subject": (Casebook.create_subject, (None, "01-009")),
    "note": (Notes.add, (None, None, "")),
    "close": (users.close_user, (SimpleNamespace(alone=nullcontext), "cra", "")),
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("call", CALLS)
def test_no_call_of_the_core_takes_it(call: str, field: str) -> None:
    function, given = CALLS[call]
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(*given, **{field: "synthetic"})


@pytest.mark.parametrize("field", [f for f in FIELDS if f != "seq"])
def test_a_record_of_a_story_refuses_it(field: str, tmp_path: Path) -> None:
    body = json.loads((STORIES / "01-001.json").read_text(encoding="utf-8"))
    file = tmp_path / "story.json"
    plain = json.dumps(body)
    body["records"][0][field] = "synthetic"
    file.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(StoryError):
        read_story(file)
    file.write_text(plain, encoding="utf-8")
    before = read_story(file)
    file.write_text(json.dumps({**json.loads(plain), field: "synthetic"}), encoding="utf-8")
    assert read_story(file) == before  # around the records it is a remark


@pytest.mark.parametrize("field", FIELDS)
def test_a_mapping_of_reports_refuses_it(field: str) -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        ReportMapping.model_validate(
            {"name": "x", "form": "LB", "subject": "s", "date": "d", field: "synthetic"}
        )


@pytest.mark.parametrize("field", [f for f in FIELDS if f != "signature"])
def test_a_message_of_the_sponsor_refuses_it(field: str) -> None:
    whole = {"type": "receipt", "receipt": "{}", "signature": "x"}
    messages.read(dumps(whole))
    with pytest.raises(MrdError):
        messages.read(dumps({**whole, field: "synthetic"}))
