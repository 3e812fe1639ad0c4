"""What in a set of rules can never happen: keywords that another rule always answers first, second greetings, empty keywords.

Whether one regular expression takes everything from another is not compared: only whole keywords, the text of other keywords and the
examples that staff gave are tried on them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kanghu.modules.wechat.replies.rule import Keyword, Ranked, Rule, Trigger, normal, ranked


@dataclass(frozen=True, slots=True)
class Conflict:
    """`rule` (with this `keyword`, None for a greeting) is never used; `by`: the one that answers instead.

    Not `certain`: regular expressions can only be compared by texts at hand, and with these it is so.
    """

    rule: Rule
    keyword: Keyword | None
    by: Rule | None
    message: str
    certain: bool = True


def conflicts(rules: Sequence[Rule]) -> list[Conflict]:
    """Of the rules in use, oldest first."""
    return [
        *_empty(rules),
        *_hidden(list(ranked(rules))),
        *_second(rules),
    ]


def _empty(rules: Sequence[Rule]) -> Iterator[Conflict]:
    for rule in rules:
        if rule.trigger == "keyword" and not rule.keywords:
            yield Conflict(rule, None, None, f"「{rule.name}」没有关键词，请添加")
        for keyword in rule.keywords:
            if keyword.match != "pattern" and not normal(keyword.text):
                message = f"「{rule.name}」的关键词「{keyword.text}」只有空白或标点，请改正"
                yield Conflict(rule, keyword, None, message)


def _hidden(keywords: list[Ranked]) -> Iterator[Conflict]:
    """Once for each keyword, with the first of those before it that fit wherever it fits."""
    inorder = sorted(keywords, key=lambda found: found.rank)
    for place, late in enumerate(inorder):
        before = [one for one in inorder[:place] if one.rule != late.rule and _always(one.rule, late.rule)]
        early = next((one for one in before if _covers(one, late)), None)
        if early is not None:
            yield Conflict(late.rule, late.keyword, early.rule, _told(late, early))
        else:
            yield from _perhaps(late, before)


def _perhaps(late: Ranked, before: list[Ranked]) -> Iterator[Conflict]:
    """What the texts at hand show where a pattern is in play: at most one for each text, with the one that answers it."""
    if late.keyword.match == "pattern":
        texts = list(late.keyword.examples)
    else:
        texts, before = [late.keyword.text], [one for one in before if one.keyword.match == "pattern"]
    for text in texts:
        early = next((one for one in before if one.fits(normal(text))), None)
        if early is not None:
            yield Conflict(late.rule, late.keyword, early.rule, _warned(late, early, text), certain=False)


def _always(early: Rule, late: Rule) -> bool:
    """Whether `early` is in use whenever, and for whomever, `late` is."""
    return early.hours in ("any", late.hours) and early.visit in ("any", late.visit)


def _covers(early: Ranked, late: Ranked) -> bool:
    """Whether every text that fits `late` certainly also fits `early`."""
    if "pattern" in (early.keyword.match, late.keyword.match):
        same = early.keyword.match == late.keyword.match and early.text == late.text
        return same or (late.keyword.match == "whole" and early.fits(late.text))
    if early.keyword.match == "part":
        return early.text in late.text
    return late.keyword.match == "whole" and early.text == late.text


def _told(late: Ranked, early: Ranked) -> str:
    if early.text == late.text and early.keyword.match == late.keyword.match:
        why = f"与「{early.rule.name}」的相同"
    elif early.keyword.match == "pattern":
        why = f"符合「{early.rule.name}」的正则表达式「{early.keyword.text}」"
    else:
        why = f"包含「{early.rule.name}」的关键词「{early.keyword.text}」"
    kind = "正则表达式" if late.keyword.match == "pattern" else "关键词"
    return (
        f"「{late.rule.name}」的{kind}「{late.keyword.text}」{why}，总是由后者回复；"
        f"请提高前者的优先级，或修改{kind}"
    )


def _warned(late: Ranked, early: Ranked, text: str) -> str:
    if late.keyword.match == "pattern":
        return (
            f"「{late.rule.name}」的正则表达式的例句「{text}」由「{early.rule.name}」回复；"
            "正则表达式只能用例句比较，请用试答核对"
        )
    return (
        f"「{late.rule.name}」的关键词「{text}」本身符合「{early.rule.name}」的正则表达式「{early.keyword.text}」，由后者回复；"
        "含有该关键词的其他文字是否也如此无法判断，请用试答核对"
    )


_KINDS: dict[Trigger, str] = {
    "follow": "关注时的回复",
    "scan": "同一二维码的回复",
    "kind": "同类消息的回复",
    "default": "未匹配时的回复",
}


def _second(rules: Sequence[Rule]) -> Iterator[Conflict]:
    """Of those that need no keyword, and are about the same, only one is ever used."""
    for trigger, kind in _KINDS.items():
        found = sorted((rule for rule in rules if rule.trigger == trigger), key=lambda rule: -rule.priority)
        for place, late in enumerate(found):
            early = next((one for one in found[:place] if _same_case(one, late)), None)
            if early is not None:
                message = f"已有{kind}「{early.name}」，「{late.name}」不会使用；请停用其中之一"
                yield Conflict(late, None, early, message)


def _same_case(early: Rule, late: Rule) -> bool:
    return early.scene == late.scene and set(early.kinds) >= set(late.kinds) and _always(early, late)
