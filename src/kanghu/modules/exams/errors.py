"""What can be wrong with a booking."""

from kanghu.kernel.errors import Conflict, Invalid, NotFound


class BookingNotFound(NotFound):
    code = "exams.booking_not_found"
    message = "没有找到这次预约"


class ReportFileNotFound(NotFound):
    code = "exams.report_file_not_found"
    message = "没有这份报告的 PDF 文件；文字报告请在报告页面查看"


class VendorNotFound(NotFound):
    code = "exams.vendor_not_found"
    message = "没有这个体检系统"


class ExamAccountMissing(Conflict):
    code = "exams.exam_account_missing"
    message = "尚未绑定该体检机构的体检账号，请先签约绑定"


class DateNotAllowed(Invalid):
    """US-K2 201: the text names the two real dates."""

    code = "exams.date_not_allowed"


class DayFull(Conflict):
    code = "exams.day_full"
    message = "该日预约名额已满，请选择其他日期"


class CapacityTaken(Conflict):
    code = "exams.capacity_taken"
    message = "该日已预约人数多于所设名额"


class BookingAlreadyOpen(Conflict):
    code = "exams.booking_already_open"
    message = "您已有一个正在处理的预约，请等待结果或先取消它"


class BookingNotCancellable(Conflict):
    code = "exams.booking_not_cancellable"
    message = "这次预约已不能取消"


class BookingNotChangeable(Conflict):
    code = "exams.booking_not_changeable"
    message = "这次预约已发给体检机构，不能在此改期；如需改期，请联系体检机构"


class BookingOver(Conflict):
    code = "exams.booking_over"
    message = "这次预约已取消或未成功，请重新预约"


class ExamAccountTaken(Conflict):
    code = "exams.exam_account_taken"
    message = "该体检账号已绑定其他客户"
