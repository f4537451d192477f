"""Refusals of entry, casebook, queries and signatures."""

from __future__ import annotations

from enum import StrEnum

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import RecordsMissing


class RecordError(MrdError):
    """An act on the record that cannot be done; ``detail`` says on what."""

    code = "record"
    template = Text("This cannot be done: {detail}.", "无法执行：{detail}。")


class AnswerRefused(RecordError):
    """Something that was asked and cannot be recorded as it was answered; nothing was recorded.

    Attributes:
        part: which answer is to be mended; None where it is none of them.
    """

    code = "answer"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text, part: StrEnum | None = None) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)
        self.part = part


class NotFound(RecordError):
    """Nothing stands at the address."""

    code = "not_found"
    template = Text(
        "Nothing stands at {detail}. Check the subject, visit, form and numbers.",
        "{detail} 处没有记录，请核对受试者、访视、表单及序号。",
    )


class SubjectExists(RecordError):
    """The subject number is taken; numbers are never used again."""

    code = "subject_exists"
    template = Text(
        "Subject {detail} exists already. Subject numbers are never used again.",
        "受试者 {detail} 已存在，受试者编号不可重复使用。",
    )


class NumberUnsure(RecordError):
    """Records are missing that may have given numbers out; people name the number."""

    code = "subject_number_unsure"
    template = Text(
        "Records are missing from this folder, and subject numbers may have been given out in them "
        "that it does not know. Look at the paper list of subjects and type the number.",
        "此文件夹有记录缺失，其中可能已分配过此处未知的受试者编号。请核对纸质受试者名单并输入编号。",
    )


class BadSubjectNumber(RecordError):
    """The subject number does not belong to this site or has another shape."""

    code = "subject_number"
    template = Text(
        "“{detail}” is not a subject number of this site. Write it like {site}-001.",
        "“{detail}”不是本中心的受试者编号，格式如 {site}-001。",
    )


class NumberOfOther(RecordError):
    """The number is of another computer's block."""

    code = "number_of_other"
    template = Text(
        "Subject number {detail} is given out by another computer of this site.",
        "受试者编号 {detail} 属于本中心另一台电脑的编号段。",
    )


class NotTraining(RecordError):
    """Only training sites allow this."""

    code = "not_training"
    template = Text(
        "Only a training site allows this. A live site takes data on screen alone.",
        "仅培训中心可执行此操作，正式中心只能在界面上录入。",
    )


class StoryError(RecordError):
    """A story file that cannot be read."""

    code = "story"
    template = Text("The story file cannot be read: {detail}.", "病例文件无法读取：{detail}。")


class ChangedMeanwhile(RecordError):
    """The form was saved elsewhere (an import, another window) after it was opened."""

    code = "changed_meanwhile"
    template = Text(
        "This form was changed after you opened it. Open it again; your typing is kept.",
        "此表单在您打开后已被修改，请重新打开；已输入的内容会保留。",
    )


class SignedMeanwhile(RecordError):
    """The form was signed after it was opened; nothing was recorded."""

    code = "signed_meanwhile"
    template = Text(
        "The form was signed while you were typing. Saving again changes what is signed: the "
        "signature will no longer hold. Your typing is kept.",
        "在您录入期间，此表单已被签名。再次保存会更改已签名的内容，签名将随之失效。已输入的内容仍保留。",
    )


class UnsavedTyping(RecordError):
    """An act on a form of which the user has a draft, which the act would save along."""

    code = "unsaved_typing"
    template = Text(
        "You have unsaved typing in {detail}. Save or discard it first.",
        "{detail} 有您未保存的草稿，请先保存或放弃。",
    )


class Cause(StrEnum):
    """Why Save is refused (the whole list; formats section 5)."""

    PERMISSION = "permission"
    NOT_ACTIVATED = "not_activated"
    RECORDS_MISSING = "records_missing"
    RECORDS_ALTERED = "records_altered"
    PROGRAM = "program_not_released"
    TOO_OLD = "password_stale"
    NOT_TRAINED = "not_trained"
    LOCKED = "locked"
    FROZEN = "frozen"
    REMOVED = "removed"
    ELSEWHERE = "elsewhere"
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    FOLLOW_UP_ENDED = "follow_up_ended"
    NO_SENSITIVE_CONSENT = "no_sensitive_consent"
    NO_GENETIC_CONSENT = "no_genetic_consent"
    CLOSED = "closed"
    CHOICE_SIGNED = "choice_signed"
    NO_REASON = "no_reason"
    OLD_VERSION = "old_version"
    FORMER = "former"


_WORDS = {
    Cause.PERMISSION: Text("Your role may not change this form.", "您的角色无权修改此表单。"),
    Cause.NOT_ACTIVATED: Text(
        "This live site is not activated, or no longer. The site administrator installs the "
        "sponsor's activation file under Administration, Live mode.",
        "本正式中心尚未启用或启用已失效，请由中心管理员在“管理 › 正式启用”中安装申办方的启用文件。",
    ),
    Cause.RECORDS_MISSING: RecordsMissing.template,
    Cause.RECORDS_ALTERED: Text(
        "Data of this folder were changed by something other than this program, so nothing can be "
        "entered here. Call the sponsor.",
        "此文件夹的数据曾被本程序以外的途径更改，因此不能在此录入。请致电申办方。",
    ),
    Cause.PROGRAM: Text(
        "With this program nothing can be saved in a live folder; the top of the window says why. "
        "Your typing is kept.",
        "使用此程序不能在正式文件夹中保存，原因见窗口顶部。已输入的内容仍保留。",
    ),
    Cause.TOO_OLD: Text(
        "Your password is due. Choose a new one under Administration, Your password, then save. "
        "Your typing is kept.",
        "您的密码已到期，请先在“管理 › 我的密码”中修改，再保存。已输入的内容仍保留。",
    ),
    Cause.NOT_TRAINED: Text(
        "Nobody has signed yet that you were trained for this role. The site administrator does "
        "so under Administration, Users. Your typing is kept.",
        "尚无人确认您已完成该角色的培训，请中心管理员在“管理 › 用户”中确认。已输入的内容仍保留。",
    ),
    Cause.LOCKED: Text(
        "The form is locked. Ask the monitor to unlock it.", "表单已锁定，请联系监查员解锁。"
    ),
    Cause.FROZEN: Text(
        "The form is frozen. Ask the monitor to release it.", "表单已冻结，请联系监查员解除。"
    ),
    Cause.REMOVED: Text(
        "The form or its visit was removed. Restore it first, then enter the data.",
        "该表单或其访视已移除。请先恢复，再录入数据。",
    ),
    Cause.ELSEWHERE: Text(
        "Another PC owns this subject. Enter the data there.",
        "该受试者归另一台电脑管理，请在那台电脑上录入。",
    ),
    Cause.NO_CONSENT: Text(
        "No consent date is saved yet. Fill in the form Informed consent first.",
        "尚未保存知情同意日期，请先填写“知情同意”表。",
    ),
    Cause.WITHDRAWN: Text(
        "The patient has withdrawn consent. Nothing more may be entered.",
        "患者已撤回知情同意，不可继续录入。",
    ),
    Cause.FOLLOW_UP_ENDED: Text(
        "The patient left follow-up before this date. Check it, and the date in the form End of "
        "study.",
        "患者在此日期之前已退出随访，请核对该日期和“研究结束”表的日期。",
    ),
    Cause.NO_SENSITIVE_CONSENT: Text(
        "The separate consent to processing sensitive personal information is refused or not "
        "recorded. Enter it in the form Informed consent first.",
        "敏感个人信息处理的单独同意未取得或未填写，请先在“知情同意”表中填写。",
    ),
    Cause.NO_GENETIC_CONSENT: Text(
        "Genetic testing was not agreed to; an MRD record cannot be entered (EC-006).",
        "患者未同意基因检测，不能录入MRD记录（EC-006）。",
    ),
    Cause.CLOSED: Text(
        "What was agreed to does not cover this form. See the form Informed consent.",
        "知情同意的范围不包括此表单，请查看“知情同意”表。",
    ),
    Cause.CHOICE_SIGNED: Text(
        "The first choice is signed and stays. Record a later change in the group change log "
        "(EC-075).",
        "首次选择已签名锁定，后续变更请填写换组记录（EC-075）。",
    ),
    Cause.NO_REASON: Text(
        "A changed value needs a reason. Choose one and save again.",
        "修改已保存的数值须说明原因，请选择原因后再保存。",
    ),
    Cause.FORMER: Text(
        "This form is shown as it was saved, under a former version of the study definition.",
        "此表单按保存时的研究定义显示。",
    ),
    Cause.OLD_VERSION: Text(
        "The study definition has changed since you signed in. Sign out and in again; your typing "
        "is kept.",
        "登录后研究定义已更新，请退出后重新登录，已输入内容会保留。",
    ),
}


class RangeRefused(RecordError):
    """A laboratory range that makes no sense or overlaps another; nothing was recorded."""

    code = "labrange"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)


class SaveRefused(RecordError):
    """Save was refused; only ``entry.refused`` was recorded and the draft is still there."""

    code = "save_refused"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, cause: Cause, words: Text | None = None, *, code: str = "") -> None:
        """A rule of the study brings its words, and the code that is recorded."""
        words = words or _WORDS[cause]
        super().__init__(reason_en=words.en, reason_zh=words.zh)
        self.cause = cause
        self.noted = code or cause.value
