"""Errors of the module."""

from kanghu.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class NoticeNotRendered(Invalid):
    """The text could not be made: no such template, or a placeholder without a value (US-H2: 403).

    The message is the bare reason: the requirement's own words «消息生成失败。» are put before it at the interface.
    """

    code = "notices.notice_not_rendered"
    message = "消息生成失败"


class NoticeNotDelivered(Unavailable):
    """The text was made but reached nobody (US-H2: 405); the message is the bare reason.

    Nothing of the notice is stored, and the transaction can go on.
    """

    code = "notices.notice_not_delivered"
    message = "消息发送失败"


class NoticeNotFound(NotFound):
    code = "notices.notice_not_found"
    message = "没有这条消息"


class TemplateNotFound(NotFound):
    code = "notices.template_not_found"
    message = "没有这个消息模板"


class TemplateChanged(Conflict):
    code = "notices.template_changed"
    message = "模板已被他人修改，请刷新后再改"


class TemplateInvalid(Invalid):
    code = "notices.template_invalid"
    message = "模板中的占位符有误，请改正"
