"""Refusals of packages and replies, each with its own reason code and sentence.

    PackageError
    ├── NotAPackage        a foreign file
    ├── Damaged            bytes lost or changed on the way
    ├── TooLarge           over a limit
    ├── UnknownKey         no trusted key made it
    ├── RevokedKey         the key that made it was replaced
    ├── Forged             a signature or digest that does not hold
    ├── NotForUs           encrypted to others
    ├── NewerFormat        written by a newer program
    ├── NewerDefinition    forms under a definition that only a newer program reads
    ├── UnreadableDefinition  a definition that cannot be read
    ├── WrongStudy  TrainingMismatch  RecordsRefused
    ├── NoRecipient        there is nobody to seal it for
    ├── Abroad             it would leave the country without an approval
    ├── PlaceUnsaid        nobody said where the sponsor's new key is
    ├── NothingBarred      headers and deletions alone, and all of it may leave
    ├── NotReleased        nobody signed for what leaves a live site
    ├── VaultNeeded        the exporter cannot look for identities
    ├── WriteFailed        the medium refused
    │   └── MediumFull     because it is full
    ├── NoCopy             the archive does not hold it
    ├── CopyHeld           the copy holds what may not leave today
    ├── CopyForOthers      the copy is sealed for other keys than today's
    ├── Cancelled          the user stopped it
    ├── UnknownDataset     no such format of datasets
    ├── QueryUnknown  NothingHeld  SiteUnknown  AmendmentRefused
    ├── VersionNotNewer  NothingToInstall  NoWayBack
    └── TeamError          the tables of a sponsor's team: Address, Driver, Unreachable, OfAnother,
                           Contradicts
    ReplyRefused           a reply that does not belong here
    └── ReplyBeyond        it confirms records that are not here

``detail`` names parts, numbers and digests; never a value of a record.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text


class PackageError(MrdError):
    """A package or reply that cannot be written or read."""

    code = "package"
    template = Text(
        "The package cannot be used: {detail}. Ask the sender for a new one.",
        "数据包无法使用：{detail}。请让发送方重新导出。",
    )


class NotAPackage(PackageError):
    """A file of another kind, or one that does not exist in the fixed layout."""

    code = "foreign"
    template = Text(
        "This file is not a transfer package of MRD Desktop. Choose a file ending in "
        ".mrdpkg or .mrdreply.",
        "该文件不是 MRD Desktop 的传输数据包。请选择扩展名为 .mrdpkg 或 .mrdreply 的文件。",
    )


class OtherKind(PackageError):
    """A file of this program that is read elsewhere."""

    code = "other_kind"
    template = Text(
        "This is {found_en}; {wanted_en} is read here. Choose the other file.",
        "这是{found_zh}，此处读取的是{wanted_zh}。请另选文件。",
    )

    def __init__(self, found: Text, wanted: Text) -> None:
        super().__init__(
            found_en=found.en, found_zh=found.zh, wanted_en=wanted.en, wanted_zh=wanted.zh
        )


class Damaged(PackageError):
    """Bytes were lost or changed on the way."""

    code = "damaged"
    template = Text(
        "The file is damaged ({detail}). Copy it again from the original, or ask the sender for "
        "a new copy; nothing of it was used.",
        "文件已损坏（{detail}）。请从原件重新复制，或请发送方重新提供；未读入任何内容。",
    )


class TooLarge(PackageError):
    """A limit on size, count or ratio is passed."""

    code = "too_large"
    template = Text(
        "The package passes a limit ({detail}). Nothing of it was used. Send the data in "
        "several packages.",
        "数据包超出限制（{detail}）。未读入任何内容。请分多个数据包发送。",
    )


class UnknownKey(PackageError):
    """The outer signature is by a key that is not trusted for this site."""

    code = "unknown_key"
    template = Text(
        "The package is signed with a key that is not trusted for site {site}. Compare the "
        "key's fingerprint with the site by telephone, then trust the key.",
        "数据包的签名密钥未被信任（中心 {site}）。请先与该中心电话核对密钥指纹，再将其设为信任。",
    )


class RevokedKey(PackageError):
    """The outer signature is by a key that was trusted for this site until it was replaced."""

    code = "revoked_key"
    template = Text(
        "The package is signed with a key of site {site} that was replaced: an old copy of the "
        "site's folder made it, or somebody who holds the old key. It was not read. Ask the site "
        "by telephone which computer made it; if it is the right one, ask for a full package.",
        "数据包使用了中心 {site} 已被替换的密钥签名："
        "由旧的中心文件夹副本生成，或有人持有旧密钥。未读入。请电话询问该中心由哪台电脑生成；"
        "若电脑无误，请该中心导出完整包。",
    )


class ComputerKeyUnknown(UnknownKey):
    """A hand-over file under a key that the one known of its computer does not lead to."""

    template = Text(
        "The file is signed with a key that is not the known one of that computer of site {site}, "
        "nor one that it signed for. Nothing was stored. Ask there for its card (.mrdcomputer), "
        "and compare the fingerprint.",
        "该文件的签名密钥既不是本机所认识的该电脑（中心 {site}）的密钥，也未经该密钥签名确认。"
        "未存入任何内容。请向对方索取电脑卡（.mrdcomputer）并核对指纹。",
    )


class ComputerKeyReplaced(RevokedKey):
    """A hand-over file under a key that its computer has replaced since."""

    template = Text(
        "The file is signed with a key that its computer of site {site} has replaced since: it was "
        "written before that, or by an old copy of that computer's folder. Nothing was stored. Let "
        "the other computer write the file again.",
        "该文件使用了对方电脑（中心 {site}）已更换的密钥签名：文件写于更换之前，"
        "或由其文件夹的旧副本生成。未存入任何内容。请让对方重新生成文件。",
    )


class Forged(PackageError):
    """A signature or digest does not hold: what is inside is not what was signed."""

    code = "forged"
    template = Text(
        "The content does not match its signature ({detail}). Keep the file, do not use it, and "
        "report this to the data manager.",
        "内容与签名不符（{detail}）。请保留该文件、勿使用，并报告数据管理员。",
    )


class NotForUs(PackageError):
    """Encrypted to keys of others."""

    code = "not_for_us"
    template = Text(
        "The package was not encrypted for this recipient. The sender must have this "
        "recipient's key and export again.",
        "该数据包不是加密给本接收方的。发送方需先登记本接收方的密钥，再重新导出。",
    )


class NewerFormat(PackageError):
    """Written in a format this program does not know."""

    code = "newer_format"
    template = Text(
        "The file has format {detail}, which this program does not know. Install the newest "
        "version of MRD Desktop.",
        "文件格式为 {detail}，本程序版本尚不支持。请安装最新版 MRD Desktop。",
    )


class NewerDefinition(PackageError):
    """It brings forms under a definition in a form that this program does not know."""

    code = "newer_definition"
    template = Text(
        "The file brings forms under version {version} of the study definition, written in the "
        "form {form}, which this program does not know. Nothing was stored. Install the newest "
        "version of MRD Desktop, then take the same file again.",
        "该文件中的表单采用研究定义 {version} 版（格式 {form}），本程序版本尚不支持。"
        "未存入任何内容。请安装最新版 MRD Desktop，再重新接收同一文件。",
    )

    def __init__(self, *, version: str, form: str) -> None:
        super().__init__(version=version, form=form)


class UnreadableDefinition(PackageError):
    """It brings a definition that cannot be read."""

    code = "unreadable_definition"
    template = Text(
        "The file brings a study definition that cannot be read ({detail}), and its forms could "
        "not be shown. Nothing was stored. Install the newest version of MRD Desktop and take the "
        "file again; where it is refused again, keep it and tell the data manager.",
        "该文件附带的研究定义无法读取（{detail}），其中的表单将无法显示。未存入任何内容。"
        "请安装最新版 MRD Desktop 后重新接收；如仍被拒绝，请保留该文件并告知数据管理员。",
    )


class WrongStudy(PackageError):
    """A package of another study."""

    code = "wrong_study"
    template = Text(
        "The package belongs to study {detail}, not to this one. It was not read.",
        "该数据包属于研究 {detail}，不是本研究。未读入。",
    )


class TrainingMismatch(PackageError):
    """Training data offered to a live store, or the other way round."""

    code = "training_mismatch"
    template = Text(
        "Training and live data are never mixed: this package is of the other kind. It was not "
        "read.",
        "培训数据与正式数据不得混用：该数据包与本库类型不同。未读入。",
    )


class RecordsRefused(PackageError):
    """The records inside do not form a sound continuation of their chain."""

    code = "records"
    template = Text(
        "The records in the package do not verify ({detail}). Nothing was stored. Report this to "
        "the data manager.",
        "数据包内的记录未通过校验（{detail}）。未存入任何内容。请报告数据管理员。",
    )


class NoRecipient(PackageError):
    """No pinned key to encrypt to."""

    code = "no_recipient"
    template = Text(
        "No sponsor key is trusted yet, so there is nobody to encrypt for. Let the site "
        "administrator trust the sponsor's key first.",
        "尚未信任任何申办方密钥，无法加密导出。请先由中心管理员信任申办方密钥。",
    )


class Abroad(PackageError):
    """A recipient outside mainland China, and no approval that still runs."""

    code = "abroad"
    template = Text(
        "The sponsor's key {key} is outside mainland China, and no approval that still runs is on "
        "record. Nothing was written. Get the approval; then the administrator and a second person "
        "record it under Administration, Where data go.",
        "申办方密钥 {key} 位于中国大陆境外，且没有仍在有效期内的出境批准记录。未写出任何内容。"
        "请先取得批准，再由中心管理员与第二人在“管理 → 数据接收方”中登记。",
    )

    def __init__(self, *, key: str) -> None:
        super().__init__(key=key)


class PlaceUnsaid(PackageError):
    """Two people have not said where the sponsor with this key is, nor of one that signed for it.

    A key that was put in place of another one by hand is such a key.
    """

    code = "place_unsaid"
    template = Text(
        "Two people have not yet confirmed the sponsor's key {key} and where the sponsor is. "
        "Nothing was written. The administrator and a second person compare its fingerprint and "
        "say it under Administration, Where data go; this is done once for each key.",
        "申办方密钥 {key} 及其所在地尚未经两人确认。未写出任何内容。请中心管理员与第二人核对指纹，"
        "并在“管理 → 数据接收方”中登记；每个密钥只需登记一次。",
    )

    def __init__(self, *, key: str) -> None:
        super().__init__(key=key)


_MEANWHILE = Text(
    " What was sent before and taken back since can be told meanwhile: on the page Export, or by "
    "export --deletions.",
    "此前已发出、现已撤回的内容仍可先行通知删除：见“导出”页，或用 export --deletions。",
)
_UNTOLD = Text(
    " Deletions cannot be sent before that either: no package went to the sponsor yet, or a key "
    "stands in place of the one that packages went to, and two people have not compared it.",
    "在此之前也不能发送删除通知：尚未向申办方发出过数据包，"
    "或密钥在上次导出后已更换，尚未经两人核对。",
)


def _with(text: Text, more: Text) -> Text:
    return Text(text.en + more.en, text.zh + more.zh)


class AbroadMeanwhile(Abroad):
    """The same, where a package of headers and deletions alone may leave."""

    template = _with(Abroad.template, _MEANWHILE)


class AbroadUntold(Abroad):
    """The same, where that was asked for and may not leave either."""

    template = _with(Abroad.template, _UNTOLD)


class PlaceUnsaidMeanwhile(PlaceUnsaid):
    """The same, where a package of headers and deletions alone may leave."""

    template = _with(PlaceUnsaid.template, _MEANWHILE)


class PlaceUnsaidUntold(PlaceUnsaid):
    """The same, where that was asked for and may not leave either."""

    template = _with(PlaceUnsaid.template, _UNTOLD)


class NothingBarred(PackageError):
    """Headers and deletions alone are asked for where all of it may leave."""

    code = "nothing_barred"
    template = Text(
        "Nothing keeps a whole package from leaving today. Nothing was written. Export without "
        "--deletions: what has to be deleted at the sponsor goes with it.",
        "目前可以正常导出完整内容，未写出任何内容。请不带 --deletions 导出，"
        "需由申办方删除的内容会一并通知。",
    )


class NotReleased(PackageError):
    """A package of a live site that nobody signed for."""

    code = "not_released"
    template = Text(
        "Nothing leaves a live site unless somebody signs for it. Who exports signs the "
        "undertaking first, has the account confirmed by somebody else, and then releases the "
        "package with the password. Nothing was written.",
        "正式数据须有人签名放行方可导出。请导出者先签署承诺书，并由他人确认其账户，"
        "再输入密码放行数据包。未写出任何内容。",
    )


class VaultNeeded(PackageError):
    """A session without the vault key cannot prove that no identity value leaves."""

    code = "vault_needed"
    template = Text(
        "A package can only be made by a user who may see identities, because every text is "
        "searched for them before it leaves. Sign in as coordinator or investigator.",
        "导出前须逐条检查文本是否含身份信息，因此只有可查看身份信息的用户才能导出。"
        "请以研究协调员或研究者身份登录。",
    )


class WriteFailed(PackageError):
    """The medium could not take the file."""

    code = "write_failed"
    template = Text(
        "The file could not be written ({detail}). Check that the medium is present, not full "
        "and not write-protected, then try again. No half file was left that looks whole.",
        "文件写入失败（{detail}）。请确认存储介质已插好、有空间且未写保护，然后重试。"
        "不会留下看似完整的残缺文件。",
    )


class MediumFull(WriteFailed):
    """The medium became full while the file was written."""

    code = "medium_full"
    template = Text(
        "The disk or medium is full. Make room on it or take another one, then try again. "
        "No half file was left that looks whole.",
        "磁盘或存储介质已满。请腾出空间或更换介质后重试。不会留下看似完整的残缺文件。",
    )


def write_failed(trouble: OSError) -> WriteFailed:
    """What the system's refusal means to whoever writes a file."""
    if trouble.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return MediumFull()
    return WriteFailed(trouble.strerror or type(trouble).__name__)


class NoRoom(PackageError):
    """The finished file does not fit on the medium."""

    code = "no_room"
    template = Text(
        "There is no room: {needed} are needed, {free} are free. Make room or choose another "
        "medium, then export again.",
        "空间不足：需要 {needed}，剩余 {free}。请腾出空间或更换介质后重新导出。",
    )


class NoCopy(PackageError):
    """The archive does not hold the package asked for."""

    code = "no_copy"
    template = Text(
        "The site's archive holds no copy of package {detail}. Export a full package instead; it "
        "brings everything.",
        "中心存档中没有第 {detail} 号数据包的副本。请导出完整包，其中包含全部内容。",
    )


class CopyHeld(PackageError):
    """A package made before holds content that may not leave today."""

    code = "copy_held"
    template = Text(
        "Package {detail} holds data that may no longer leave. Nothing was copied. Export a full "
        "package instead: it brings everything that may leave today.",
        "第 {detail} 号数据包含有现已不得传出的数据。未复制任何内容。"
        "请改为导出完整包，其中包含目前可以传出的全部内容。",
    )


class CopyForOthers(PackageError):
    """A package made before is sealed for other recipients than those of today."""

    code = "copy_for_others"
    template = Text(
        "Package {detail} was made for other keys of the sponsor than those trusted today. Nothing "
        "was copied. Export a full package instead: it brings everything that may leave today. "
        "Where only deletions may leave, export these again: what the sponsor has not confirmed "
        "is repeated.",
        "第 {detail} 号数据包是为申办方的其他密钥制作的，与目前信任的密钥不同。未复制任何内容。"
        "请改为导出完整包，其中包含目前可以传出的全部内容。"
        "目前只能发送删除通知的，请重新导出删除通知：申办方尚未确认的内容会一并重发。",
    )


class Cancelled(PackageError):
    """The user stopped the export."""

    code = "cancelled"
    template = Text(
        "The export was cancelled; no package was written.",
        "导出已取消，未生成数据包。",
    )


class UnknownDataset(PackageError):
    """A dataset format that does not exist."""

    code = "unknown_dataset"
    template = Text(
        "There is no dataset format {detail}. Choose from: {formats}.",
        "没有数据集格式 {detail}。可选：{formats}。",
    )


class TeamError(PackageError):
    """The tables of a team cannot be brought up to the store."""

    code = "team"


class TeamAddress(TeamError):
    """An address that is none of a PostgreSQL database, or holds a password."""

    code = "team_address"
    template = Text(
        "Write the address as postgresql+psycopg://user@host/database, without a password; "
        "passwords stand in the file .pgpass.",
        "地址请写成 postgresql+psycopg://用户@主机/数据库，不要包含密码；"
        "密码请写在 .pgpass 文件中。",
    )


class TeamDriver(TeamError):
    """The driver for PostgreSQL is not installed."""

    code = "team_driver"
    template = Text(
        "The driver for PostgreSQL is missing. Install it: pip install 'mrd-desktop[team]'.",
        "缺少 PostgreSQL 驱动程序。请安装：pip install 'mrd-desktop[team]'。",
    )


class TeamUnreachable(TeamError):
    """The server is away, or does not do what it is asked."""

    code = "team_unreachable"
    template = Text(
        "The team's database cannot be used ({detail}); the store itself is well. Once the server "
        "answers, mrd-sponsor team brings the tables up to date.",
        "无法使用团队数据库（{detail}）；库本身正常。"
        "服务器恢复后，运行 mrd-sponsor team 即可补齐数据表。",
    )


class TeamOfAnother(TeamError):
    """The database holds the tables of another store."""

    code = "team_of_another"
    template = Text(
        "This database holds the tables of another store. Give each store a database of its own.",
        "该数据库中是另一个库的数据表。请为每个库单独建立数据库。",
    )


class TeamContradicts(TeamError):
    """The tables stand on a record that the store does not have."""

    code = "team_contradicts"
    template = Text(
        "The team's tables stand on record {detail}, which this store does not hold so: it is an "
        "older copy, or was continued in two places. Find out which store is the right one, then "
        "run mrd-sponsor team --rebuild with it.",
        "团队数据表所依据的第 {detail} 条记录与本库不一致："
        "本库可能是旧副本，或曾在两处继续使用。请先确认哪个库正确，"
        "再用该库运行 mrd-sponsor team --rebuild。",
    )


class ReplyRefused(PackageError):
    """A reply that does not belong to this site, or says what a reply may not say."""

    code = "reply"
    template = Text(
        "The reply was not taken over: {detail}. Ask the sponsor for a new reply.",
        "未导入该回复：{detail}。请让申办方重新生成回复。",
    )


class ReplyBeyond(ReplyRefused):
    """A reply confirms records that are not here; what it tells besides is told all the same."""

    code = "reply_beyond"
    template = Text(
        "The sponsor holds records of this site that are not in this folder: an older copy was put "
        "back, or two copies were worked in. Nothing of the reply was taken up. {told_en}See "
        "Administration, Missing records. What the packages hold is taken back there; where this "
        "folder has already gone on, in a fresh restore of the backup. Without packages a further "
        "computer of the site takes the subjects over.",
        "申办方持有此文件夹没有的本中心记录：此处换回过旧副本，或曾分别使用两个副本。该回复未导入。"
        "{told_zh}请查看“管理 › 缺失记录”，在那里从数据包取回；若此文件夹已继续写入，"
        "请重新恢复备份后取回。若没有数据包，则由本中心另一台电脑接管受试者。",
    )

    def __init__(self, told: Iterable[Text]) -> None:
        said = tuple(dict.fromkeys(told))
        en, zh = "".join(f"{t.en} " for t in said), "".join(t.zh for t in said)
        super().__init__(told_en=en, told_zh=zh)


class ComputerUnknown(PackageError):
    """No card of that computer was added here."""

    code = "computer"
    template = Text(
        "Computer {detail} of this site is not known here. Add its card (.mrdcomputer) first.",
        "本机尚不认识本中心的电脑 {detail}，请先添加其电脑卡（.mrdcomputer）。",
    )


class HandoverGap(PackageError):
    """An earlier hand-over file did not come."""

    code = "handover_gap"
    template = Text(
        "Records of computer {detail} are missing that an earlier file brought. Nothing was "
        "stored. Let the other computer make a whole hand-over from the start (--full).",
        "缺少电脑 {detail} 较早文件中的记录。未存入任何内容。"
        "请让对方勾选“从头完整交接”后重新生成文件（命令行为 --full）。",
    )


class OldCopy(PackageError):
    """The other computer holds records of this one that this folder does not have."""

    code = "fork"
    template = Text(
        "The other computer holds records of this one that this folder does not have: it is an "
        "older copy, or two copies of it were used. Nothing was stored. Find out which folder is "
        "the right one, or restore the latest backup.",
        "对方持有本机的记录，而本文件夹中没有：本文件夹是旧副本，或其两份副本都被使用过。"
        "未存入任何内容。请查明哪一份正确，或恢复最新备份。",
    )


class CopiedFolder(PackageError):
    """Two histories of one computer."""

    code = "fork"
    template = Text(
        "From record {detail} on, the file contradicts what is held of that computer: two copies "
        "of its folder were used, or an old backup was continued. Nothing was stored. Find out "
        "which copy is the right one.",
        "自第 {detail} 条记录起，文件与本机已有的该电脑记录相互矛盾："
        "其文件夹有两份副本被使用，或在旧备份上继续录入。未存入任何内容。请查明哪一份正确。",
    )


class NoBranch(PackageError):
    """A package that contradicts nothing that is held."""

    code = "no_branch"
    template = Text(
        "This package of site {site} contradicts nothing that is held here. Receive it.",
        "该数据包与此处持有的中心 {site} 的记录并不矛盾，请直接接收。",
    )


class BranchUnknown(PackageError):
    """Where two histories part cannot be seen from a part of one."""

    code = "branch_unknown"
    template = Text(
        "The package holds only the end of the other history, so where the two part cannot be "
        "seen. Ask site {site} for a full package of that copy.",
        "该数据包仅含另一套记录的后段，无法看出两者自何处分开。"
        "请向中心 {site} 索取该副本的完整包。",
    )


class BranchRefused(PackageError):
    """A decision without a reason."""

    code = "branch_reason"
    template = Text(
        "Say in at least ten characters what was found and why the records held here are true.",
        "请说明查明的情况，以及为何以此处持有的记录为准（至少 10 个字符）。",
    )


class BranchDecided(PackageError):
    """A decision that was made before."""

    code = "branch_decided"
    template = Text(
        "About this package it was decided before; look at the status of the store.",
        "该数据包此前已作决定，请查看库的状态。",
    )


class QueryUnknown(PackageError):
    """No query of that name, or several."""

    code = "query_unknown"
    template = Text(
        "No single query is called {detail}. “query STORE --list” shows all of them.",
        "没有名称唯一的质疑：{detail}。“query STORE --list”可列出全部质疑。",
    )


class NothingHeld(PackageError):
    """An address of which the store holds nothing."""

    code = "nothing_held"
    template = Text(
        "Nothing is held here at {detail}. Check the number of the subject and of the visit; what "
        "was entered since comes with the site's next package.",
        "此处没有 {detail} 的任何记录。请核对受试者编号和访视；"
        "此后录入的内容将随该中心的下一个数据包到达。",
    )


class SiteUnknown(PackageError):
    """A site of which no key is trusted."""

    code = "site_unknown"
    template = Text(
        "No key of site {detail} is trusted here, so there is nobody to write to. Check the "
        "number, or trust its key file first (“trust STORE SITE.pub”).",
        "此处未信任中心 {detail} 的任何密钥，无法向其回复。请核对中心编号，"
        "或先信任其密钥文件（“trust STORE SITE.pub”）。",
    )


class AmendmentRefused(PackageError):
    """A definition that may not come into force."""

    code = "amendment"
    template = Text(
        "The definition cannot amend this study: {detail}. Keep types, units and codes as they "
        "were and add new items instead.",
        "该定义不能用于修订本研究：{detail}。请保持原有类型、单位和代码不变，改为新增条目。",
    )


class VersionNotNewer(PackageError):
    """A definition whose version does not come after the one in force."""

    code = "version_not_newer"
    template = Text(
        "The definition has version {detail}, and version {held} is in force. An amendment needs "
        "a higher version; write it in study.yaml.",
        "该定义的版本为 {detail}，而当前生效版本为 {held}。修订须使用更高的版本号，请在 study.yaml "
        "中更新。",
    )


class NotApproved(PackageError):
    """An amendment that would close a live site, for the sponsor's approval has not come."""

    code = "not_approved"
    template = Text(
        "Version {version} is not approved for this site yet: {reason_en} The site works on as it "
        "is. Receive the reply that brings the approval.",
        "版本 {version} 尚未获准在本中心使用：{reason_zh}"
        "本中心照常使用现行版本。请接收附有批准的回复。",
    )

    def __init__(self, reason: Text, *, version: str) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh, version=version)


class NothingToInstall(PackageError):
    """No such amendment came with a reply, or it was altered since."""

    code = "nothing_to_install"
    template = Text(
        "There is no amendment to install that the sponsor signed{detail}. Receive the sponsor's "
        "latest reply.",
        "没有经申办方签名的修订可供安装{detail}。请接收申办方的最新回复。",
    )


class NoWayBack(PackageError):
    """The former definition cannot come back."""

    code = "no_way_back"
    template = Text(
        "The former definition cannot be put back: {reason_en} Ask the sponsor for a new "
        "amendment.",
        "无法恢复原定义：{reason_zh}请联系申办方发布新的修订。",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)
