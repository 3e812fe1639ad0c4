"""The audit log as a spreadsheet."""

import json

from kanghu.kernel.exports import export
from kanghu.modules.accounts.endpoints import audit_trail
from kanghu.modules.accounts.service.audit_trail import READ

ACTORS = {"staff": "职工", "customer": "客户", "app": "对接系统", "system": "系统"}

export(
    "accounts.audit",
    "审计日志",
    READ,
    audit_trail.search_audit,
    (
        ("序号", lambda line: line.seq),
        ("时间", lambda line: line.at),
        ("操作者类别", lambda line: ACTORS.get(line.actor_kind, line.actor_kind)),
        ("操作者", lambda line: line.actor_name),
        ("动作", lambda line: line.action),
        ("对象", lambda line: line.subject),
        ("人员编号", lambda line: line.person_id),
        ("机构编号", lambda line: line.institution_id),
        ("来源地址", lambda line: line.ip),
        ("请求编号", lambda line: line.request_id),
        ("补充说明", lambda line: json.dumps(line.detail, ensure_ascii=False) if line.detail else None),
    ),
)
