"""Only what is needed: what each item is asked for, and no identifier outside the vault (R-PRV-01).

Asked of a definition before live work begins under it. Practice needs no purpose, and what was
recorded once is read under its definition for ever, so that none is refused for reading.

Sources: Personal Information Protection Law of China, articles 6 and 19; ICH E6(R3), 2.12.7.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from ruamel.yaml import YAML

from mrd_desktop.resources import resource
from mrd_desktop.study.errors import DefinitionForPractice
from mrd_desktop.study.model import Item, Phi, Study
from mrd_desktop.texts import Text

NAMES: Final = "identifier_names.yaml"
NO_PURPOSE: Final = Text(
    "no purpose with a part of the protocol; add purpose to the item, its section or its form",
    "未说明用途及方案依据；请在项目、所在区段或表单中添加 purpose",
)
LIKE_IDENTIFIER: Final = Text(
    "the name is like that of an identifier ({kind}); mark it phi: D, or say under harmless why it "
    "is none",
    "名称类似身份标识（{kind}）；请标为 phi: D，或在 harmless 中说明其并非身份标识的理由",
)
KINDS: Final = {
    "name": Text("name", "姓名"),
    "identity_document": Text("identity document", "证件"),
    "telephone": Text("telephone", "电话"),
    "address": Text("address", "地址"),
    "mail": Text("mail or messages", "邮箱或微信"),
    "hospital_number": Text("number at the hospital", "病案号等医院编号"),
    "birth": Text("date of birth", "出生日期"),
    "bank": Text("bank account", "银行账户"),
    "kin": Text("contact person", "联系人"),
    "picture": Text("picture or voice", "影像或声音"),
}
"""By the ids of the data."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Wanting:
    """What keeps a definition from live work."""

    item: str
    text: Text


def wanting(study: Study) -> tuple[Wanting, ...]:
    """Everything that keeps a definition from live work, purposes first."""
    bare = (Wanting(oid, NO_PURPOSE) for oid in study.places if study.purpose_of(oid) is None)
    return (*bare, *identifiers(study))


def require(study: Study, held: Study | None = None) -> None:
    """Go on with live work only where nothing is wanting.

    Args:
        held: the definition in force, which an amendment follows; what it lacks already does not
            keep an amendment away that subjects may wait for.

    Raises:
        DefinitionForPractice: something is.
    """
    known = frozenset() if held is None else frozenset((w.item, w.text.en) for w in wanting(held))
    found = [w for w in wanting(study) if (w.item, w.text.en) not in known]
    if found:
        first = found[:_SHOWN]
        more = len(found) - len(first)
        en = "; ".join(f"{w.item}: {w.text.en}" for w in first)
        zh = "；".join(f"{w.item}：{w.text.zh}" for w in first)
        rest = Text(f" ({more} more)", f"（另有 {more} 项）") if more else Text("", "")
        raise DefinitionForPractice(Text(en + rest.en, zh + rest.zh))


def identifier_named(item: Item) -> str | None:
    """The kind of identifier that an item's name or label is like, if any."""
    name, en, zh = item.name.lower(), _plain(item.text.en), _plain(item.text.zh)
    for kind, (by_oid, by_en, by_zh) in _names().items():
        if by_oid.fullmatch(name) or by_en.search(en) or by_zh.search(zh):
            return kind
    return None


def identifiers(study: Study) -> Iterator[Wanting]:
    """Items that are named like an identifier, are not marked as one and do not say why."""
    for oid, (form, _, item) in study.places.items():
        if form.private or item.phi is Phi.DIRECT or item.harmless is not None:
            continue
        kind = identifier_named(item)
        if kind is not None:
            yield Wanting(oid, LIKE_IDENTIFIER.filled(kind=KINDS[kind]))


def _plain(label: str) -> str:
    return unicodedata.normalize("NFKC", label).casefold()


@cache
def _names() -> dict[str, tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]]:
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(resource(NAMES).read_text(encoding="utf-8"))
    return {
        str(one["id"]): (re.compile(one["oid"]), re.compile(one["en"]), re.compile(one["zh"]))
        for one in content
    }
