"""The list of important abnormal results as a spreadsheet."""

from kanghu.kernel.exports import export
from kanghu.modules.health import policy
from kanghu.modules.health.endpoints import findings

export(
    "health.findings",
    "重要异常结果",
    "health.finding.read",
    findings.list_findings,
    (
        ("姓名", lambda line: line.person_name),
        ("类别", lambda line: line.finding_class),
        ("异常", lambda line: line.title),
        ("所见", lambda line: line.text),
        ("项目代码", lambda line: line.item_code),
        ("状态", lambda line: policy.STATE_LABELS[line.state]),
        ("发现时间", lambda line: line.found_at),
        ("通知期限", lambda line: line.due_at),
        ("通知时间", lambda line: line.notified_at),
        ("确认知晓时间", lambda line: line.acknowledged_at),
        ("随访时间", lambda line: line.followed_up_at),
        ("关闭时间", lambda line: line.closed_at),
        ("结果更正时间", lambda line: line.result_changed_at),
        ("需复测", lambda line: line.needs_remeasure),
        ("依据", lambda line: line.source),
        ("编号", lambda line: line.id),
    ),
)
