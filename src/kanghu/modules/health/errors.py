"""What can be wrong with lists, findings and assessments."""

from kanghu.kernel.errors import Conflict, Invalid, NotFound


class ChecklistNotFound(NotFound):
    code = "health.checklist_not_found"
    message = "没有找到这份体检清单"


class ChecklistAlreadyConfirmed(Conflict):
    """The message names who sent it and when."""

    code = "health.checklist_already_confirmed"
    message = "这份清单已被确认发送"


class ChecklistReplaced(Conflict):
    code = "health.checklist_replaced"
    message = "这份清单已被新清单取代或已体检，不能再修改"


class BookingGone(Conflict):
    code = "health.booking_gone"
    message = "这次预约已取消或已结束，清单不再发送"


class ChecklistChanged(Conflict):
    code = "health.checklist_changed"
    message = "清单在您查看之后有改动，请刷新后重新确认"


class LineNotFound(NotFound):
    code = "health.line_not_found"
    message = "清单中没有这个项目"


class LineNotOptional(Invalid):
    code = "health.line_not_optional"
    message = "基本项目不能取消"


class ItemUnknown(Invalid):
    code = "health.item_unknown"
    message = "项目代码不存在或已停用"


class FindingNotFound(NotFound):
    code = "health.finding_not_found"
    message = "没有找到这条异常结果"


class StepNotAllowed(Conflict):
    """The message names the state the finding is in."""

    code = "health.step_not_allowed"
    message = "当前状态下不能进行此操作"


class RuleUnknown(Invalid):
    code = "health.rule_unknown"
    message = "没有这条规则，或该规则不适用于所选项目"


class PersonNotFound(NotFound):
    code = "health.person_not_found"
    message = "没有找到此人"
