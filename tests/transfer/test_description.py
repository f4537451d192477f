"""docs/package.md says everything that the code can answer."""

from __future__ import annotations

import json
import zipfile
from dataclasses import fields
from pathlib import Path

from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import errors
from mrd_desktop.transfer.container import Outer
from mrd_desktop.transfer.manifest import Manifest
from mrd_desktop.transfer.messages import Receipt
from mrd_desktop.transfer.release import Reason
from mrd_desktop.transfer.reply import ReplyManifest
from mrd_desktop.transfer.verdict import Verdict

ROOT = Path(__file__).parents[2]
DESCRIPTION = (ROOT / "docs" / "package.md").read_text(encoding="utf-8")
RELEASES = (ROOT / "docs" / "release.md").read_text(encoding="utf-8")
REFUSALS = (
    errors.NotAPackage,
    errors.Damaged,
    errors.TooLarge,
    errors.NewerFormat,
    errors.WrongStudy,
    errors.TrainingMismatch,
    errors.UnknownKey,
    errors.Forged,
    errors.NotForUs,
    errors.RecordsRefused,
)


def test_every_reason_verdict_and_refusal_is_described() -> None:
    for word in (*Reason, *(r.code for r in REFUSALS)):
        assert f"`{word}`" in DESCRIPTION, word
    for verdict in Verdict:
        assert f"| {verdict} |" in DESCRIPTION, verdict


def test_every_field_is_described() -> None:
    for kind in (Manifest, ReplyManifest, Outer, Receipt):
        for field in fields(kind):
            assert field.name in DESCRIPTION, field.name


def test_every_namespace_of_this_format_is_described() -> None:
    program = (Namespace.RELEASE, Namespace.UPDATE)
    for namespace in Namespace:
        if namespace in program:
            assert f"`{namespace}`" in RELEASES
        elif namespace is not Namespace.STUDY:
            assert f"`{namespace}`" in DESCRIPTION


def test_the_frozen_label_has_the_described_fields() -> None:
    path = ROOT / "tests" / "vectors" / "package" / "good-plain.mrdpkg"
    with zipfile.ZipFile(path) as archive:
        label = json.loads(archive.read("outer.json"))
    own = {field.name for field in fields(Outer)} - {"changes"}  # of hand-over files alone
    assert sorted(label) == sorted(own)
