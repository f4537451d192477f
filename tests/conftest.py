"""What every test may rely on: no screen needed, printed seeds, counts that soak runs in full."""

from __future__ import annotations

import gc
import os
import secrets
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import is_hypothesis_test, settings

from mrd_desktop.study import load
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import crypto
from tests.clinic import Clinic, make_clinic, with_stories
from tests.once import Once
from tests.second import make_second_clinic, second_clinic
from tests.transfer.teams import postgres, store_kind, teamed  # noqa: F401  (fixtures)

# A run keeps what it has loaded, two million objects; the collector walks them less often.
gc.set_threshold(100_000, 50, 20)

# Without a display Qt ends the interpreter; chosen before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SOAK = bool(os.environ.get("MRD_SOAK"))

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("soak" if SOAK else "suite")


_LONG = frozenset({"test_demo.py", "test_half_hour.py"})
"""One test of these takes a minute: they come first, so that no worker is left alone with it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property has more examples under ``dev.py soak``, which must therefore run it."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker(pytest.mark.soak)
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What the workers of a run share."""
    return Once(tmp_path_factory)


@pytest.fixture(scope="session", autouse=True)
def argon2id_once(once: Once) -> Iterator[None]:
    """The same password of the same site is worked out once a run: sites are copied, not made.

    Every result is Argon2id's own, at its full cost when it is first asked for.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crypto, "Argon2id", partial(_Argon2idOnce, once, {}))
        yield


class _Argon2idOnce:
    def __init__(self, once: Once, known: dict[object, bytes], **parameters: Any) -> None:
        self._once = once
        self._known = known
        self._parameters = parameters

    def derive(self, secret: bytes) -> bytes:
        asked = (secret, tuple(sorted(self._parameters.items())))
        if asked not in self._known:
            work = Argon2id(**self._parameters).derive
            self._known[asked] = self._once.worked_out(asked, partial(work, secret))
        return self._known[asked]


@pytest.fixture(scope="session", autouse=True)
def yaml_once() -> Iterator[None]:
    """The same file of a definition is read once a run: amendments of tests alter a few lines.

    Every tree is the reader's own; what it refuses it is asked again.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "read", lru_cache(maxsize=1024)(load.read))
        yield


@pytest.fixture
def seed(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> int:
    """The seed for whatever is random in a test, printed when it fails.

    In the suite it follows from the test's name, so that a run can be repeated; soak draws a new
    one each time. ``MRD_SEED`` sets it by hand.
    """
    given = os.environ.get("MRD_SEED")
    if given:
        chosen = int(given)
    elif SOAK:
        chosen = secrets.randbits(32)
    else:
        chosen = zlib.crc32(request.node.nodeid.encode())
    record_property("seed", chosen)
    print(f"MRD_SEED={chosen}")
    return chosen


@pytest.fixture
def fraction(record_property: Callable[[str, object], None]) -> Callable[[int, int], int]:
    """``fraction(full, short)``: the full count under ``dev.py soak``, else the short one."""

    def choose(full: int, short: int) -> int:
        chosen = full if SOAK else short
        record_property("count", chosen)
        return chosen

    return choose


@pytest.fixture(scope="session")
def clinic_template(once: Once) -> Clinic:
    """A synthetic training site without subjects; copy it, never change it."""
    return Clinic(once.made("clinic", make_clinic), load_study())


@pytest.fixture(scope="session")
def charted_template(clinic_template: Clinic, once: Once) -> Clinic:
    """The same with subject 01-001 of the stories; copy it, never change it."""
    return with_stories(clinic_template, once, "01-001")


@pytest.fixture(scope="session")
def paused_template(clinic_template: Clinic, once: Once) -> Clinic:
    """A site with subject 01-002 of the stories alone; copy it, never change it."""
    return with_stories(clinic_template, once, "01-002")


@pytest.fixture(scope="session")
def both_template(charted_template: Clinic, once: Once) -> Clinic:
    """A site with subjects 01-001 and 01-002 of the stories; copy it, never change it."""
    return with_stories(charted_template, once, "01-002")


@pytest.fixture(scope="session")
def stories_template(both_template: Clinic, once: Once) -> Clinic:
    """A site with all three stories; copy it, never change it."""
    return with_stories(both_template, once, "01-004")


@pytest.fixture
def clinic(clinic_template: Clinic, tmp_path: Path) -> Clinic:
    """A training site of one's own, without subjects."""
    return clinic_template.copy(tmp_path / "site")


@pytest.fixture
def charted(charted_template: Clinic, tmp_path: Path) -> Clinic:
    """A training site of one's own with subject 01-001."""
    return charted_template.copy(tmp_path / "site")


@pytest.fixture
def paused(paused_template: Clinic, tmp_path: Path) -> Clinic:
    """A training site of one's own with subject 01-002."""
    return paused_template.copy(tmp_path / "site")


@pytest.fixture
def both(both_template: Clinic, tmp_path: Path) -> Clinic:
    """A training site of one's own with subjects 01-001 and 01-002."""
    return both_template.copy(tmp_path / "site")


@pytest.fixture(scope="session")
def second_template(once: Once) -> Clinic:
    """A site that asks for second entries, with subject 01-001; copy it, never change it."""
    return second_clinic(once.made("second", make_second_clinic))


@pytest.fixture
def twice(second_template: Clinic, tmp_path: Path) -> Clinic:
    """A site of one's own that asks for second entries."""
    return second_template.copy(tmp_path / "site")
