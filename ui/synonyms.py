"""What people type when they look for a part of the window that has another name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrd_desktop.texts import Text

SYNONYMS: Final[Mapping[str, Text]] = {
    "subjects": Text("new enrol register add patient", "登记 入组 新增 建立 患者 病人 新受试者"),
    "today": Text("home tasks to do worklist", "首页 待办 任务"),
    "calendar": Text("appointments schedule", "预约 日程 随访计划"),
    "transfer": Text("package usb stick reply receipt", "数据包 U盘 上报 提交 回复 回执"),
    "reports": Text("import laboratory results", "导入 化验 检验"),
    "paper": Text("blank forms print", "空白表 纸质 打印"),
    "help": Text("keys manual", "说明 快捷键"),
    "support": Text("diagnostics bundle log zip helpdesk", "诊断 日志 客服 支持"),
    "report": Text("issue bug error trouble", "故障 反馈 出错 报错"),
    "users": Text(
        "add colleague staff role password reset", "新增 同事 人员 添加用户 角色 权限 重置密码"
    ),
    "trust": Text("fingerprint public key", "指纹 公钥 信任"),
    "key": Text(
        "rotate replace new fingerprint stolen copy", "更换密钥 轮换 指纹 新密钥 mrdrotation"
    ),
    "datakey": Text(
        "encryption rotate change yearly leak suspected stolen password known",
        "加密密钥 轮换 年度 更换数据密钥 泄露 被盗 密码泄露",
    ),
    "recipient": Text(
        "recipients receiver abroad country jurisdiction approval cross-border sponsor genetic",
        "接收 接收方 出境 境外 国家 地区 批准 审批 遗传资源 申办方",
    ),
    "sheet": Text("lost forgotten recover", "忘记密码 找回 恢复码"),
    "password": Text("change", "修改密码 更改密码"),
    "come": Text("receive reply receipt answer", "接收 回执 回复"),
    "trail": Text("log history who changed", "日志 修改记录 痕迹 审计"),
    "requests": Text(
        "copy of data access deletion correction participant rights",
        "副本 查阅 复制 删除 更正 受试者权利 申请",
    ),
    "incidents": Text("lost stolen leak breach stick", "丢失 被盗 泄露 遗失 上报事件"),
    "custody": Text("restore drill verify", "恢复 试恢复 还原 核验"),
    "slip": Text("qr code end of day", "二维码 日结"),
    "loss": Text("gap lost", "丢失 缺号"),
    "clock": Text("time date timezone wrong behind", "时间 日期 时区 慢 快 校正 钟"),
    "definition": Text("amendment version", "修订 版本 方案"),
    "live": Text("activation go live", "激活 上线"),
    "update": Text("new version install upgrade mrdupdate", "升级 新版本 安装 更新文件"),
}
"""By the key of a section or of a part of the administration."""
NONE: Final = Text("", "")
