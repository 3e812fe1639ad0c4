"""The list of bookings as a spreadsheet."""

from kanghu.kernel.exports import export
from kanghu.modules.exams import endpoints

STATES = {
    "requested": "待发送",
    "sending": "发送中",
    "booked": "已预约",
    "failed": "预约失败",
    "cancelled": "已取消",
}
ORIGINS = {"platform": "平台预约", "vendor": "体检机构预约"}

export(
    "exams.bookings",
    "体检预约",
    "exams.booking.read",
    endpoints.list_bookings,
    (
        ("姓名", lambda line: line.person_name),
        ("体检系统", lambda line: line.vendor_name),
        ("预约日期", lambda line: line.appointment_date),
        ("状态", lambda line: STATES[line.state]),
        ("来源", lambda line: ORIGINS.get(line.origin, line.origin)),
        ("体检编号", lambda line: line.exam_no),
        ("失败原因", lambda line: line.failure),
        ("预约时间", lambda line: line.created_at),
        ("更新时间", lambda line: line.updated_at),
        ("预约编号", lambda line: line.id),
    ),
)
