"""Refusals of printing."""

from __future__ import annotations

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text


class PrintRefused(MrdError):
    """What was asked for cannot be printed."""

    code = "print_refused"
    template = Text("This cannot be printed: {detail}.", "无法打印：{detail}。")


class ChoiceWanted(PrintRefused):
    """The report is about a subject, visit or form, and none was named."""

    code = "choice_wanted"
    template = Text("Name what is to be printed: {detail}.", "请指明要打印的内容：{detail}。")


class NoNextVisit(PrintRefused):
    """No visit is due any more."""

    code = "no_next_visit"
    template = Text(
        "No visit of {detail} is due. Name a visit.", "{detail} 没有待进行的访视，请指定访视。"
    )


class NotSerious(PrintRefused):
    """The event is not recorded as serious."""

    code = "not_serious"
    template = Text(
        "{detail} is not recorded as a serious adverse event.", "{detail} 未记录为严重不良事件。"
    )


class NoVisitNoted(PrintRefused):
    """The monitoring visit was never noted."""

    code = "no_visit_noted"
    template = Text(
        "No monitoring visit is noted here ({detail}). Note one first.",
        "尚无该监查访视记录（{detail}），请先登记。",
    )


class NotDefined(PrintRefused):
    """The report is about items that this study does not have."""

    code = "not_defined"
    template = Text(
        "This study defines no {detail}, so there is nothing to print.",
        "本研究未定义 {detail}，没有可打印的内容。",
    )


class NotCertified(MrdError):
    """A copy without a signature of the site, or changed since."""

    code = "not_certified"
    template = Text(
        "{detail} is no copy that this site certified, or it was changed since.",
        "{detail} 不是本中心出具的认证副本，或出具后已被更改。",
    )
