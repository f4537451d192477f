"""Reading a study definition: YAML files → :class:`Document` → :class:`Study`.

The canonical JSON of the document is the definition's permanent form: its SHA-256 names the
definition, ``definition.installed`` keeps its bytes, and forms saved under an old version are shown
from them. The YAML is only how people write it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from mrd_desktop import __version__
from mrd_desktop.foreign import first_bytes
from mrd_desktop.resources import resource
from mrd_desktop.study import cache
from mrd_desktop.study.build import Mistakes, build
from mrd_desktop.study.document import FORMAT, Document
from mrd_desktop.study.errors import DefinitionError, DefinitionOfNewerForm
from mrd_desktop.study.model import Study
from mrd_desktop.study.yaml_tree import Path as Place
from mrd_desktop.study.yaml_tree import Tree, Value, YamlMistake, read

_SINGLE = ("study", "schedule", "ctcae", "drugs")
_OPTIONAL = ("checks", "derivations", "units", "terms", "headings")
_FOLDERS = ("codelists", "forms")


def load_study(directory: Path | None = None, *, cached: bool = True) -> Study:
    """The study that a folder of YAML files defines; without a folder, the program's own.

    The program's own is read once a process.

    Args:
        directory: holds ``study.yaml``, ``schedule.yaml``, ``forms/`` and the rest.
        cached: take and keep the checked definition in the user's cache folder.

    Raises:
        DefinitionError: with one line ``file:line: what is wrong; what would be right`` for each
            mistake that was found.
    """
    if directory is None and cached:
        return _own(shipped())
    sources = read_sources(directory or shipped())
    if not cached:
        return study_from_bytes(definition_bytes(sources))
    key = sources_digest(sources)
    kept = cache.take(key)
    if kept is not None:
        return study_from_bytes(kept)
    data = definition_bytes(sources)
    cache.keep(key, data)
    return study_from_bytes(data)


@lru_cache(maxsize=1)
def _own(directory: Path) -> Study:
    return load_study(directory)


def definition_bytes(sources: Mapping[str, bytes]) -> bytes:
    """The canonical JSON of a definition, every mistake looked for.

    Args:
        sources: the bytes of the YAML files by their path below the definition's folder.

    Raises:
        DefinitionError: as :func:`load_study`.
    """
    value, files, mistakes = _assemble(sources)
    _stop(mistakes)
    document = _document(value, mistakes, files)
    _stop(mistakes)
    assert document is not None
    data = _canonical(document)
    try:
        study_from_bytes(data)  # which whoever asks for the study next is given
    except DefinitionError:
        found = Mistakes()  # once more, to tell where in the files they stand
        build(document, hashlib.sha256(data).hexdigest(), found)
        _stop([f"{files.at(place)}: {sentence}" for place, sentence in found.all])
        raise
    return data


@lru_cache(maxsize=8)
def study_from_bytes(data: bytes) -> Study:
    """The study of canonical JSON, as :func:`definition_bytes` gave it.

    Raises:
        DefinitionOfNewerForm: a later version of the program reads them.
        DefinitionError: the bytes are no definition this version of the program reads.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise DefinitionError("definition:1: this is no JSON; install the definition again") from e
    _judge_form(value)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise DefinitionError(
            f"definition:1: this is no {FORMAT} definition; use the version of the program it needs"
        )
    files = _Positions({})
    mistakes: list[str] = []
    document = _document(value, mistakes, files)
    _stop(mistakes)
    assert document is not None
    found = Mistakes()
    study = build(document, hashlib.sha256(data).hexdigest(), found)
    _stop([f"{files.at(place)}: {sentence}" for place, sentence in found.all])
    return study


_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", re.ASCII)


def _judge_form(value: object) -> None:
    """Refuse a later form of definition, with the version that it says it is."""
    form = value.get("format") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(form, str):
        return
    name, _, own = FORMAT.partition("/")
    found = re.fullmatch(name + "/([1-9][0-9]{0,3})", form, re.ASCII)
    if found is None or int(found[1]) <= int(own):
        return
    study = value.get("study")
    said = study.get("version") if isinstance(study, dict) else None
    known = isinstance(said, str) and _VERSION.fullmatch(said)
    raise DefinitionOfNewerForm(form, str(said) if known else "")


def shipped() -> Path:
    """The folder of the definition that comes with the program."""
    return resource("study")


def read_sources(directory: Path) -> Mapping[str, bytes]:
    """The YAML files of a folder by their path below it (``forms/MRD.yaml``).

    Raises:
        DefinitionError: the folder cannot be read.
    """
    try:
        return {
            path.relative_to(directory).as_posix(): _bounded(path)
            for path in sorted(directory.rglob("*.yaml"))
        }
    except OSError as e:
        raise DefinitionError(f"{directory}: cannot be read ({e.strerror})") from e


LARGEST_FILE: Final = 1 << 20


def _bounded(path: Path) -> bytes:
    data = first_bytes(path, LARGEST_FILE)
    if len(data) > LARGEST_FILE:
        size = LARGEST_FILE >> 20
        raise DefinitionError(f"{path.name}:1: the file is larger than {size} MiB; divide it")
    return data


def sources_digest(sources: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over names and contents of the files, and the program that reads them."""
    whole = hashlib.sha256(f"{FORMAT} {__version__}".encode())
    for name in sorted(sources):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(sources[name]).digest())
    return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class _File:
    """Where a part of the document was written: its file, and how far down the file begins."""

    name: str
    tree: Tree
    below: int


@dataclass(frozen=True, slots=True)
class _Positions:
    """Files by the path of the document they fill."""

    files: Mapping[Place, _File]

    def at(self, place: Place) -> str:
        """``file:line`` of a part, or its path where it was read from JSON."""
        for size in (2, 1):
            file = self.files.get(place[:size])
            if file is None:
                continue
            inner = place[file.below :]
            while inner and inner not in file.tree.lines:
                inner = inner[:-1]
            return f"{file.name}:{file.tree.lines.get(inner, 1)}"
        return "/".join(str(p) for p in place) or "definition"


def _assemble(
    sources: Mapping[str, bytes],
) -> tuple[dict[str, object], _Positions, list[str]]:
    value: dict[str, object] = {"format": FORMAT}
    files: dict[Place, _File] = {}
    mistakes: list[str] = []
    folders: dict[str, list[Value]] = {name: [] for name in _FOLDERS}
    for name, data in sorted(sources.items()):
        tree = _tree(name, data, mistakes)
        if tree is None:
            continue
        folder, _, rest = name.rpartition("/")
        stem = rest.removesuffix(".yaml")
        if folder in folders:
            files[folder, len(folders[folder])] = _File(name, tree, 2)
            folders[folder].append(tree.value)
            if isinstance(tree.value, dict) and tree.value.get("oid") != stem:
                line = tree.lines.get(("oid",), 1)
                mistakes.append(
                    f"{name}:{line}: the OID is not the name of the file; write oid: {stem}"
                )
        elif not folder and stem in (*_SINGLE, *_OPTIONAL):
            files[stem,] = _File(name, tree, 1)
            value[stem] = tree.value
        else:
            mistakes.append(f"{name}:1: no such file belongs to a definition; remove it")
    given = [f"{name}.yaml" for name in _SINGLE]
    mistakes += [f"{name}:1: the file is missing" for name in given if name not in sources]
    return value | folders, _Positions(files), mistakes


def _tree(name: str, data: bytes, mistakes: list[str]) -> Tree | None:
    try:
        return read(data.decode("utf-8"))
    except UnicodeDecodeError:
        mistakes.append(f"{name}:1: the file is not UTF-8; save it as UTF-8")
    except YamlMistake as e:
        mistakes.append(f"{name}:{e.line}: {e.message}")
    return None


def _document(value: object, mistakes: list[str], files: _Positions) -> Document | None:
    try:
        return Document.model_validate(value)
    except ValidationError as e:
        for error in e.errors():
            place = tuple(p for p in error["loc"] if p != "[key]")
            context = error.get("ctx", {})
            if error["type"] == "unknown_key":
                place = (*place, str(context["key"]))
            sentence = f"{error['msg'][0].lower()}{error['msg'][1:]}"
            mistakes.append(f"{files.at(place)}: {sentence}")
        return None


def _canonical(document: Document) -> bytes:
    # What stands at its default is left out, so that a later version of the program may add a key
    # without giving every definition a new digest.
    value = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def _stop(mistakes: list[str]) -> None:
    if mistakes:
        raise DefinitionError("\n".join(mistakes))
