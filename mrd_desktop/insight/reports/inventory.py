"""The inventory of data for the impact assessment: every item, how it is classed, who receives it.

Made from the definition in force, whose digest stands in the stamp: another definition, another
inventory. It holds no data of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

from mrd_desktop.insight.reports.model import Block, Cell, Column, Heading, Report, Table, Words
from mrd_desktop.study.model import Form, Item, ItemGroup, Kind, Phi, Study
from mrd_desktop.texts import Text

TITLE = Text("Inventory of data", "数据清单")
HINT = Text(
    "For the assessment of the impact on personal information. Made from the study definition in "
    "force (digest above); it holds no data of anybody. What an item is asked for stands below its "
    "form, unless a section or an item has a purpose of its own.",
    "用于个人信息保护影响评估。由现行研究定义生成（摘要见上），不含任何受试者数据。"
    "各项目的用途见其表单名称下方；区段或项目另有用途的单独列出。",
)
COLUMNS = (
    Column(Text("Item", "项目"), 1.3),
    Column(Text("Question", "内容"), 2.6),
    Column(Text("Class", "分类"), 1.6),
    Column(Text("Kept", "存放"), 1.4),
    Column(Text("Leaves the site", "离开本中心"), 2.6),
)
FLOW = Text("Who receives what", "接收方")
FLOWS = (
    Text(
        "The sponsor, whose key the site has pinned: coded records of subjects who agreed, in "
        "signed and encrypted packages. The program sends nothing by itself, and makes packages "
        "for nobody else. In which country the sponsor keeps the key the program does not know; "
        "site and sponsor answer for that.",
        "申办方（中心已信任其密钥）：已同意的受试者的编码数据，以签名并加密的数据包传递。"
        "程序不会自行发送数据，也不为其他任何一方制作数据包。程序无法得知申办方密钥存放于何国，"
        "由中心和申办方负责确认。",
    ),
    Text(
        "The monitor and the auditor read coded records at the site. Neither they nor the site "
        "administrator have a key to identities.",
        "监查员和稽查员在中心查看编码数据；他们与中心管理员均没有身份信息的密钥。",
    ),
    Text(
        "The participant: a copy of the own records, printed on request.",
        "受试者本人：应要求打印的本人记录副本。",
    ),
    Text(
        "Courts and authorities of other countries: nothing without approval of the competent "
        "Chinese authority (Data Security Law 36, Personal Information Protection Law 41). Who is "
        "asked exports and prints nothing, and calls the sponsor and the hospital's legal office.",
        "境外司法或执法机构：未经中国主管机关批准不得提供（《数据安全法》第三十六条、"
        "《个人信息保护法》第四十一条）。收到此类要求时不导出、不打印，请联系申办方和医院法务部门。",
    ),
)
PURPOSE = Text("What for", "用途")
ASKED_FOR = Text("{name}: {purpose} ({part}).", "{name}：{purpose}（{part}）。")
NOT_STATED = Text(
    "What for is not said of every item here: good for practice only.",
    "此处并非每个项目都说明了用途，仅可用于练习。",
)
HARMLESS = Text("{item}: no identifier, {why}.", "{item}：非身份标识，{why}。")
VAULT, SITE_FILE = Text("identity vault", "身份信息库"), Text("encrypted site file", "中心加密文件")
IDENTITY = Text("identifies directly", "直接标识")
INDIRECT = Text("may identify indirectly", "间接标识")
HEALTH = Text("health information, coded", "健康信息（编码）")
GENETIC = Text("genetic", "遗传信息")
CRITICAL = Text("critical", "关键数据")
NEVER = Text("never", "不离开")
SENT = Text("to the sponsor, where agreed to", "同意后传给申办方")
REDUCED = Text("to the sponsor, reduced", "泛化后传给申办方")
CHECKED = Text("to the sponsor, unless it names a person", "传给申办方，含身份线索时扣留")
DERIVED = Text("computed", "自动计算")
TRANSCRIBED = Text("transcribed", "转录")
ORIGINAL = Text("first record", "原始记录")


def inventory(study: Study) -> Report:
    """The inventory of a definition."""
    blocks: list[Block] = [Words(HINT, quiet=True), Heading(FLOW, 2), *map(Words, FLOWS)]
    for form in study.forms:
        name = form.text
        blocks.append(Heading(Text(f"{form.oid} {name.en}", f"{form.oid} {name.zh}"), 2))
        blocks += [Words(said) for said in _purposes(study, form)]
        blocks.append(Table(COLUMNS, tuple(_rows(study, form))))
    return Report("inventory", TITLE, tuple(blocks))


def _purposes(study: Study, form: Form) -> Iterator[Text]:
    """What a form is asked for, and what of it for something else; what is no identifier."""
    groups = ((g.text, g.purpose) for g in form.groups)
    items = ((i.text, i.purpose) for i in form.items)
    for name, purpose in ((PURPOSE, form.purpose), *groups, *items):
        if purpose is not None:
            at = study.protocol_parts[purpose.protocol]
            yield ASKED_FOR.filled(name=name, purpose=purpose.text, part=at)
    if any(study.purpose_of(item.oid) is None for item in form.items):
        yield NOT_STATED
    for item in form.items:
        if item.harmless is not None:
            yield HARMLESS.filled(item=item.text, why=item.harmless)


def leaves(study: Study, form: Form, item: Item) -> Text:
    """How far a value of an item may go."""
    if form.private or item.phi is Phi.DIRECT:
        return NEVER
    if any(reduction.item == item.oid for reduction in study.reductions):
        return REDUCED
    return CHECKED if item.type.kind is Kind.TEXT else SENT


def _rows(study: Study, form: Form) -> Iterator[tuple[Cell, ...]]:
    for group in form.groups:
        for item in group.items:
            away = leaves(study, form, item)
            private = form.private or item.phi is Phi.DIRECT
            yield (
                Cell(item.oid),
                Cell(item.text),
                Cell(_class(study, form, group, item)),
                Cell(VAULT if private else SITE_FILE),
                Cell(away, quiet=away is NEVER),
            )


def _class(study: Study, form: Form, group: ItemGroup, item: Item) -> Text:
    if form.private or item.phi is Phi.DIRECT:
        found = [IDENTITY]
    else:
        found = [INDIRECT if item.phi is not Phi.NONE else HEALTH]
    found += [GENETIC] if group.genetic else []
    found += [CRITICAL] if item.oid in study.critical else []
    entered = ORIGINAL if item.original else TRANSCRIBED
    found.append(DERIVED if item.derived else entered)
    return Text(", ".join(t.en for t in found), "、".join(t.zh for t in found))
