"""The official schemas: three variants of ODM-XML 1.3.2 are about, one of 2.0, two of Define-XML.

Source: tests/vectors/schemas/README.md.
"""

from __future__ import annotations

import shutil
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree

ODM_VARIANTS: Final = ("repository", "define", "odmlib")
DEFINE_VARIANTS: Final = ("bundle", "odmlib")
ODM2: Final = "http://www.cdisc.org/ns/odm/v2.0"
_VECTORS: Final = Path(__file__).parent / "vectors" / "schemas"
_ODM: Final = "ODM1-3-2.xsd"
_COMMON: Final = ("xml.xsd", "xlink.xsd", "xmldsig-core-schema.xsd")


@lru_cache
def odm_schema(variant: str) -> etree.XMLSchema:
    """ODM-XML 1.3.2: CDISC's repository, the bundle of Define-XML 2.1, odmlib."""
    with as_file(files("odmlib") / "schemas" / "odm" / "1.3.2") as own:
        if variant == "odmlib":
            return etree.XMLSchema(etree.parse(own / _ODM))
        with TemporaryDirectory() as made:
            if variant == "repository":
                there = _laid(_VECTORS / "odm-1-3-2", own, Path(made), Path(made))
            else:
                there = _laid(_VECTORS / "define-2-1", own, Path(made), Path(made) / "core")
                there /= "cdisc-odm-1.3.2"
            return etree.XMLSchema(etree.parse(there / _ODM))


@lru_cache
def odm2_schema() -> etree.XMLSchema:
    """ODM-XML 2.0 of CDISC's repository; odmlib's copies are the same bytes."""
    with (
        as_file(files("odmlib") / "schemas" / "odm" / "1.3.2") as own,
        TemporaryDirectory() as made,
    ):
        there = _laid(_VECTORS / "odm-2-0", own, Path(made), Path(made))
        return etree.XMLSchema(etree.parse(there / "ODM.xsd"))


@lru_cache
def odm2_types(names: tuple[str, ...]) -> etree.XMLSchema:
    """The official data types of ODM 2.0, each as an element of its name."""
    types = f'<xs:include schemaLocation="{(_VECTORS / "odm-2-0" / "ODM-types.xsd").as_uri()}"/>'
    elements = "".join(f'<xs:element name="{n}" type="o:{n}"/>' for n in names)
    return etree.XMLSchema(
        etree.fromstring(
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="{ODM2}"'
            f' targetNamespace="{ODM2}">{types}{elements}</xs:schema>'
        )
    )


@lru_cache
def define_schema(variant: str) -> etree.XMLSchema:
    """Define-XML 2.1: the official bundle, or odmlib's copy, which has no rules of Schematron."""
    if variant == "odmlib":
        with as_file(files("odmlib") / "schemas" / "define" / "2.1") as own:
            return etree.XMLSchema(etree.parse(own / "define2-1-0.xsd"))
    with (
        as_file(files("odmlib") / "schemas" / "odm" / "1.3.2") as own,
        TemporaryDirectory() as made,
    ):
        there = _laid(_VECTORS / "define-2-1", own, Path(made), Path(made) / "core")
        return etree.XMLSchema(etree.parse(there / "cdisc-define-2.1" / "define2-1-0.xsd"))


def _laid(source: Path, common: Path, to: Path, beside: Path) -> Path:
    """A bundle as it is published: with the files that all bundles share where it seeks them."""
    shutil.copytree(source, to, dirs_exist_ok=True)
    beside.mkdir(exist_ok=True)
    for name in _COMMON:
        shutil.copyfile(common / name, beside / name)
    return to
