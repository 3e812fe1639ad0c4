"""What is answered to what a fan did. Live and in the test box it is decided here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kanghu.modules.wechat.models import Answer
from kanghu.modules.wechat.replies.rule import Keyword, Rule, fitting, of


@dataclass(frozen=True, slots=True)
class Act:
    """What a fan did: said a `text` (or sent another `kind`), followed or scanned a `scene`, pressed a menu button (`text`: its key).

    `again`: they have followed before; `on_duty`: the desk's hours.
    """

    what: Literal["message", "follow", "scan", "menu"]
    kind: str = "text"
    text: str = ""
    scene: str = ""
    again: bool = False
    on_duty: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The `rule` that answers, by which `keyword` where it was one. `others` would answer if it were not there, in this order.

    `for_staff`: somebody is to look at it, because the rule says so or because nothing answers.
    """

    act: Act
    rule: Rule | None = None
    keyword: Keyword | None = None
    others: tuple[Rule, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        return self.rule.answers if self.rule else ()

    @property
    def for_staff(self) -> bool:
        return self.rule is None or self.rule.hand_over or not self.rule.answers


def decide(rules: Sequence[Rule], act: Act) -> Decision:
    """`rules` are those in use, oldest first."""
    usable = [rule for rule in rules if rule.hours in ("any", "on" if act.on_duty else "off")]
    found = list(_arriving(usable, act) if act.what in ("follow", "scan") else _saying(usable, act))
    if not found:
        return Decision(act)
    (rule, keyword), *rest = found
    others = dict.fromkeys(other for other, _ in rest if other != rule)
    return Decision(act, rule, keyword, tuple(others))


Candidates = Iterator[tuple[Rule, Keyword | None]]


def _saying(rules: Sequence[Rule], act: Act) -> Candidates:
    if act.kind == "text":
        yield from ((found.rule, found.keyword) for found in fitting(rules, act.text))
    if act.what == "menu":
        return
    yield from ((rule, None) for rule in of(rules, "kind") if act.kind in rule.kinds)
    yield from ((rule, None) for rule in of(rules, "default"))


def _arriving(rules: Sequence[Rule], act: Act) -> Candidates:
    """By the QR code where there is one; whoever follows is greeted in any case."""
    meant = [rule for rule in rules if rule.visit in ("any", "again" if act.again else "first")]
    if act.scene:
        yield from ((rule, None) for rule in of(meant, "scan") if rule.scene == act.scene)
    if act.what == "follow":
        yield from ((rule, None) for rule in of(meant, "follow"))
