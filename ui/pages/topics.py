"""Which paragraph of the help speaks of a page: by section, and by part where there are several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrd_desktop.texts import Text

TOPIC_OF: Final[Mapping[str, str]] = {
    "today": "today",
    "subjects": "subject",
    "queries": "queries",
    "calendar": "paper",
    "sign": "queries",
    "monitor": "monitoring",
    "reports": "reports",
    "charts": "charts",
    "transfer": "transfer",
    "paper": "paper",
    "admin": "care",
}
"""The topic of each section of the window."""
PARAGRAPHS: Final[Mapping[str, tuple[str, Text]]] = {
    "users": ("start", Text("Users.", "用户。")),
    "accounts": ("care", Text("Accounts.", "账户复核。")),
    "vault": ("care", Text("Access to identities.", "身份信息授权。")),
    "trust": ("start", Text("Sponsor's key.", "申办方密钥。")),
    "recipient": ("transfer", Text("Where data go.", "数据接收方。")),
    "key": ("care", Text("The site's key.", "中心密钥。")),
    "datakey": ("care", Text("The data key.", "数据密钥。")),
    "sheet": ("care", Text("Recovery sheet.", "恢复单。")),
    "undertaking": ("start", Text("Users.", "用户。")),
    "password": ("care", Text("Passwords.", "密码。")),
    "trail": ("monitoring", Text("Reviewing the audit trail.", "审阅稽查轨迹。")),
    "periodic": ("care", Text("Periodic review.", "定期审查。")),
    "milestones": ("care", Text("Milestones.", "里程碑。")),
    "requests": ("care", Text("Requests of participants.", "受试者请求。")),
    "incidents": ("care", Text("Incidents.", "事件。")),
    "custody": ("care", Text("Backups.", "备份。")),
    "slip": ("care", Text("Day-end slip.", "日终核对单。")),
    "loss": ("care", Text("Missing records.", "缺失记录。")),
    "clock": ("care", Text("The clock.", "电脑时钟")),
    "closing": ("care", Text("The end of the study.", "研究结束。")),
    "destruction": ("care", Text("Destruction.", "销毁。")),
    "live": ("start", Text("Live mode.", "正式启用。")),
    "definition": ("transfer", Text("Amendments.", "修订。")),
    "exercises": ("start", Text("Training.", "培训。")),
    "typing": ("entry", Text("Type from the paper", "照着原始资料")),
    "update": ("care", Text("A new version of the program.", "程序新版本。")),
    "about": ("care", Text("A new version of the program.", "程序新版本。")),
    "leave": ("transfer", Text("Look first.", "先核对。")),
    "come": ("transfer", Text("Receiving.", "接收回复。")),
    "hand": ("transfer", Text("Several computers at one site.", "同一中心的多台电脑。")),
}
"""The topic, and how the paragraph begins, by the key of a part."""
