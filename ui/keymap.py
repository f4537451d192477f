"""The whole keyboard map by place: one list for the help page, the printed sheet and F1."""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.record.incidents import WRITE
from mrd_desktop.texts import Text
from ui.form.keys import FORM_KEYS, REVIEW_KEYS
from ui.key_lines import Allows, KeyLine, usable

Keys = tuple[tuple[str, Text], ...]
_SEES = "subject.see"
_EDITS = ("form.edit",)


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys act.

    Attributes:
        needs: the operation without which nobody comes there; empty: everybody does.
        form: it is a form.
        pages: the pages it is, by module below ``ui.pages``, where its lines name none.
    """

    heading: Text
    lines: tuple[KeyLine, ...]
    needs: str = _SEES
    form: bool = False
    pages: tuple[str, ...] = ()


EVERYWHERE = Place(
    Text("Everywhere", "任何页面"),
    (
        KeyLine(
            "Ctrl+K",
            Text("find and go: subject, visit, form, act", "搜索并前往：受试者、访视、表单、操作"),
            (_SEES,),
            Text("find and go: page, act", "搜索并前往：页面、操作"),
        ),
        KeyLine("Alt+1 … Alt+9", Text("sections of the window", "左侧各栏目")),
        KeyLine("Alt+← Alt+→", Text("page before, page after", "后退、前进")),
        KeyLine("Ctrl+L", Text("lock", "锁定")),
        KeyLine("Ctrl+Q", Text("quit; what is typed is kept", "退出程序，录入内容自动保留")),
        KeyLine("F12", Text("Chinese or English", "中文或英文")),
        KeyLine("K", Text("on the help page: all keys", "帮助页中：全部按键"), pages=("help",)),
        KeyLine(
            "S",
            Text("on the help page: make a file for support", "帮助页中：生成技术支持文件"),
            pages=("help",),
        ),
        KeyLine(
            "Ctrl+S",
            Text("file for support: save it", "技术支持文件：保存"),
            pages=("support",),
        ),
        KeyLine(
            "R",
            Text("on the help page: report a problem", "帮助页中：报告问题"),
            (WRITE,),
            pages=("help",),
        ),
        KeyLine(
            "F1",
            Text(
                "help on this page; in a form its keys",
                "本页帮助；在表单中显示按键",
            ),
            (_SEES,),
            Text("this help", "帮助"),
            pages=("cover",),
        ),
        KeyLine(
            "Ctrl+O", Text("at sign-in: another site", "登录页：打开其他中心"), pages=("sign_in",)
        ),
    ),
    needs="",
)
LISTS = Place(
    Text("In lists", "列表"),
    (
        KeyLine("↑ ↓  PgUp PgDn  Home End", Text("walk", "移动")),
        KeyLine("Enter", Text("open", "打开")),
        KeyLine(
            "← →",
            Text("another filter (Today, Queries)", "切换筛选（今日工作、质疑）"),
            (_SEES,),
            pages=("today", "queries"),
        ),
        KeyLine(
            "/",
            Text("search in the list (Today, Queries)", "在列表中搜索（今日工作、质疑）"),
            (_SEES,),
            pages=("today", "queries"),
        ),
        KeyLine(
            "O  P",
            Text("Today: order, print", "今日工作：排列方式、打印"),
            (_SEES,),
            pages=("today",),
        ),
        KeyLine(
            "Ctrl+N",
            Text("new subject (Today, Subjects)", "新受试者（今日工作、受试者）"),
            ("subject.create",),
            pages=("today", "subjects"),
        ),
        KeyLine(
            "S  D  O",
            Text("queries: from whom, age, order", "质疑：来源、时长、排列方式"),
            (_SEES,),
            pages=("queries",),
        ),
        KeyLine(
            "Ctrl+G",
            Text("query: to the other value it is about", "质疑：查看涉及的另一项"),
            (_SEES,),
            pages=("queries",),
        ),
        KeyLine("A", Text("query: answer", "质疑：回复"), ("query.answer",), pages=("queries",)),
        KeyLine(
            "C  R",
            Text("query: close, reopen", "质疑：关闭、重新打开"),
            ("query.close",),
            pages=("queries",),
        ),
    ),
    needs="",
)
SUBJECT = Place(
    Text("On a subject's page", "受试者页"),
    (
        KeyLine("↑ ↓ ← →", Text("walk the grid of visits and forms", "在访视与表单表格中移动")),
        KeyLine("Enter", Text("open the form", "打开表单")),
        KeyLine("Ctrl+PgUp  Ctrl+PgDn", Text("subject before, after", "上一位、下一位受试者")),
        KeyLine(
            "P", Text("read the picture mark by mark, by arrows", "用方向键逐个读取病程图标记")
        ),
        KeyLine("V", Text("the story as a table; both on paper", "病程表；图与表均可打印")),
        KeyLine(
            "Ctrl+S",
            Text("save the picture (PDF, PNG, SVG, CSV)", "保存病程图（PDF、PNG、SVG、CSV）"),
        ),
        KeyLine("J", Text("queries of this subject", "此受试者的质疑")),
        KeyLine(
            "N",
            Text("add a visit, a log form, another record", "添加访视、随时记录表或另一条记录"),
            _EDITS,
        ),
        KeyLine("S", Text("sign complete forms", "签名完整的表单"), ("form.sign",)),
        KeyLine("Q", Text("ask a question", "提出质疑"), ("query.open",)),
        KeyLine("L", Text("meaning of the signs", "图例")),
        KeyLine("Del", Text("remove a form, with a reason", "移除表单，须说明原因"), _EDITS),
        KeyLine(
            "Ctrl+F8",
            Text("destroy the link to the person, by two people", "两人销毁身份关联"),
            ("form.sign",),
        ),
        KeyLine("Esc", Text("back", "返回")),
    ),
    pages=("subject", "story_page"),
)
OTHERS = Place(
    Text("On other pages", "其他页面"),
    (
        KeyLine(
            "PgUp  PgDn  T",
            Text("Calendar: months, today", "日历：换月、今天"),
            pages=("calendar",),
        ),
        KeyLine(
            "Ctrl+P  Ctrl+E",
            Text("Calendar: print, export", "日历：打印、导出"),
            pages=("calendar",),
        ),
        KeyLine(
            "G  P  T  D",
            Text("Charts: groups, people, table, day", "图表：分组、人群、表格、日期"),
            pages=("charts",),
        ),
        KeyLine(
            "Ctrl+S  Ctrl+P",
            Text("Charts: write a file, print", "图表：存为文件、打印"),
            pages=("charts",),
        ),
        KeyLine(
            "Space  A",
            Text("To sign: show and choose, all looked at", "签名：查看并选中、已查看的全部"),
            ("form.sign",),
            pages=("to_sign", "sign"),
        ),
        KeyLine(
            "U  F  S  T",
            Text("Import: unit, fixed value, skip, trial run", "导入：单位、固定值、跳过、试运行"),
            _EDITS,
            pages=("report_import",),
        ),
        KeyLine(
            "K  O  Ctrl+Enter",
            Text("Import: another form, another file, take in", "导入：改选表单、另选文件、导入"),
            _EDITS,
            pages=("report_import",),
        ),
        KeyLine(
            "/  E",
            Text("Audit trail: search, save the file", "稽查轨迹：搜索、存为文件"),
            ("audit.see",),
            pages=("admin_trail",),
        ),
        KeyLine(
            "Space  A  Ctrl+Enter",
            Text(
                "Audit trail: looked at, all of them, sign the review",
                "稽查轨迹：标为已看、全部、签署审阅",
            ),
            ("audit.review",),
            pages=("admin_trail",),
        ),
        KeyLine(
            "N  P",
            Text("Requests, incidents: a new one, print", "受试者请求、事件：新增、打印"),
            ("form.edit", "backup"),
            pages=("admin_requests", "admin_incidents"),
        ),
        KeyLine(
            "T  Enter",
            Text("Periodic review: other days, show it", "定期审查：改日期、显示文件"),
            ("audit.see", "user.manage"),
            pages=("admin_periodic",),
        ),
        KeyLine(
            "K  B",
            Text("Close-out: where the keys are, the bundle", "结题交接：密钥、交接包"),
            ("export",),
            pages=("admin_closing",),
        ),
        KeyLine(
            "Ctrl+F8",
            Text(
                "Requests, incidents: take words out, by two people",
                "受试者请求、事件：两人遮蔽文字",
            ),
            ("form.sign",),
            pages=("admin_requests", "admin_incidents"),
        ),
        KeyLine("/", Text("Ranges: search", "参考范围：搜索"), pages=("report_ranges",)),
        KeyLine(
            "Del", Text("Ranges: withdraw", "参考范围：撤销"), _EDITS, pages=("report_ranges",)
        ),
        KeyLine(
            "N  L",
            Text("Monitoring: note a visit, its letter", "监查：记录访视、随访信"),
            ("sdv",),
            pages=("monitoring",),
        ),
        KeyLine(
            "1  2  3  0",
            Text("Compare: first, second, other, none", "比对：首录、复录、其他、取消"),
            _EDITS,
            pages=("compare",),
        ),
        KeyLine("A", Text("Compare: all or differing", "比对：全部或仅不同"), pages=("compare",)),
        KeyLine("F2", Text("Compare: missing", "比对：缺失原因"), _EDITS, pages=("compare",)),
        KeyLine("Space", Text("Redact: mark", "遮蔽：选择"), ("form.sign",), pages=("erase",)),
    ),
)
FORM = Place(Text("In a form", "表单"), FORM_KEYS, form=True)
REVIEWING = Place(
    Text("In a form: comparing and locking", "表单：核对与锁定"), REVIEW_KEYS, form=True
)
MAP = (EVERYWHERE, LISTS, SUBJECT, OTHERS, FORM, REVIEWING)


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one place that do something for somebody."""

    heading: Text
    keys: Keys
    form: bool


def tables(allows: Allows) -> tuple[Table, ...]:
    """The map of somebody: the places he comes to, the keys that act there for him."""
    reached = (p for p in MAP if not p.needs or allows(p.needs))
    found = (Table(p.heading, usable(p.lines, allows), p.form) for p in reached)
    return tuple(t for t in found if t.keys)
