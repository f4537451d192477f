"""Refusals at the end of a study."""

from __future__ import annotations

from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text


class KeysRefused(MrdError):
    """The record of where the keys are cannot be signed like this."""

    code = "keys_handed"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, why: Text) -> None:
        self.why = why
        super().__init__(reason_en=why.en, reason_zh=why.zh)


WRONG_SERIAL: Final = Text(
    "The recovery sheet in force has another number. Type the number (No.) that stands on the "
    "sheet which is handed over; if that sheet is lost, replace it first.",
    "有效恢复单的编号与此不同。请填写所交接恢复单上的编号（No.）；如该恢复单遗失，请先更换。",
)
NO_PLACE: Final = Text(
    "Say of each half, and of the folder, who keeps it and where.",
    "请分别填写恢复单两半及数据文件夹由谁保管、存放何处。",
)
ONE_KEEPER: Final = Text(
    "Both halves in one place open everything: name two keepers.",
    "两半存于一处即可打开全部数据：请由两人分别保管。",
)


class NotCloseout(MrdError):
    """A folder that holds no close-out bundle, or one that cannot be read."""

    code = "no_closeout"
    template = Text(
        "{detail} is no close-out bundle, or its list cannot be read. Take another copy.",
        "{detail} 不是结题交接包，或其清单无法读取。请使用另一份副本。",
    )


class BundleNotMade(MrdError):
    """A bundle that does not read back as it was written, or whose records do not verify."""

    code = "closeout_not_made"
    template = Text(
        "The bundle was not made: what was written does not verify ({detail}); nothing is left. "
        "Take another medium. If it says so again, verify this folder (Administration, "
        "Backup and verification).",
        "未生成交接包：写入的内容未通过校验（{detail}），未留下文件。请换一个存储介质重试；"
        "如仍提示，请校验本文件夹（管理 → 备份与校验）。",
    )


class TooEarly(MrdError):
    """The records are still to be kept."""

    code = "retention"
    template = Text(
        "The records of this site are kept until {until}; nothing was destroyed. The sponsor "
        "changes the last day by an amendment of the definition.",
        "本中心的记录须保存至 {until}，未销毁任何内容。保存期限由申办方通过修订研究定义更改。",
    )


class CertificateRefused(MrdError):
    """A certificate of destruction that proves nothing."""

    code = "destruction_certificate"
    template = Text(
        "This certificate of destruction does not hold: {reason_en}.",
        "此销毁证明无效：{reason_zh}。",
    )

    def __init__(self, why: Text) -> None:
        super().__init__(reason_en=why.en, reason_zh=why.zh)


class CertificatePlace(MrdError):
    """A place where the certificate would be destroyed with the rest, or would replace a file."""

    code = "destruction_place"
    template = Text(
        "The certificate cannot lie there. Choose a folder on another medium, outside the site's "
        "folder and its backups, in which no such certificate lies.",
        "销毁证明不能存放在此处。请选择中心文件夹及其备份之外、尚无此证明的文件夹，最好在其他介质上。",
    )


class CertificateAbsent(CertificatePlace):
    """There is no such folder for the certificate."""

    template = Text(
        "There is no such folder. Plug the medium in, or choose another folder.",
        "找不到该文件夹。请插入存储介质，或另选文件夹。",
    )
