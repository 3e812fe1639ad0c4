"""Errors of the module, and what each error code of WeChat means for the one who reads it.

Codes and texts: https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
"""

import re
from typing import ClassVar

from kanghu.kernel.errors import AppError, Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable


class AccountNotFound(NotFound):
    code = "wechat.account_not_found"
    message = "没有这个公众号或小程序"


class AccountInactive(Conflict):
    code = "wechat.account_inactive"
    message = "该公众号或小程序已停用，请先启用"


class AccountChanged(Conflict):
    code = "wechat.account_changed"
    message = "设置已被他人修改，请刷新后再改"


class AppidTaken(Conflict):
    code = "wechat.appid_taken"
    message = "这个 AppID 已经登记过"


class SettingsInvalid(Invalid):
    code = "wechat.settings_invalid"
    message = "设置有误，请按提示改正"


class WrongKind(Invalid):
    code = "wechat.wrong_kind"
    message = "该账号的种类不支持此操作"


class ContentInvalid(Invalid):
    code = "wechat.content_invalid"
    message = "消息内容不完整，请补充后再发"


class TemplateFieldsInvalid(Invalid):
    code = "wechat.template_fields_invalid"
    message = "模板消息的内容不符合微信的要求，请按提示改正"


class SendUnderWay(Conflict):
    code = "wechat.send_under_way"
    message = "这条消息正在发送，请稍后查看结果"


class SendUncertain(Conflict):
    """An earlier try under the same number got no answer: another could make it two."""

    code = "wechat.send_uncertain"
    message = "微信没有应答，这条消息可能已经送达；请先向对方确认，没有收到再重新发送"


class FanNotFound(NotFound):
    code = "wechat.fan_not_found"
    message = "没有这位粉丝"


class BroadcastNotFound(NotFound):
    code = "wechat.broadcast_not_found"
    message = "没有这次群发"


class BroadcastNotDraft(Conflict):
    code = "wechat.broadcast_not_draft"
    message = "这次群发已经放行，不能再放行或删除，请刷新后查看"


class BroadcastNotSending(Conflict):
    code = "wechat.broadcast_not_sending"
    message = "这次群发没有在发送，不需要停止"


class SamePerson(Conflict):
    code = "wechat.broadcast_same_person"
    message = "拟定的人不能自己放行，请由另一位有放行权限的同事核对后放行"


class TooFewRecipients(Conflict):
    code = "wechat.broadcast_too_few"
    message = "群发至少要有两位能收到的粉丝，请扩大对象；只发给一位时请用客服会话"


class PictureTooOld(Conflict):
    code = "wechat.broadcast_picture_too_old"
    message = "图片上传已超过 3 天，微信不再保存，请重新拟定"


class MediaRefused(Invalid):
    code = "wechat.media_refused"
    message = "文件不符合微信的要求"


class MaterialNotFound(NotFound):
    code = "wechat.material_not_found"
    message = "素材库里没有这个素材，请刷新后再试"


class MaterialMissing(Invalid):
    """What a reply or menu wants to use is not there, or cannot be used there."""

    code = "wechat.material_missing"
    message = "选用的素材已被删除，请另选一个"


class MaterialInUse(Conflict):
    code = "wechat.material_in_use"
    message = "素材正在使用，不能删除"


class MaterialKnown(Conflict):
    code = "wechat.material_known"
    message = "素材库里已有这个文件"


class TooManyMaterials(Conflict):
    code = "wechat.too_many_materials"
    message = "每个账号的素材最多 1000 个，请先删除不用的"


class MenuNotFound(NotFound):
    code = "wechat.menu_not_found"
    message = "没有菜单草稿，请先保存"


class MenuChanged(Conflict):
    code = "wechat.menu_changed"
    message = "菜单草稿已被他人修改或发布，请刷新后再改"


class MenuInvalid(Invalid):
    code = "wechat.menu_invalid"
    message = "菜单不符合微信的要求，请按提示改正后再发布"


class ReplyNotFound(NotFound):
    code = "wechat.reply_not_found"
    message = "没有这条自动回复规则"


class ReplyChanged(Conflict):
    code = "wechat.reply_changed"
    message = "这条规则已被他人修改，请刷新后再改"


class TooManyReplies(Conflict):
    code = "wechat.too_many_replies"
    message = "自动回复规则最多 300 条，请先删除不用的"


class TagRuleNotFound(NotFound):
    code = "wechat.tag_rule_not_found"
    message = "没有这条标签规则"


class TagRuleChanged(Conflict):
    code = "wechat.tag_rule_changed"
    message = "这条规则已被他人修改，请刷新后再改"


class TooManyTagRules(Conflict):
    code = "wechat.too_many_tag_rules"
    message = "标签规则最多 100 条，请先删除不用的"


class InboundNotFound(NotFound):
    code = "wechat.inbound_not_found"
    message = "没有这条消息，或已超过保存期限"


# --- calls that WeChat makes ---------------------------------------------------------------------------------------


class SignatureInvalid(Unauthenticated):
    code = "wechat.signature_invalid"
    message = "签名不正确，请核对公众平台与本系统的 Token、EncodingAESKey 和加解密方式"


class ClockOff(Unauthenticated):
    code = "wechat.timestamp_outside_window"
    message = "时间戳与服务器时间相差超过 300 秒，请校准服务器时钟"


class PlainRefused(Unauthenticated):
    code = "wechat.plain_refused"
    message = "该账号为安全模式，不接收明文消息；请在公众平台选择安全模式"


class CallbackMalformed(Invalid):
    code = "wechat.callback_malformed"
    message = "推送的内容无法识别"


# --- what WeChat answers ---------------------------------------------------------------------------------------------


class WechatFailed(AppError):
    """WeChat did not do what it was asked. `errcode` is its own word, 0 when it said nothing; `passing`: later it may work;
    `maybe_done`: no answer came, so it may have been done all the same."""

    status = 502
    code = "wechat.failed"
    message = "微信未能完成此操作"
    passing: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, errcode: int = 0, maybe_done: bool = False) -> None:
        said = message or self.message
        super().__init__(f"{said}（错误码 {errcode}）" if errcode else said)
        self.errcode = errcode
        self.maybe_done = maybe_done
        self.answer: dict[str, object] = {}


class WechatAway(WechatFailed, Unavailable):
    """No answer, or one that is none."""

    status = 503
    code = "wechat.away"
    message = "微信服务器没有应答，请稍后再试"
    passing = True


class WechatBusy(WechatFailed, Unavailable):
    status = 503
    code = "wechat.busy"
    message = "微信系统繁忙，请稍后再试"
    passing = True


class TokenRefused(WechatFailed):
    """Twice, the second time with a fresh token: somebody else refreshes it, or the secret is wrong."""

    code = "wechat.token_refused"
    message = "微信不认可接口凭证：请核对 AppSecret，并确认没有别的系统在更新同一账号的凭证"


class Misconfigured(WechatFailed):
    code = "wechat.misconfigured"
    message = "公众号或小程序的设置有误"


class NotAuthorised(WechatFailed):
    code = "wechat.not_authorised"
    message = "该账号没有这项接口权限，请在公众平台「设置与开发—接口权限」中查看是否已获得"


class Banned(WechatFailed):
    code = "wechat.banned"
    message = "微信限制了该账号使用此功能，请登录公众平台查看通知"


class DailyLimit(WechatFailed, TooMany):
    status = 429
    code = "wechat.daily_limit"
    message = "该接口今天的调用次数已用完，明天自动恢复；急用时可清零调用次数（每月 10 次）"


class TooFast(WechatFailed, TooMany):
    status = 429
    code = "wechat.too_fast"
    message = "调用微信过于频繁，请稍后再试"
    passing = True


class MassQuotaUsed(WechatFailed):
    status = 409
    code = "wechat.mass_quota_used"
    message = "公众号的群发次数已用完，请在微信的下一个周期再发"


class NotFollowing(WechatFailed):
    status = 409
    code = "wechat.not_following"
    message = "对方没有关注公众号，请改用短信联系，或请其关注后再发"


class FanBlocked(WechatFailed):
    status = 409
    code = "wechat.fan_blocked"
    message = "对方在公众号的黑名单中，不能发送"


class WindowClosed(WechatFailed):
    status = 409
    code = "wechat.window_closed"
    message = "对方 48 小时内没有发来消息，不能用客服消息回复，请改用短信或订阅通知"


class QuotaUsed(WechatFailed):
    status = 409
    code = "wechat.quota_used"
    message = "对方再次发来消息之前，可回复的条数已用完，请改用短信或订阅通知"


class MediaGone(WechatFailed):
    status = 409
    code = "wechat.media_gone"
    message = "素材不存在或已超过 3 天，请重新上传"


class MaterialsFull(WechatFailed):
    status = 409
    code = "wechat.materials_full"
    message = "公众号的永久素材已满，请先在公众平台「素材管理」中删除不用的"


class TooLong(WechatFailed):
    status = 422
    code = "wechat.too_long"
    message = "内容超过微信的限制，请缩短后再发"


class CodeInvalid(WechatFailed):
    status = 401
    code = "wechat.code_invalid"
    message = "微信登录已过期或已用过，请重新登录"


class RiskyUser(WechatFailed):
    status = 403
    code = "wechat.risky_user"
    message = "微信判定该用户存在风险，已拒绝登录，请使用其他方式登录"


class ConsentRefused(WechatFailed):
    status = 409
    code = "wechat.consent_refused"
    message = "对方没有同意接收这种通知，请在其下次操作时再次征求同意"


class MenuRefused(WechatFailed):
    status = 422
    code = "wechat.menu_refused"
    message = "微信不接受这份菜单"


class TagRefused(WechatFailed):
    status = 422
    code = "wechat.tag_refused"
    message = "微信不接受这个标签"


class OurFault(WechatFailed):
    """A request that should never have been sent like this."""

    code = "wechat.request_refused"
    message = "发给微信的请求有误，请把请求编号报告给维护人员"


SAME_AGAIN = 45065
"""The same `clientmsgid` was sent before: what was asked for is done."""

STALE_TOKEN = frozenset({40001, 40014, 42001})
"""With a fresh token the same call may work."""

BUSY = frozenset({-1, 61450})
"""The same call may work in a moment."""

_KINDS: dict[type[WechatFailed], dict[int, str]] = {
    WechatBusy: {-1: "", 61450: "客服系统错误，请稍后再试"},
    TokenRefused: {40001: "", 40014: "", 42001: ""},
    Misconfigured: {
        40013: "AppID 不正确，请核对",
        40125: "AppSecret 不正确，请在公众平台重置后填入",
        40164: "本服务器的出口地址不在公众平台的 IP 白名单中，请加入",
        41002: "缺少 AppID，请补充设置",
        41004: "缺少 AppSecret，请补充设置",
        50004: "该账号禁止使用 Token 接口，请登录公众平台查看",
        61024: "AppID 不正确，请核对",
        89503: "公众平台要求管理员确认本次调用，请管理员在微信中确认后再试",
        89501: "公众平台要求管理员确认本次调用，请管理员在微信中确认后再试",
        89506: "管理员 24 小时内拒绝了两次本服务器的调用，请与其联系",
        89507: "管理员 1 小时内拒绝了本服务器的调用，请与其联系",
    },
    NotFollowing: {40003: "OpenID 不属于该账号或已取消关注，请改用短信联系", 43004: ""},
    FanBlocked: {43019: ""},
    MediaGone: {40007: ""},
    CodeInvalid: {40029: "", 42003: "", 40163: ""},
    RiskyUser: {40226: ""},
    ConsentRefused: {43101: ""},
    TooLong: {45002: "", 45008: "图文条数超过微信的限制，请减少后再发"},
    DailyLimit: {45009: ""},
    TooFast: {45011: "", 45066: "同一次群发重试过快，请一分钟之后再试"},
    MassQuotaUsed: {45028: ""},
    WindowClosed: {45015: ""},
    QuotaUsed: {45047: ""},
    NotAuthorised: {48001: ""},
    Banned: {
        48004: "该账号的这项接口已被封禁，请登录公众平台查看通知",
        48006: "本月清零调用次数的机会已用完，请等待次日自动恢复",
        48008: "该账号没有发送这类消息的权限，请改用其他类型",
        50002: "该账号的接口权限受到限制，请登录公众平台查看通知",
    },
    OurFault: {
        40059: "微信没有这个编号的群发",
        40130: "群发的对象须为 2 至 10000 人",
        45067: "群发的编号过长，请把请求编号报告给维护人员",
        40037: "消息模板编号不正确，请核对模板",
        41001: "",
        45109: "微信已下线这个接口，请升级本系统",
        47001: "",
        47003: "模板的参数不正确，请核对各项内容",
    },
    TagRefused: {
        45056: "标签最多 100 个，请先删除不用的",
        45057: "该标签的粉丝超过 10 万，请先取下一部分再删除",
        45058: "系统自带的标签不能修改或删除",
        45059: "有粉丝的标签超过 20 个，请先取下一些",
        45157: "标签名称已存在或为空，请换一个",
        45158: "标签名称最多 30 个字，请缩短",
        45159: "没有这个标签，请刷新后再试",
        49003: "有 OpenID 不属于该公众号，请刷新后再试",
    },
    MenuRefused: {
        65301: "公众平台没有个性化菜单，请先发布",
        65302: "没有相应的用户，请核对",
        65303: "请先发布默认菜单，再发布个性化菜单",
        65304: "个性化菜单的匹配条件为空，请选择标签",
        65305: "个性化菜单数量超过限制，请删除不用的",
        65306: "该账号不支持个性化菜单",
        65307: "个性化菜单内容为空，请至少添加一项",
        65308: "菜单中有没有响应的按钮，请为其设置动作",
        65309: "该账号的个性化菜单处于关闭状态，请在公众平台开启",
        65310: "个性化菜单的匹配条件需要填写国家，请改用标签",
        65311: "个性化菜单的匹配条件需要填写省份，请改用标签",
        65312: "个性化菜单的国家不正确，请改用标签",
        65313: "个性化菜单的省份不正确，请改用标签",
        65314: "个性化菜单的城市不正确，请改用标签",
        65316: "菜单中的链接涉及 3 个以上的域名，请减少",
        65317: "菜单中的链接不正确，请核对",
        65320: "个性化菜单只能按标签区分，请去掉性别、地区和语言等条件",
    },
}
_MEANING = {errcode: (kind, message) for kind, codes in _KINDS.items() for errcode, message in codes.items()}
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def refused(errcode: int, errmsg: str = "") -> WechatFailed:
    """WeChat's answer as an error of ours. Of `errmsg`, which is English, only the address that it names is told on."""
    kind, message = _MEANING.get(errcode, (WechatFailed, ""))
    found = _ADDRESS.search(errmsg) if errcode == 40164 else None
    if found is not None:
        message = f"本服务器的出口地址 {found[0]} 不在公众平台的 IP 白名单中，请加入"
    return kind(message or None, errcode=errcode)
