"""Why a rule answers, in the words of the one who keeps the rules."""

from kanghu.modules.wechat.replies.decide import Act, Decision
from kanghu.modules.wechat.replies.rule import Keyword, Match, Rule

_KINDS = {
    "text": "文字", "image": "图片", "voice": "语音", "video": "视频", "shortvideo": "小视频", "location": "位置",
    "link": "链接",
}  # fmt: skip
_MATCHES: dict[Match, str] = {
    "whole": "与关键词「{}」相同",
    "part": "包含关键词「{}」",
    "pattern": "符合正则表达式「{}」",
}


def reason(decision: Decision) -> str:
    """One sentence."""
    act, rule = decision.act, decision.rule
    time = f"现在按客服时间{'内' if act.on_duty else '外'}判断"
    if rule is None:
        return f"没有规则适用；{time}"
    parts = [_case(act, rule, decision.keyword)]
    if rule.hours != "any":
        parts.append(f"规则只用于客服时间{'内' if rule.hours == 'on' else '外'}，{time}")
    if decision.others:
        parts.append(f"还有 {len(decision.others)} 条规则适用，「{rule.name}」排在前面")
    return "；".join(parts)


def _case(act: Act, rule: Rule, keyword: Keyword | None) -> str:
    if keyword is not None:
        subject = "按钮的键值" if act.what == "menu" else "文字"
        return subject + _MATCHES[keyword.match].format(keyword.text)
    if rule.trigger == "scan":
        return f"扫描了参数为「{rule.scene}」的二维码"
    if rule.trigger == "follow":
        return "再次关注公众号" if act.again else "首次关注公众号"
    if rule.trigger == "kind":
        return f"没有关键词适用，消息类型为{_KINDS.get(act.kind, act.kind)}"
    return "没有其他规则适用"
