"""Errors of the module."""

from kanghu.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable


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


class ChannelTemplateChanged(Conflict):
    code = "notices.channel_template_changed"
    message = "渠道模板已被他人修改，请刷新后再改"


class ChannelTemplateInvalid(Invalid):
    code = "notices.channel_template_invalid"
    message = "渠道模板有误，请按提示改正"


class SettingsChanged(Conflict):
    code = "notices.settings_changed"
    message = "发送设置已被他人修改，请刷新后再改"


class PreferencesInvalid(Invalid):
    code = "notices.preferences_invalid"
    message = "有不能更改的消息设置，请按提示改正"


class DeliveryNotFound(NotFound):
    code = "notices.delivery_not_found"
    message = "没有这条送达记录"


class DeliveryNotDead(Conflict):
    code = "notices.delivery_not_dead"
    message = "只有全部渠道都未送达的消息才能重新发送，请刷新后查看"


class ReceiptRefused(Unauthenticated):
    code = "notices.receipt_refused"
    message = "回执地址不正确，请核对短信服务中填写的地址"


class ReceiptMalformed(Invalid):
    code = "notices.receipt_malformed"
    message = "回执的内容无法识别"


class EmailsUnavailable(Unavailable):
    code = "notices.emails_unavailable"
    message = "本院尚未开通邮件，请使用其他方式接收消息"


class EmailInvalid(Invalid):
    code = "notices.email_invalid"
    message = "邮箱的格式不正确，请核对"


class EmailTooSoon(TooMany):
    code = "notices.email_too_soon"
    message = "验证码刚刚发过，请一分钟后再试"


class EmailCodeRefused(Invalid):
    code = "notices.email_code_refused"
    message = "验证码不正确或已失效，请重新获取"
