"""The JSON shapes of the command line: a contract that scripts rely on."""

from __future__ import annotations

from typing import Any

from mrd_desktop.record.queries import QueryLine
from mrd_desktop.record.questions import Place
from mrd_desktop.record.story import Loaded
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey
from mrd_desktop.study.checks import Finding


def finding(found: Finding, states: dict[Place, str]) -> dict[str, Any]:
    """One finding."""
    return {
        "check": found.check.id,
        "severity": found.check.severity.value,
        **place(found.key),
        "message_en": found.text.en,
        "message_zh": found.text.zh,
        "query": states.get((found.check.id, str(found.key)), "none"),
    }


def place(key: Key) -> dict[str, Any]:
    """Where something stands, part by part; null where the address ends above."""
    item = key if isinstance(key, ItemKey) else None
    row = item.row if item else key if isinstance(key, RowKey) else None
    form = row.form if row else key if isinstance(key, FormKey) else None
    event = form.event if form else key if isinstance(key, EventKey) else None
    return {
        "subject": event.subject if event else str(key),
        "event": event.event if event else None,
        "event_repeat": event.repeat if event else None,
        "form": form.form if form else None,
        "form_repeat": form.repeat if form else None,
        "group": row.group if row else None,
        "row": row.row if row else None,
        "item": item.item if item else None,
        "address": str(key),
    }


def loaded(result: Loaded) -> dict[str, Any]:
    """One record of a loaded story."""
    return {
        "subject": result.subject,
        "index": result.index,
        "copy": result.copy,
        "address": str(result.key),
        "form": result.key.form,
        "visit": result.key.event.event,
        "status": result.status,
        "reasons": [
            {
                "check": r.check,
                "item": r.item,
                "address": r.address,
                "message_en": r.text.en,
                "message_zh": r.text.zh,
            }
            for r in result.reasons
        ],
    }


def query(line: QueryLine) -> dict[str, Any]:
    """One query."""
    return {
        "query": line.query,
        "subject": line.subject,
        "address": line.address,
        "check": line.check,
        "text_en": line.text.en,
        "text_zh": line.text.zh,
        "state": line.state,
        "answer": line.answer,
        "opened_at": line.opened_at,
        "opened_by": line.opened_by,
    }
