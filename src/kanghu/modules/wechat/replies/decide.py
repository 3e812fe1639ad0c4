"""What is answered to what a fan did. Live and in the test box it is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kanghu.modules.wechat.replies.rule import Rule, by_keyword, first


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
    """`for_staff`: somebody is to look at it, because the rule says so or because nothing answers."""

    rule: Rule | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        return self.rule.answers if self.rule else ()

    @property
    def for_staff(self) -> bool:
        return self.rule is None or self.rule.hand_over or not self.rule.answers


def decide(rules: Sequence[Rule], act: Act) -> Decision:
    """`rules` are those in use, oldest first."""
    usable = [rule for rule in rules if rule.hours in ("any", "on" if act.on_duty else "off")]
    return Decision(_chosen(usable, act))


def _chosen(rules: Sequence[Rule], act: Act) -> Rule | None:
    if act.what in ("follow", "scan"):
        return _arriving(rules, act)
    found = by_keyword(rules, act.text) if act.kind == "text" else None
    if found is not None or act.what == "menu":
        return found
    of_kind = [rule for rule in rules if act.kind in rule.kinds]
    return first(of_kind, "kind") or first(rules, "default")


def _arriving(rules: Sequence[Rule], act: Act) -> Rule | None:
    """By the QR code where there is one; whoever follows is greeted in any case."""
    meant = [rule for rule in rules if rule.visit in ("any", "again" if act.again else "first")]
    scanned = first([rule for rule in meant if rule.scene == act.scene], "scan") if act.scene else None
    if scanned is not None or act.what == "scan":
        return scanned
    return first(meant, "follow")
