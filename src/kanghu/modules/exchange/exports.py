"""The message log and the results that wait as spreadsheets."""

from kanghu.kernel.exports import export
from kanghu.modules.exchange.endpoints.admin import list_staged_results, search_messages

STATES = {
    "done": "成功",
    "staged": "有待处理结果",
    "refused": "已拒收",
    "failed": "失败，将重试",
    "dead": "失败，待人工",
    "sending": "发送中",
}

export(
    "exchange.messages",
    "报文日志",
    "exchange.message.read",
    search_messages,
    (
        ("收发时间", lambda line: line.received_at),
        ("接口", lambda line: line.interface),
        ("方向", lambda line: "收到" if line.direction == "in" else "发出"),
        ("状态", lambda line: STATES[line.state]),
        ("信息编号", lambda line: "、".join(line.codes)),
        ("耗时（毫秒）", lambda line: line.duration_ms),
        ("处理次数", lambda line: line.attempts),
        ("处理完成时间", lambda line: line.settled_at),
        ("接口凭证", lambda line: line.app_id),
        ("对方请求编号", lambda line: line.request_id),
        ("报文编号", lambda line: line.id),
        ("体检系统编号", lambda line: line.vendor_id),
        ("人员编号", lambda line: line.person_id),
        ("预约编号", lambda line: line.booking_id),
    ),
)

CHANGES = {"1": "新增", "2": "修改", "3": "删除"}

export(
    "exchange.staged_results",
    "待处理结果",
    "exchange.staged.read",
    list_staged_results,
    (
        ("到达时间", lambda line: line.staged_at),
        ("厂家项目代码", lambda line: line.vendor_item_code),
        ("项目名称", lambda line: line.item_name),
        ("结果", lambda line: line.result.get("value")),
        ("单位", lambda line: line.result.get("unit")),
        ("变更", lambda line: CHANGES.get(line.change, line.change)),
        ("等待的原因", lambda line: line.reason_text),
        ("人员编号", lambda line: line.person_id),
        ("预约编号", lambda line: line.booking_id),
        ("报文编号", lambda line: line.message_id),
        ("体检系统编号", lambda line: line.vendor_id),
    ),
)
