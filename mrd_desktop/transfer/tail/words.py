"""What is said of records that are missing and can come back, or cannot."""

from __future__ import annotations

from typing import Final

from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Text


class TailRefused(RecordError):
    """The missing records cannot be taken back like this."""

    code = "tail"
    template = Text("Nothing was taken back: {detail}", "未取回：{detail}")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.text = Text(f"Nothing was taken back: {why.en}", f"未取回：{why.zh}")


NOTHING: Final = Text(
    "no package here follows the records of this folder.",
    "此处没有可接在本文件夹记录之后的数据包。",
)
OTHERS: Final = Text(
    "the packages give other records than were shown. Look again.",
    "数据包中的记录与显示时不同，请重新查看。",
)
ALTERED: Final = Text(
    "the records of this folder are not sound; verify it first.",
    "本文件夹的记录未通过校验，请先校验。",
)
GAP: Final = Text(
    "{name} follows packages that are missing here: {missing}. Lay them into the folder archive "
    "beside it and look again: both then come back.",
    "{name} 之前缺少数据包：{missing}。请将其一并放入 archive 文件夹后重新查看，届时将一起取回。",
)
PARTED: Final = Text(
    "{name} does not follow the records of this folder: others were written in their place. "
    "Restore the backup once more into a new folder, lay the packages into its folder archive "
    "before anybody signs in, and take them back there.",
    "{name} 接不上本文件夹的记录：其位置已写入其他记录。请将备份重新恢复到新文件夹，"
    "在任何人登录之前把数据包放入其 archive 文件夹，再在那里取回。",
)
MORE: Final = Text(
    "{name} cannot be taken back: record {seq} ({kind}) changed accounts, keys, the definition or "
    "what another computer holds, and a package does not bring that back. Restore a backup made "
    "after it, or call the sponsor.",
    "{name} 无法取回：第 {seq} 条记录（{kind}）更改了账户、密钥、研究定义或涉及其他电脑，而数据包"
    "不含这些内容。请恢复此后制作的备份，或联系申办方。",
)
ALONE: Final = Text(
    "{name} holds headers and deletions alone, and no package here holds what {n} of its records "
    "say, the first of them record {seq}. They may have changed accounts, keys or the definition. "
    "Lay the whole package that followed it into the folder archive and look again, restore a "
    "backup made after it, or call the sponsor.",
    "{name} 仅含记录头和删除通知，其中 {n} 条记录（从第 {seq} 条起）的内容不在此处的任何数据包中，"
    "可能更改了账户、密钥或研究定义。请将其后的完整数据包放入 archive 文件夹后重新查看，"
    "或恢复此后制作的备份，或联系申办方。",
)
INSTEAD: Final = Text(
    "The backup {name} reaches to record {last}, with identities and all that no package holds. "
    "Restore it into a new folder instead: take nothing back and sign nothing here.",
    "备份 {name} 含截至第 {last} 条的记录，包括身份信息和数据包中没有的内容。"
    "请改为将该备份恢复到新文件夹，不要在此处取回或签署。",
)
UNREAD: Final = Text("it cannot be read", "无法读取")
OFFERED: Final = Text(
    "Records {first} to {last} can be taken back from {packages}. Do this before anything else is "
    "done here: then the site goes on where the sponsor's copy ends. Signed for without it, this "
    "folder can send nothing any more.",
    "可从 {packages} 取回第 {first} 至 {last} 条记录。请先取回再做其他操作：之后本中心将从"
    "申办方所持记录的末尾继续。若不取回就签署，此文件夹将无法再发送数据。",
)
TAKEN: Final = Text(
    "Records {first} to {last} are back, from {packages}.",
    "已从 {packages} 取回第 {first} 至 {last} 条记录。",
)
WITHOUT: Final = Text(
    "Of {n} of them the packages do not hold the content (identities, what stays at the site, what "
    "was not to leave). Enter that again from paper; a subject that is gone first of all, under "
    "its own number.",
    "其中 {n} 条的内容不在数据包内（身份信息、仅供中心使用的内容、未获准外发的内容），"
    "请按纸质记录补录；若有受试者缺失，请先按其原编号补录。",
)
NEVER_AGAIN: Final = Text(
    "If the sponsor received packages that are missing here, it takes nothing more from this "
    "folder once something is recorded in their place, and the signature is recorded. First lay "
    "those packages into this site's folder archive (copies from the old computer or the sponsor) "
    "and look again. Where there are none, a further computer of the site takes the subjects over.",
    "若申办方已收到此处缺失的数据包，一旦在其位置写入新记录（签署即写入），申办方将不再接受此文件夹的数据。"
    "请先将这些数据包（来自旧电脑或申办方的副本）放入本中心的 archive 文件夹，再重新查看。若没有，"
    "则由本中心另一台电脑接管受试者。",
)
