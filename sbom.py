"""The parts list of a bundle: CycloneDX 1.5, of what is installed where the bundle is made.

``dev.py bundle`` runs it with the Python of the clean environment and puts the file beside the
list of installed files. What is installed has to be what ``bundle.lock`` names for this platform,
neither more nor less; each part bears the digests that the lock allows. The same content gives the
same bytes.

Source: CycloneDX 1.5, JSON (ECMA-424, first edition), sections metadata, components, dependencies.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import tomllib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILE: Final = "sbom.cdx.json"
NAME: Final = "mrd-desktop"
BROUGHT: Final = frozenset({"pip", "setuptools", "wheel"})
"""What a new environment has by itself, where the lock does not name it."""
_SPACE: Final = uuid.UUID("6d1f4b7c-6a0e-5f0e-9a55-2f6f0f5b7d10")


class Unlike(Exception):
    """What is installed is not what the lock says; the text names the differences."""


@dataclass(frozen=True)
class Part:
    """An installed distribution.

    Attributes:
        needs: names of the distributions that it requires here.
    """

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Locked:
    """A line of the lock that applies here: name, version and allowed digests (SHA-256)."""

    name: str
    version: str
    digests: tuple[str, ...]


def locked(lock: str) -> Mapping[str, Locked]:
    """The parts that a lock names for this platform, by name."""
    found: dict[str, Locked] = {}
    for line in lock.replace("\\\n", "").splitlines():
        said, *hashes = line.split("--hash=sha256:")
        if not said.strip():
            continue
        wanted = Requirement(said.strip())
        if wanted.marker is None or wanted.marker.evaluate():
            name = canonicalize_name(wanted.name)
            version = str(wanted.specifier).removeprefix("==")
            digests = tuple(sorted(h.strip() for h in hashes))
            found[name] = Locked(name, version, digests)
    return found


def installed(lock: Mapping[str, Locked]) -> Mapping[str, Part]:
    """What stands in the environment that runs this, by name; without what it brought itself."""
    here = {canonicalize_name(d.name): d for d in metadata.distributions()}
    counted = {str(n) for n in here if n in lock or n not in BROUGHT}
    return {
        name: Part(name, d.version, _licence(d.metadata), tuple(_needs(d, counted)))
        for name, d in here.items()
        if name in counted
    }


def compare(lock: Mapping[str, Locked], parts: Mapping[str, Part]) -> None:
    """Refuse an environment that is not what the lock says.

    Raises:
        Unlike: a part more, a part less, or another version.
    """
    here = {name: part.version for name, part in parts.items()}
    wanted = {name: part.version for name, part in lock.items()}
    wrong = [
        f"{name}: {here.get(name, 'missing')} instead of {wanted.get(name, 'nothing')}"
        for name in sorted(here.keys() | wanted.keys())
        if here.get(name) != wanted.get(name)
    ]
    if wrong:
        raise Unlike("; ".join(wrong))


def sbom(
    lock: Mapping[str, Locked],
    parts: Mapping[str, Part],
    roots: Iterable[str],
    *,
    version: str,
    at: datetime,
) -> bytes:
    """The parts list.

    Args:
        roots: what the program itself asks for; what nothing of it needs serves the build alone.
        version: of the program. at: the time of its last commit.
    """
    inside = _reached(parts, roots)
    described = [_component(lock[n], p, n in inside) for n, p in sorted(parts.items())]
    python = platform.python_version()
    interpreter = {
        "type": "platform",
        "bom-ref": "python",
        "name": "cpython",
        "version": python,
        "purl": f"pkg:generic/cpython@{python}",
        "scope": "required",
    }
    own = f"{NAME}@{version}"
    asked = [_ref(parts[name]) for name in inside_roots(parts, roots)]
    depends = [{"ref": own, "dependsOn": sorted({"python", *asked})}]
    depends += [
        {"ref": _ref(part), "dependsOn": sorted({_ref(parts[n]) for n in part.needs})}
        for _, part in sorted(parts.items())
    ]
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": own, "name": NAME, "version": version,
            },
        },
        "components": [interpreter, *described],
        "dependencies": depends,
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    body["serialNumber"] = f"urn:uuid:{uuid.uuid5(_SPACE, digest)}"
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def inside_roots(parts: Mapping[str, Part], roots: Iterable[str]) -> Iterator[str]:
    """The roots that are installed here."""
    return (name for name in map(canonicalize_name, roots) if name in parts)


def _reached(parts: Mapping[str, Part], roots: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(inside_roots(parts, roots))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += parts[name].needs
    return frozenset(found)


def _component(lock: Locked, part: Part, inside: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(part),
        "name": part.name,
        "version": part.version,
        "purl": f"pkg:pypi/{part.name}@{part.version}",
        "scope": "required" if inside else "excluded",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in lock.digests],
    }
    if part.licence:
        made["licenses"] = [{"license": {"name": part.licence}}]
    return made


def _ref(part: Part) -> str:
    return f"{part.name}@{part.version}"


def _licence(said: metadata.PackageMetadata) -> str:
    """The licence in a few words, as the part itself names it."""
    named = [str(v) for n in ("License-Expression", "License") for v in said.get_all(n, [])]
    first = named[0].strip().splitlines()[:1] if named else []
    if first and len(first[0]) < 80:
        return first[0]
    known = [c.rpartition(" :: ")[2] for c in said.get_all("Classifier", [])
             if c.startswith("License :: ")]  # fmt: skip
    return ", ".join(known)


def _needs(dist: metadata.Distribution, counted: Collection[str]) -> Iterator[str]:
    """What it requires here without extras, as far as it is installed."""
    for text in dist.requires or ():
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if applies and name in counted:
            yield name


def main(folder: Path, lock: Path, roots: Path, version: str, epoch: int) -> int:
    """Write the parts list of this environment into a folder.

    Args:
        roots: ``pyproject.toml``, whose dependencies are the program's.
    """
    project = tomllib.loads(roots.read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["desktop"]]
    named = locked(lock.read_text("utf-8"))
    parts = installed(named)
    try:
        compare(named, parts)
    except Unlike as wrong:
        print(f"What is installed is not what {lock.name} says: {wrong}", file=sys.stderr)
        return 1
    names = [Requirement(a).name for a in asked]
    at = datetime.fromtimestamp(epoch, UTC)
    (folder / FILE).write_bytes(sbom(named, parts, names, version=version, at=at))
    return 0


if __name__ == "__main__":
    _, to, lock_file, project_file, program, seconds = sys.argv
    sys.exit(main(Path(to), Path(lock_file), Path(project_file), program, int(seconds)))
