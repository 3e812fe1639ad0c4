"""Who may do what with vendors, messages and the staging queue."""

from kanghu.modules.catalog.public import Unmatched

PERMISSIONS = {
    "exchange.vendor.read": "查看体检系统",
    "exchange.vendor.write": "维护体检系统",
    "exchange.message.read": "查询体检对接报文",
    "exchange.message.open": "查看报文原文（含个人信息）",
    "exchange.message.replay": "重新处理报文",
    "exchange.staged.read": "查看待处理结果",
    "exchange.staged.write": "处理待处理结果",
    "exchange.own.bind": "签约绑定本人体检账号",
}

REPLAYABLE = frozenset({"H2", "H3", "H4", "H5"})

# Why a result waits → what a person reads.
STAGING_REASONS = {
    **{reason.name.lower(): str(reason) for reason in Unmatched},
    "exam_unknown": "无法确定属于哪次体检",
}
