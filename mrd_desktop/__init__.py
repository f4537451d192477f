"""The core of MRD Desktop: study definition, ledger, vault, record, transfer and insight.

Nothing in this package imports Qt or ``ui``; a sponsor installs it alone.
"""

from typing import Final

__version__: Final = "0.1.0"
