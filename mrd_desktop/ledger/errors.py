"""Refusals of the ledger. No text holds a payload, a name or a key."""

from __future__ import annotations

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text


class LedgerError(MrdError):
    """A record that may not be written, read or adopted. ``detail`` names chain and seq."""

    code = "ledger"
    template = Text(
        "The record was not accepted: {detail}. Nothing was written; keep the folder as it is "
        "and run the verification.",
        "记录未被接受：{detail}。未写入任何内容；请勿改动该文件夹，并运行核验。",
    )


class CanonicalError(LedgerError):
    """Bytes that are not the canonical JSON of any value, or a value that has none."""

    code = "canonical"
    template = Text(
        "The data are not in the canonical form of this program: {detail}. "
        "Ask for an unaltered copy of the file.",
        "数据不符合本程序的规范格式：{detail}。请索取未经改动的文件副本。",
    )


class HeaderError(LedgerError):
    """Header bytes that no program of this format can have written."""

    code = "header"
    template = Text(
        "A record header is damaged: {detail}. Restore from a verified backup.",
        "记录头已损坏：{detail}。请用已核验的备份恢复。",
    )


class Misshapen(LedgerError):
    """A record whose content is not what its kind holds: no program of this study wrote it."""

    code = "records"
    template = Text(
        "{detail} does not hold what a record of its kind holds. Nothing of it was used; ask the "
        "sender, and keep the file.",
        "{detail} 的内容与其类型不符。未采用其中任何内容；请联系发送方，并保留该文件。",
    )


class NewerFormat(LedgerError):
    """A record of a newer program. ``needs`` says which program reads it."""

    code = "newer_format"
    template = Text(
        "{detail} was written by a newer program. Install {needs_en}, then open it again.",
        "{detail} 由更新版本的程序写入。请安装{needs_zh}后再打开。",
    )

    def __init__(self, detail: str, needs: Text) -> None:
        super().__init__(detail, needs_en=needs.en, needs_zh=needs.zh)
        self.needs = needs


def reader_of(program: str) -> Text:
    """The program that wrote a record reads it too."""
    return Text(f"program version {program} or later", f"程序 {program} 或更高版本")


def later_than(program: str) -> Text:
    """Said where nothing held here tells which version wrote a record."""
    return Text(f"a program version later than {program}", f"高于 {program} 的程序版本")


class WeakKeyError(LedgerError):
    """A public key under which anybody can sign, or that is no key at all."""

    code = "weak_key"
    template = Text(
        "The public key is refused: {detail}. Ask its owner for a new key.",
        "公钥被拒绝：{detail}。请让其所有者提供新的密钥。",
    )


class OpeningMissing(LedgerError):
    """The content of a record is asked for where only its commitment is held."""

    code = "opening_missing"
    template = Text(
        "The content of record {detail} is not held here.",
        "此处不保存记录 {detail} 的内容。",
    )


class ForkError(LedgerError):
    """Records that contradict the ones already held for the same chain."""

    code = "fork"
    template = Text(
        "The records contradict the ones held here from record {detail} on. Nothing was stored; "
        "find out which copy of the site folder is the right one.",
        "自记录 {detail} 起，与此处保存的记录相互矛盾。未存储任何内容；"
        "请查明哪一份中心文件夹是正确的。",
    )


class GapError(LedgerError):
    """Records that do not follow the head. ``detail`` names the first one missing."""

    code = "gap"
    template = Text(
        "Records are missing from record {detail} on. Nothing was stored; receive the earlier "
        "package first.",
        "自记录 {detail} 起缺少记录。未存储任何内容；请先接收之前的数据包。",
    )


class SealBroken(LedgerError):
    """A private box raises it when sealed bytes were altered or belong to another place."""

    code = "seal_broken"
    template = Text(
        "The sealed content of record {detail} was altered. Restore from a verified backup.",
        "记录 {detail} 的加密内容已被改动。请用已核验的备份恢复。",
    )


class SealLost(LedgerError):
    """A private box raises it when the owner's key was destroyed on purpose."""

    code = "seal_lost"
    template = Text(
        "The key to the private content of record {detail} was destroyed.",
        "记录 {detail} 的私密内容的密钥已被销毁。",
    )
