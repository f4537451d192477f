"""XML that may be hostile, as a small tree that knows its lines.

No document type, so no entities and nothing fetched; size, depth and number of elements are
bounded. The encoding is settled before the parser sees anything: byte order mark, else the
declaration, else UTF-8.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.texts import Text

LARGEST: Final = 16 * 1024 * 1024
MOST_ELEMENTS: Final = 200_000
MOST_ATTRIBUTES: Final = 500_000
MOST_OF_ONE: Final = 5_000
"""Attributes of one element, which the parser holds before anybody is asked."""
DEEPEST: Final = 64

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_MARK: Final = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARATION: Final = re.compile(r"""^\s*<\?xml\s[^>]{0,200}?\?>""")
_LONG_TAG: Final = re.compile("<[^<]{30000,}")
_ENCODING: Final = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})"""
)
_KNOWN: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
    "big5": "big5", "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252",
    "iso-8859-15": "iso8859-15", "windows-1250": "cp1250", "iso-8859-2": "iso8859-2",
    "windows-1251": "cp1251", "shift_jis": "shift_jis", "euc-kr": "euc-kr",
}  # fmt: skip
"""Encodings by their names in a declaration; what calls itself Latin-1 is Windows-1252."""

_ATTRIBUTES: Final = (
    "its elements have too many attributes for metadata; export the metadata alone",
    "文件元素的属性过多，请只导出元数据",
)
_VENDORS: Final = (("projectredcap", "redcap"), ("openclinica", "oc"))
"""Short names of vendors, by what their namespaces have in them."""


@dataclass(slots=True, eq=False)
class Element:
    """An element: its namespace, name, attributes and what stands inside.

    Attributes:
        attributes: by local name; ``vendor:name`` where a foreign namespace stands before it.
        text: all character data directly inside, joined.
        line: where it begins.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, *names: str) -> str:
        """The first attribute of these names that says something, trimmed; else an empty text."""
        for name in names:
            if found := self.attributes.get(name, "").strip():
                return found
        return ""

    def all(self, *names: str) -> Iterator[Element]:
        """The children of some names, whatever their namespace."""
        return (c for c in self.children if c.name in names)

    def first(self, *names: str) -> Element | None:
        """The first child of these names."""
        return next(self.all(*names), None)

    def within(self, name: str) -> Iterator[Element]:
        """All elements of a name at any depth below."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.within(name)


def read_xml(data: bytes) -> Element:
    """The root element of a file.

    Raises:
        OdmRefused: too large, no XML, an unknown encoding, or a document type in front.
    """
    if len(data) > LARGEST:
        _refuse(
            f"the file is larger than {LARGEST >> 20} MiB; export the metadata without data",
            f"文件大于 {LARGEST >> 20} MiB，请只导出元数据、不含数据",
        )
    text = _decoded(data)
    if any(found[0].count("=") > MOST_OF_ONE for found in _LONG_TAG.finditer(text)):
        _refuse(*_ATTRIBUTES)
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode("utf-8", "strict"), True)
    except expat.ExpatError as e:
        said = expat.ErrorString(e.code)
        _refuse(
            f"line {e.lineno}: no well-formed XML ({said})",
            f"第 {e.lineno} 行不是有效的 XML（{said}）",
        )
    except UnicodeEncodeError:
        _refuse("the file holds characters that are none", "文件含有无效字符")
    if builder.root is None:  # expat refuses an empty file itself
        _refuse("the file holds no element", "文件中没有任何元素")
    return builder.root


def _refuse(en: str, zh: str) -> NoReturn:
    raise OdmRefused(Text(en, zh))


def _decoded(data: bytes) -> str:
    encoding, start = _encoding(data)
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError:
        _refuse(
            f"the file is not in the encoding it names ({encoding}); save it as UTF-8",
            f"文件内容与其声明的编码（{encoding}）不符，请另存为 UTF-8",
        )
    return _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text, count=1)


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, len(mark)
    for begin, name in _NO_MARK:
        if data.startswith(begin):
            return name, 0
    named = _ENCODING.match(data)
    if named is None:
        return "utf-8", 0
    name = named[1].decode("ascii").casefold()
    known = _KNOWN.get(name)
    if known is None:
        _refuse(
            f"the encoding {name} is not read here; save the file as UTF-8",
            f"不支持编码 {name}，请将文件另存为 UTF-8",
        )
    return ("utf-8" if known == "utf-16" else known), 0  # without a mark it cannot be UTF-16


class _Builder:
    """Builds the tree while expat reads."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.namespace_prefixes = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._open: list[Element] = []
        self._pieces: list[list[str]] = []
        self._count = 0
        self._attributes = 0

    def _doctype(self, *_: object) -> None:
        _refuse(
            "the file declares a document type (DOCTYPE), which may hide anything; remove it",
            "文件含有文档类型声明（DOCTYPE），可能隐藏任意内容，请删除后再导入",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS:
            _refuse(
                f"the file has more than {MOST_ELEMENTS:,} elements; export the metadata alone",
                f"文件元素超过 {MOST_ELEMENTS:,} 个，请只导出元数据",
            )
        self._attributes += len(attributes)
        if self._attributes > MOST_ATTRIBUTES:
            _refuse(*_ATTRIBUTES)
        if len(self._open) >= DEEPEST:
            _refuse(
                f"line {self.parser.CurrentLineNumber}: elements lie more than {DEEPEST} deep",
                f"第 {self.parser.CurrentLineNumber} 行：元素嵌套超过 {DEEPEST} 层",
            )
        namespace, local, _ = _split(name)
        made = Element(
            namespace, local, {_attribute(k): v for k, v in attributes.items()},
            self.parser.CurrentLineNumber,
        )  # fmt: skip
        if self._open:
            self._open[-1].children.append(made)
        else:
            self.root = made
        self._open.append(made)
        self._pieces.append([])

    def _end(self, _: str) -> None:
        self._open.pop().text = "".join(self._pieces.pop())

    def _text(self, data: str) -> None:
        if self._pieces:
            self._pieces[-1].append(data)


def _split(name: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix of a name as expat writes it."""
    parts = name.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def _attribute(name: str) -> str:
    """``Name``, ``xml:lang``, ``redcap:FieldType``: vendors are told by their namespace."""
    namespace, local, prefix = _split(name)
    vendor = next((short for part, short in _VENDORS if part in namespace.casefold()), prefix)
    return f"{vendor}:{local}" if vendor else local
