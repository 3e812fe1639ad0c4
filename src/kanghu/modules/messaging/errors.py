"""Errors of the module."""

from kanghu.kernel.errors import Conflict, Invalid, NotFound, TooMany


class ConversationNotFound(NotFound):
    code = "messaging.conversation_not_found"
    message = "没有这个会话，或不在您的管理范围内"


class MessageNotFound(NotFound):
    code = "messaging.message_not_found"
    message = "没有这条消息"


class MediaNotFound(NotFound):
    code = "messaging.media_not_found"
    message = "没有这份图片、语音或视频，请重新上传"


class QuickReplyNotFound(NotFound):
    code = "messaging.quick_reply_not_found"
    message = "没有这条快捷回复"


class InstitutionClosed(NotFound):
    code = "messaging.institution_not_found"
    message = "没有这家机构，或已停用"


class CardSubjectNotFound(NotFound):
    code = "messaging.card_subject_not_found"
    message = "这位客户在本机构没有这项预约或报告"


class TooFast(TooMany):
    code = "messaging.too_fast"
    message = "发送过快，请一分钟后再发"


class KeyTaken(Conflict):
    """The same key came with something else before: neither is taken for the other."""

    code = "messaging.key_taken"
    message = "这个发送编号已用于另一条消息，请换一个编号重新发送"


class MediaUsed(Conflict):
    code = "messaging.media_used"
    message = "这份图片、语音或视频已经发送过，请重新上传"


class NotOnDuty(Conflict):
    code = "messaging.not_on_duty"
    message = "请先上线再接入客户"


class Busy(Conflict):
    code = "messaging.agent_busy"
    message = "同时接待的客户已到上限，请先结束一些会话"


class NotMySkill(Conflict):
    code = "messaging.not_my_skill"
    message = "这位客户咨询的内容不在您的技能之内"


class NotWaiting(Conflict):
    code = "messaging.not_waiting"
    message = "这个会话没有等待接入"


class ServedByAnother(Conflict):
    code = "messaging.served_by_another"
    message = "这位客户已由其他客服接待"


class NotClaimed(Conflict):
    code = "messaging.not_claimed"
    message = "请先接入这位客户"


class NotServed(Conflict):
    code = "messaging.not_served"
    message = "这个会话目前没有进行中的服务"


class AgentUnfit(Conflict):
    code = "messaging.agent_unfit"
    message = "对方不在线、已满或不在本机构，请另选客服或转回队列"


class TooLateToWithdraw(Conflict):
    code = "messaging.too_late_to_withdraw"
    message = "发出超过两分钟的消息不能撤回"


class NotWithdrawable(Conflict):
    code = "messaging.not_withdrawable"
    message = "这条消息不能撤回：只能撤回自己发出、且对方渠道支持撤回的消息"


class NotFailed(Conflict):
    code = "messaging.not_failed"
    message = "只有未送达的消息可以重新发送"


class NotRateable(Conflict):
    code = "messaging.not_rateable"
    message = "这次服务已评价过，或尚未结束，或已超过七天"


class QuickReplyChanged(Conflict):
    code = "messaging.quick_reply_changed"
    message = "快捷回复已被他人修改，请刷新后再改"


class MediaRefused(Invalid):
    code = "messaging.media_refused"
    message = "文件格式不支持或过大"
