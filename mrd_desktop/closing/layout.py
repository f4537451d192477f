"""The files of a close-out bundle that are known by name, and what a bundle can lack."""

from __future__ import annotations

from typing import Final

from mrd_desktop.texts import Text

FORMAT: Final = "mrd-closeout/1"
LIST: Final = "closeout.json"
SIGNATURE: Final = f"{LIST}.sig"
SUMS: Final = "SHA256SUMS"
DESCRIBED: Final = ("ledger.md", "package.md", "datasets.md")
"""The descriptions of formats that lie in it."""
_OF_SYSTEMS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__"})
MISSING: Final = {
    "keys": Text(
        "the record of where the keys are is not signed, or the recovery sheet was replaced since",
        "尚未签署密钥交接记录，或签署后更换过恢复单",
    ),
    "package": Text(
        "no full package holds everything that was recorded: export a full one",
        "没有包含全部记录的完整数据包：请导出完整数据包",
    ),
    "archive": Text(
        "the last full package is not in the site's archive, or was damaged there: export a full "
        "one again",
        "中心存档中没有最后的完整数据包，或该文件已损坏：请重新导出完整数据包",
    ),
    "receipt": Text(
        "the sponsor has not confirmed the last full package: send it, take in the reply",
        "申办方尚未确认最后的完整数据包：请发送并接收回执",
    ),
}
"""What a bundle can lack, and what to do."""


def of_a_system(name: str) -> bool:
    """Whether a file, named from the bundle on, is one that operating systems lay beside others."""
    parts = name.split("/")
    return not _OF_SYSTEMS.isdisjoint(parts) or parts[-1].startswith("._")
