"""What happened, in words: one for each kind of record, and for each step of a second entry."""

from __future__ import annotations

from typing import Final

from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.redaction import LINK_CAUSES, REDACTION_CAUSES
from mrd_desktop.record.second.compare import Result
from mrd_desktop.record.second.standing import Choice
from mrd_desktop.texts import Text

KINDS: Final = {
    Kind.CHAIN_CREATED: Text("records begun", "建立记录"),
    Kind.CHAIN_CONTINUED: Text("records continued after a restore", "恢复后续接记录"),
    Kind.SESSION_OPENED: Text("signed in", "登录"),
    Kind.SESSION_CLOSED: Text("signed out", "退出"),
    Kind.SIGNIN_FAILED: Text("sign-in failed", "登录失败"),
    Kind.USER_ADDED: Text("user added", "添加用户"),
    Kind.USER_CONFIRMED: Text("key of a user confirmed", "确认用户密钥"),
    Kind.USER_CLOSED: Text("user closed", "关闭账户"),
    Kind.KEY_ENROLLED: Text("key enrolled", "登记密钥"),
    Kind.KEY_ROTATED: Text("key changed", "更换密钥"),
    Kind.ROLE_GRANTED: Text("role given", "授予角色"),
    Kind.ROLE_REVOKED: Text("role withdrawn", "撤销角色"),
    Kind.VAULT_GRANTED: Text("identity access given", "授予身份信息权限"),
    Kind.GENERATION_CHANGED: Text("data key changed", "更换数据密钥"),
    Kind.CLOCK_NOTED: Text("clock noted", "时钟记录"),
    Kind.DEFINITION_INSTALLED: Text("study definition installed", "启用研究定义"),
    Kind.ACTIVATION_INSTALLED: Text("site activated", "中心启用"),
    Kind.SUBJECT_CREATED: Text("subject created", "新建受试者"),
    Kind.SUBJECT_WITHHELD: Text("subject withheld from sending", "受试者停止外发"),
    Kind.SUBJECT_HANDED: Text("subject handed over", "受试者转出"),
    Kind.SUBJECT_RECEIVED: Text("subject received", "受试者转入"),
    Kind.EVENT_ADDED: Text("visit opened", "新建访视"),
    Kind.EVENT_REMOVED: Text("visit removed", "移除访视"),
    Kind.EVENT_RESTORED: Text("visit restored", "恢复访视"),
    Kind.FORM_ADDED: Text("form opened", "新建表单"),
    Kind.FORM_REMOVED: Text("form removed", "移除表单"),
    Kind.FORM_RESTORED: Text("form restored", "恢复表单"),
    Kind.ROW_ADDED: Text("row added", "新增一行"),
    Kind.ROW_REMOVED: Text("row removed", "移除一行"),
    Kind.ROW_RESTORED: Text("row restored", "恢复一行"),
    Kind.FORM_SAVED: Text("form saved", "保存表单"),
    Kind.FORM_FROZEN: Text("form frozen", "冻结表单"),
    Kind.FORM_LOCKED: Text("form locked", "锁定表单"),
    Kind.FORM_UNLOCKED: Text("form unlocked", "解锁表单"),
    Kind.ITEM_SET: Text("value recorded", "录入数据"),
    Kind.ENTRY_REFUSED: Text("saving refused", "拒绝保存"),
    Kind.ENTRY_SUPERSEDED: Text("value corrected before saving", "保存前更正"),
    Kind.CHECK_OUTCOME: Text("outcome of a check", "核查结果"),
    Kind.CHECK_ANSWERED: Text("finding explained", "说明核查提示"),
    Kind.QUERY_OPENED: Text("query asked", "提出质疑"),
    Kind.QUERY_ANSWERED: Text("query answered", "回复质疑"),
    Kind.QUERY_CLOSED: Text("query closed", "关闭质疑"),
    Kind.QUERY_REOPENED: Text("query reopened", "重新打开质疑"),
    Kind.SDV_MARKED: Text("compared with the source", "核对原始数据"),
    Kind.SIGNATURE_MADE: Text("signed", "签名"),
    Kind.NOTE_ADDED: Text("note added", "添加备注"),
    Kind.REVIEW_NOTED: Text("monitoring visit noted", "登记监查访视"),
    Kind.LABRANGE_SET: Text("laboratory range set", "设置实验室参考范围"),
    Kind.FILE_ATTACHED: Text("file attached", "附加文件"),
    Kind.IDENTITY_LOOKED: Text("identity looked at", "查看身份信息"),
    Kind.PRINTED: Text("printed or saved as a file", "打印或存为文件"),
    Kind.PACKAGE_BEGUN: Text("package begun", "开始制作数据包"),
    Kind.PACKAGE_SEALED: Text("package sealed", "封存数据包"),
    Kind.PACKAGE_VOIDED: Text("package voided", "作废数据包"),
    Kind.PACKAGE_RECEIVED: Text("package received", "接收数据包"),
    Kind.BRANCH_RESOLVED: Text("branch of records resolved", "处理记录分支"),
    Kind.TRUST_PINNED: Text("key trusted", "信任密钥"),
    Kind.DATASET_EXPORTED: Text("datasets exported", "导出数据集"),
    Kind.REPLY_ADOPTED: Text("reply adopted", "采纳回复"),
    Kind.BACKUP_MADE: Text("backup made", "备份"),
    Kind.RESTORE_DONE: Text("restored", "恢复备份"),
    Kind.REDACTION_DONE: Text("value redacted", "遮蔽数据"),
    Kind.LINK_DESTROYED: Text("link to a person destroyed", "销毁身份关联"),
    Kind.INCIDENT_NOTED: Text("incident noted", "记录异常"),
}
RECIPIENT: Final = Text("recipient stated", "登记数据接收方")
"""A key trusted anew with what two people said of its owner."""
FAILED: Final = Text(
    "{at}: wrong password of this account, at the sign-in or for a signature; told afterwards",
    "{at} 此账户的密码错误（登录或签名时）；为事后补记",
)
FAILED_UNKNOWN: Final = Text(
    "{at}: sign-in with a name that is not known here; told afterwards",
    "{at} 以本中心没有的用户名登录；为事后补记",
)
FAILED_GAP: Final = Text("lines of the log of failed sign-ins are gone", "登录失败日志缺行")
TWO_PEOPLE: Final = Text("{user} with {second}", "{user} 与 {second}")
RELEASED: Final = Text("package released", "签发数据包")
CAUSES: Final = {**REDACTION_CAUSES, **LINK_CAUSES}
ERASED_WORDS: Final = Text(
    "{cause}; signed by {user} and {second}; {what}", "{cause}；{user}、{second} 签名；{what}"
)
ERASED_RECORDS: Final = Text("records {seqs}", "记录 {seqs}")
ERASED_IDENTITY: Final = Text("{n} identity records", "身份记录 {n} 条")
REVIEWED: Final = Text("audit trail reviewed", "审阅稽查轨迹")
STATEMENTS: Final = {
    "undertaking": Text("undertaking signed", "签署承诺书"),
    "training": Text("training signed for", "确认培训"),
    "exercises": Text("exercises signed for", "确认练习"),
    "accounts": Text("accounts reviewed", "复核账户"),
    "roster": Text("accounts of a site compared", "核对中心账户"),
    "milestone": Text("milestone endorsed", "确认里程碑"),
    "loss": Text("loss of records signed for", "确认记录缺失"),
    "keys": Text("keys handed over", "交接密钥"),
    "clock": Text("clock explained", "说明时钟情况"),
    "unlocking": Text("unlocking signed for", "确认解锁"),
}
"""Signatures without a form, by meaning."""
NOTES: Final = {
    "code_issued": Text("one-time code issued", "签发一次性代码"),
    "denied": Text("tried what the role does not allow", "尝试了角色不允许的操作"),
    "user_named": Text("printed name of a user given", "登记用户姓名"),
    "sheet_checked": Text("recovery sheet checked", "核对恢复单"),
    "sheet_used": Text("new key by the recovery sheet", "凭恢复单启用新密钥"),
    "words_read": Text("words of the sponsor read", "阅读申办方留言"),
    "password_changed": Text("own password changed", "修改本人密码"),
    "accounts": Text("words on the accounts", "账户复核说明"),
    "fault_met": Text("fault of the program", "程序出错"),
    "installation_checked": Text("installed program checked", "核对已安装的程序"),
    "presence": Text("who was there, told afterwards", "补记在场情况"),
    "program_updated": Text("new version of the program installed", "安装程序新版本"),
}
"""What is noted without a monitoring visit, by act."""
PRESENT: Final = {
    "in": Text("signed in", "登录"),
    "lock": Text("locked", "锁定"),
    "close": Text("signed out", "退出"),
    "denied": Text("tried what is not allowed", "尝试了不允许的操作"),
    "code": Text("typed a right one-time code", "输入了正确的一次性代码"),
}
"""By what the log beside the chain told."""
UNWRITTEN: Final = {
    "clock": Text("the clock was behind", "时钟落后"),
    "date": Text("nobody had said that the date is right", "无人确认日期正确"),
    "missing": Text("records were missing here", "此处缺少记录"),
    "refused": Text("no record could be written", "无法写入记录"),
    "unopened": Text("nobody was signed in yet", "尚无人登录"),
}
"""Why it was no record at once."""
PRESENCE: Final = Text(
    "{user}: {what}, {at} by the clock; {why}", "{user}：{what}，当时时钟为 {at}；{why}"
)
REVIEW_NOTE: Final = Text("words on the audit trail", "稽查轨迹审阅说明")
REVIEW_WORDS: Final = Text(
    "records {first}–{last}, {n} in all; {flagged}", "记录 {first}–{last}，共 {n} 条；{flagged}"
)
NONE_FLAGGED: Final = Text("none flagged", "无标记")
DECLARED: Final = {
    "complete": Text("as complete", "按完整保存"),
    "incomplete": Text("as incomplete", "按未完整保存"),
}
PAPER: Final = Text("from paper of {date} {reference}", "据 {date} 纸质记录 {reference}")
CHANGED: Final = Text("value changed", "更改数据")
TAKEN_OUT: Final = Text("content taken out by two people", "内容已由两人遮蔽")
CLOSED_TO_READ: Final = Text("identity data (not in this file)", "身份信息（不含于本文件）")
SECOND: Final = {
    "keyed": Text("second entry keyed", "第二次录入"),
    "compared": Text("both entries compared", "比较两次录入"),
    "result": Text("difference of the second entry", "第二次录入的差异"),
    "chosen": Text("difference settled", "处理差异"),
    "settled": Text("settling of differences finished", "差异处理完成"),
}
"""By the field that tells the step."""
SECOND_WORDS: Final = {
    "keyed": Text("compared with saved record {seq}", "与保存记录 {seq} 比较"),
    "compared": Text("{n} values first keyed by {user}", "{user} 首次录入的数据 {n} 项"),
    "result": Text("{result}; first keyed by {user}", "{result}；首次录入：{user}"),
    "chosen": Text("{choice}; difference of record {seq}", "{choice}；差异记录 {seq}"),
    "settled": Text("{n} settled", "已处理 {n} 项"),
}
SECOND_ROW: Final = Text("the whole row", "整行")
RESULTS: Final = {
    Result.EQUAL: Text("equal", "一致"),
    Result.DIFFERS: Text("another value", "数值不同"),
    Result.ONLY_FIRST: Text("keyed the first time only", "仅首次录入"),
    Result.ONLY_SECOND: Text("keyed the second time only", "仅第二次录入"),
}
CHOICES: Final = {
    Choice.FIRST: Text("the first value is right", "首次录入正确"),
    Choice.SECOND: Text("the second value is right", "第二次录入正确"),
    Choice.OTHER: Text("another value is right", "两次均不正确，另行填写"),
}
NOT_KEYED: Final = Text("(nothing keyed)", "（未录入）")
CLEARED: Final = Text("(cleared)", "（已清空）")
SOURCES: Final = {
    "derived": Text("worked out by the program", "系统计算"),
    "reduced": Text("worked out by the program", "系统计算"),
    "hidden": Text("question no longer applies", "问题不再适用"),
    "import": Text(
        "from a report, row {row}, file {sha256}", "自报告导入，第 {row} 行，文件 {sha256}"
    ),
    "labrange": Text("from the laboratory's range, record {seq}", "取自实验室参考范围，记录 {seq}"),
}
