"""Refusals of the study definition, its expressions, values and addresses."""

from __future__ import annotations

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text


class DefinitionError(MrdError):
    """A mistake in the study definition: ``file:line: what is wrong; what is right``."""

    code = "definition"
    template = Text(
        "The study definition has a mistake. {detail}",
        "研究定义文件有误。{detail}",
    )


class DefinitionOfNewerForm(DefinitionError):
    """A definition in a form that a later program writes.

    Attributes:
        form: what it names itself, like ``mrd-study/2``.
        version: of the definition; empty where it cannot be told.
    """

    code = "newer_definition"
    template = Text(
        "The study definition {version} has the form {form}, which this program does not know. "
        "Install the newest version of MRD Desktop.",
        "研究定义 {version} 的格式为 {form}，本程序版本尚不支持。请安装最新版 MRD Desktop。",
    )

    def __init__(self, form: str, version: str) -> None:
        MrdError.__init__(self, form=form, version=version)
        self.form, self.version = form, version


class DefinitionForPractice(DefinitionError):
    """A definition that says not of every item what it is asked for, or holds an identifier."""

    code = "definition_for_practice"
    template = Text(
        "This definition is good for practice only. {reason_en}. Mend the definition, then try "
        "again.",
        "该研究定义仅可用于练习。{reason_zh}。请修改研究定义后重试。",
    )

    def __init__(self, reason: Text) -> None:
        MrdError.__init__(self, reason_en=reason.en, reason_zh=reason.zh)


class ExpressionError(MrdError):
    """An expression that cannot be compiled. ``detail`` names the column."""

    code = "expression"
    template = Text("The expression is not valid: {detail}", "表达式无效：{detail}")


class ValueRefused(MrdError):
    """A typed text that is no value of its item's type. ``detail`` never repeats the text."""

    code = "value"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)
        self.reason = reason


class AddressError(MrdError):
    """A text that addresses no event, form or item of the study."""

    code = "address"
    template = Text(
        "“{detail}” is not an address. Write it like 01-002/M12#1/MRD#1/A#1/SAMPDAT.",
        "“{detail}”不是有效地址。格式如 01-002/M12#1/MRD#1/A#1/SAMPDAT。",
    )


class OdmRefused(MrdError):
    """A file that cannot be imported as ODM metadata; ``reason`` says why in both languages."""

    code = "odm"
    template = Text(
        "This file cannot be imported: {reason_en}.",
        "无法导入该文件：{reason_zh}。",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)
        self.reason = reason
