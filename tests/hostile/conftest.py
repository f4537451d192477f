"""Sites and stores of the transfer tests."""

from __future__ import annotations

from tests.transfer.conftest import (  # noqa: F401  (fixtures)
    charted_route,
    charted_route_template,
    route,
    route_template,
)
