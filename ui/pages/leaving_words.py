"""What the page Export says: its texts, and sentences made of them."""

from __future__ import annotations

from collections.abc import Mapping

from mrd_desktop.texts import Text
from mrd_desktop.transfer.preview import Preview
from mrd_desktop.transfer.release import Reason
from mrd_desktop.vault.abroad import HOME, Standing
from ui.notices import barred_words

EXPORT = Text("Export", "导出")
LAST = Text("Last package", "上次导出")
NEVER = Text("none yet", "尚未导出")
LAST_SAYS = Text("No. {n} · {at} · {days} days ago", "第 {n} 号 · {at} · {days} 天前")
LAST_TODAY = Text("No. {n} · {at} · today", "第 {n} 号 · {at} · 今天")
RECORDS = Text("New records", "新增记录")
OF_FORMS = Text("{n}, of these {forms} in forms", "{n} 条，其中表单 {forms} 条")
TRUSTED = Text("Sealed for", "加密给")
NOBODY = Text(
    "nobody yet: the administrator has to trust the sponsor's key first",
    "尚无：须由中心管理员先信任申办方密钥",
)
PRACTICE = Text(
    "practice recipient: nobody can open the package, no sponsor takes it",
    "练习用接收方：数据包无人能解密，申办方不会接收",
)
TO_SPONSOR = Text("sponsor, key {key}", "申办方，密钥 {key}")
TO_PLACE = Text("{code}, until {until}", "{code}，至 {until}")
LISTS = Text("What would leave", "导出前核对")
KINDS: Mapping[str, Text] = {
    "fresh": Text("New", "新增"),
    "draft": Text("Unsaved", "未保存"),
    "incomplete": Text("Incomplete", "未完整"),
    "unsigned": Text("Unsigned", "未签名"),
    "query": Text("Queries", "质疑"),
    "unseen": Text("No second look", "未经第二人核对"),
    "held": Text("Stays here", "留在本中心"),
    "late": Text("Was held", "此前保留"),
    "back": Text("Deleted there", "由对方删除"),
}
MEANT: Mapping[str, Text] = {
    "fresh": Text("Leaves with this package. Enter opens it.", "随本次导出。Enter 打开。"),
    "draft": Text("Typed and not saved: does not leave.", "已录入但未保存，不会导出。"),
    "incomplete": Text("Leaves as it is, told as incomplete.", "照常导出，并注明未完整。"),
    "unsigned": Text("Leaves as it is, without a signature.", "照常导出，未带签名。"),
    "query": Text("Leaves as it is, with the query open.", "照常导出，质疑一并带出。"),
    "unseen": Text(
        "Critical values that nobody but who entered them has looked at. They leave as they are.",
        "除录入者外尚无人核对的关键数据，照常导出。",
    ),
    "held": Text("Does not leave, for the reason told.", "因所列原因不导出。"),
    "late": Text("Was held until now and leaves with this package.", "此前保留，随本次导出。"),
    "back": Text(
        "Was sent and is deleted at the sponsor with this package.",
        "此前已发出，申办方将随之删除。",
    ),
}
NO_GENES = Text(
    "Genetic data stay, for the approval to send abroad does not cover them.",
    "出境批准未涵盖遗传数据，均予保留。",
)
TAKEN_BACK = Text(
    "What the sponsor holds of them is deleted there.", "申办方已有的遗传数据将随之删除。"
)
EMPTY: Mapping[str, Text] = {
    "fresh": Text("Nothing new since the last package.", "上次导出后没有新内容。"),
    "draft": Text("Nothing typed is left unsaved.", "没有未保存的录入。"),
    "incomplete": Text("Every form is complete.", "所有表单均完整。"),
    "unsigned": Text("Every complete form is signed.", "完整表单均已签名。"),
    "query": Text("No query is waiting.", "没有待处理的质疑。"),
    "unseen": Text("Every critical value had a second look.", "关键数据均已由第二人核对。"),
    "held": Text("Nothing is held back.", "没有保留的内容。"),
    "late": Text("Nothing that was held leaves now.", "没有此前保留而本次导出的内容。"),
    "back": Text("Nothing is deleted there.", "没有需由对方删除的内容。"),
}
NO_FORM = Text(
    "No form has anything new. The new records are of sign-ins and other acts, or stay here.",
    "表单没有新内容。新增记录为登录等操作，或属留在本中心的内容。",
)
WHOLE = Text(
    "The sponsor has none of the earlier packages: everything leaves as a full package.",
    "该申办方尚未收到过任何数据包：本次将作为完整包导出全部内容。",
)
LOOKING = Text("Looking at what is new…", "正在核对新增内容…")
SUBJECT = Text("Subject", "受试者")
WHAT = Text("What", "内容")
N_LATE = Text("{n} records", "{n} 条记录")
N_BACK = Text("{why}: {n} records", "{why}：{n} 条记录")
N_VALUES = Text("{place}, critical values: {n}", "{place}：{n} 项关键数据")
N_RECORDS = Text("{place}: {n} records", "{place}：{n} 条记录")
HELD_NEW = Text("{why}: {n} new records", "{why}：新增 {n} 条记录")
ALWAYS = Text("Always", "始终保留")
REASONS: Mapping[str, Text] = {
    Reason.PRIVATE: Text("identity", "身份信息"),
    Reason.SITE: Text("for the site only", "仅供中心使用"),
    Reason.CONSENT: Text("no consent to share yet", "尚未同意共享"),
    Reason.WITHDRAWN: Text("consent withdrawn", "已撤回同意"),
    Reason.HGR: Text("genetic data without consent", "未同意共享遗传信息"),
    Reason.APPROVAL: Text(
        "genetic data, not in the approval to send abroad", "遗传信息，出境批准未涵盖"
    ),
    Reason.FREE_TEXT: Text("text may identify", "文字可能暴露身份"),
    Reason.SAMPLE_ID: Text("sample number may identify", "样本编号可能暴露身份"),
    Reason.REDACTED: Text("redacted", "已遮蔽"),
    Reason.GUESSED: Text(
        "signature of an earlier version: its digest may tell of identities",
        "早期版本的签名：其摘要可能暴露身份信息",
    ),
    Reason.LOST: Text("lost before a restore", "恢复前已丢失"),
}
WAITS = Text("waits until data may go there", "待允许导出后发出")
TO = Text("To folder", "保存到")
FREE = Text(
    "{free} free. A copy stays in the site's archive.", "可用 {free}。中心存档自动保留一份。"
)
SAME = Text(
    "On this computer's disk, {free} free: hand the file on from here, or choose the stick.",
    "位于本机硬盘，可用 {free}：请由此转交文件，或改选 U 盘。",
)
FULL = Text(
    "Full package: everything from the first record on (where the sponsor asks for one)",
    "完整包：从第一条记录起的全部内容（申办方要求时选用）",
)
PASSWORD = Text("Password of {user}", "{user} 的密码")
SIGN_ACT = Text("Sign and export", "签名并导出")
TELL_ACT = Text("Sign and send deletions", "签名并导出删除通知")
TELL = Text(
    "Deletions can be sent meanwhile: by a package of headers and deletions alone {n} records are "
    "deleted at the sponsor. Of what is new only sign-ins and signatures leave, with staff names.",
    "可先发送删除通知：数据包仅含记录头和删除通知，申办方将据此删除 {n} 条记录；"
    "新增内容中仅工作人员的登录和签名（含姓名）随之导出。",
)
TOLD = Text(
    "Package {n} of headers and deletions alone is made, read back from there and verified. {name}",
    "第 {n} 号数据包（仅含记录头和删除通知）已生成，并已从该处读回校验。{name}",
)
CANCEL = Text("Cancel", "取消")
WORKING = Text("{done} of {total} records", "已处理 {done} / {total} 条记录")
STARTING = Text("Reading and verifying the whole chain…", "正在读取并校验全部记录…")
STOPPED = Text("Cancelled; nothing has left.", "已取消，未导出任何内容。")
DONE = Text(
    "Package {n}: {opened} contents of {records} new records; read back from there and verified. "
    "{name}",
    "第 {n} 号数据包：{records} 条新记录，含内容 {opened} 条；已从该处读回校验。{name}",
)
MADE = Text("Package {n} is made.", "第 {n} 号数据包已生成。")
STAYS = Text("Stays here", "留在本中心")
THERE = Text("Go to Where data go", "前往数据接收方")
CHOOSE_FIRST = Text("Type or choose it first.", "请先填写或选择。")
AGAIN = Text("Back to the lists", "返回核对列表")


def abroad_words(one: Standing) -> Text | None:
    """Where a recipient is and how long the leave runs, if that is not mainland China."""
    if one.said is None or one.said.place.jurisdiction == HOME:
        return None
    place = one.said.place
    if place.until is None:
        return Text(place.jurisdiction, place.jurisdiction)
    return TO_PLACE.filled(code=place.jurisdiction, until=place.until)


def stays_words(seen: Preview, barred: Standing) -> Text:
    """Why no whole package leaves, and what can be told meanwhile."""
    said = [barred_words(barred)]
    if seen.tells:
        said.append(TELL.filled(n=seen.deleted))
    return Text(" ".join(t.en for t in said), "".join(t.zh for t in said))


def reason_words(reason: str, *, alone: bool = False) -> Text:
    """Why something stays; in a package of headers and deletions alone all that is new waits."""
    if alone and reason == Reason.APPROVAL:
        return WAITS
    return REASONS.get(reason, Text(reason, reason))


def counted(head: Text, counts: Mapping[str, int], *, alone: bool = False) -> Text:
    """What stays, by reason."""
    parts = [(reason_words(k, alone=alone), n) for k, n in sorted(counts.items())]
    en = ", ".join(f"{text.en} {n}" for text, n in parts)
    zh = "，".join(f"{text.zh} {n} 条" for text, n in parts)
    return Text(f"{head.en}: {en}", f"{head.zh}：{zh}")
