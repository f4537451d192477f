"""Sites and stores that trust each other."""

from __future__ import annotations

from tests.transfer.conftest import route, route_template  # noqa: F401  (fixtures)
