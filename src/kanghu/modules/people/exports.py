"""The list of persons as a spreadsheet."""

from kanghu.kernel.exports import export
from kanghu.modules.people import domains
from kanghu.modules.people.endpoints.admin import list_persons


def _meaning(field: str, code: str | None) -> str | None:
    return None if code is None else domains.DOMAINS[field].codes.get(code, code)


export(
    "people.persons",
    "人员名单",
    "people.person.read",
    list_persons,
    (
        ("姓名", lambda line: line.name),
        ("性别", lambda line: _meaning("sex", line.sex)),
        ("出生日期", lambda line: line.birth_date),
        ("证件类别", lambda line: _meaning("id_type", line.id_type)),
        ("证件号码", lambda line: line.id_number),
        ("电话", lambda line: line.phone),
        ("建档时间", lambda line: line.created_at),
        ("人员编号", lambda line: line.id),
    ),
)
