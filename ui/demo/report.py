"""What the demo leaves to read: ``summary.json``, and ``summary.html`` with the pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mrd_desktop import __version__
from mrd_desktop.resources import resource
from mrd_desktop.texts import Text
from ui.theme import LIGHT, Ink, Tokens

if TYPE_CHECKING:
    from ui.demo.play import Played


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene with its pictures (names without language and ending)."""

    title: Text
    seconds: float
    pictures: Sequence[str]


def write_report(out: Path, played: Played, keys: int, seconds: float) -> None:
    """Write both files."""
    data = {
        "program": __version__,
        "seconds": seconds,
        "keys": keys,
        "subjects": played.subjects,
        "package": played.package,
        "received": played.verdict,
        "reply": played.reply,
        "datasets": played.datasets,
        "scenes": [
            {
                "title_en": s.title.en,
                "title_zh": s.title.zh,
                "seconds": s.seconds,
                "pictures": list(s.pictures),
            }
            for s in played.scenes
        ],
    }
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (out / "summary.json").write_text(text, encoding="utf-8")
    (out / "summary.html").write_text(_page(played, keys, seconds), encoding="utf-8")


def _page(played: Played, keys: int, seconds: float) -> str:
    facts = [
        ("受试者 · subjects", ", ".join(played.subjects)),
        ("按键 · keys pressed", str(keys)),
        ("用时 · seconds", str(seconds)),
        ("数据包 · package", _listed(played.package)),
        ("申办方 · received as", played.verdict),
        ("回复 · reply", _listed(played.reply)),
        ("数据集 · datasets", str(len(played.datasets))),
    ]
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in facts)
    scenes = "".join(_scene(n, s) for n, s in enumerate(played.scenes, 1) if s.pictures)
    title = "MRD Desktop · 诊疗一月演示 · a clinic month"
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8">'
        f"<title>{title}</title><style>{_style(LIGHT)}</style>"
        f"<h1>{title}</h1><p>全部为虚构数据。All data are synthetic.</p>"
        f"<table>{rows}</table>{scenes}</html>\n"
    )


def _scene(number: int, scene: Scene) -> str:
    shots = "".join(
        f'<figure><a href="screens/{p}.{x}.png"><img loading="lazy" src="screens/{p}.{x}.png"'
        f' alt="{escape(scene.title.zh if x == "zh" else scene.title.en)}"></a></figure>'
        for p in scene.pictures
        for x in ("zh", "en")
    )
    head = f"{number}. {escape(scene.title.zh)} <small>{escape(scene.title.en)}</small>"
    return f"<section><h2>{head}</h2><div>{shots}</div></section>"


def _listed(values: dict[str, object]) -> str:
    return " · ".join(f"{k} {v}" for k, v in values.items())


def _style(tokens: Tokens) -> str:
    """The shipped style sheet with the theme's colours."""
    inks = (Ink.TEXT, Ink.SECONDARY, Ink.CANVAS, Ink.LINE)
    named = ";".join(f"--{ink.value}:{tokens[ink].name()}" for ink in inks)
    sheet = resource("demo", "summary.css").read_text(encoding="utf-8")
    return f":root{{{named}}}\n{sheet}"
