"""Automatic replies: which rule answers what a fan wrote, and which keywords can never be answered by theirs. Pure."""

from kanghu.modules.wechat.replies.conflicts import Conflict, conflicts
from kanghu.modules.wechat.replies.decide import Act, Decision, decide
from kanghu.modules.wechat.replies.reasons import reason
from kanghu.modules.wechat.replies.rule import Keyword, Rule, answering, following, normal

__all__ = [
    "Act",
    "Conflict",
    "Decision",
    "Keyword",
    "Rule",
    "answering",
    "conflicts",
    "decide",
    "following",
    "normal",
    "reason",
]
