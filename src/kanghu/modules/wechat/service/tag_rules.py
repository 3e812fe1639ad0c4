"""Rules that tag fans, as staff keep them: tried out before they are saved, switched on and off, carried out at once.

Only what is known here of a fan is asked for. Sex and age are not: they stand in `people`, a floor above, and a tag that says them
would tell WeChat about a customer what the customer has not agreed to tell it.
"""

from dataclasses import dataclass, field
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import TagRuleChanged, TagRuleNotFound, TooManyTagRules, WrongKind, refused
from kanghu.modules.wechat.models import Account, ListedFan, TagRuleRow, TagRuleWanted, TagRun
from kanghu.modules.wechat.repository import fans, tag_gifts, tag_rules, tag_runs
from kanghu.modules.wechat.service.accounts import get_account
from kanghu.modules.wechat.service.fans import READ, WRITE
from kanghu.modules.wechat.service.tagging import wake
from kanghu.modules.wechat.tag_rules import Gift, Rule, conditions_of, decide, holds

MOST = 100
PAGE = 2000
SHOWN = 8
"""Fans of each sort in a preview."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Fans to whom WeChat does not let a tag be given, and why."""

    errcode: int
    message: str
    fans: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Rules with how many have their tag from rules, and how it goes. `run` None: rules were never used. `fans`, `changes`:
    followers still to be judged, and changes still to be told to WeChat."""

    rules: list[TagRuleRow]
    given: dict[int, int]
    run: TagRun | None
    fans: int
    changes: int
    refusals: list[Refusal]


@dataclass(slots=True)
class Preview:
    """What would happen if the rule were in force now. `unknown`: followers of whom WeChat has not been asked yet."""

    followers: int = 0
    holding: int = 0
    has_it: int = 0
    giving: int = 0
    taking: int = 0
    full: int = 0
    unknown: int = 0
    would_get: list[ListedFan] = field(default_factory=list)
    would_lose: list[ListedFan] = field(default_factory=list)


async def standing(tx: Tx, caller: Caller, account_id: UUID) -> Standing:
    """Raises `AccountNotFound`, `WrongKind`."""
    await _official(tx, caller, READ, account_id)
    run = await tag_runs.get(tx, account_id)
    kept = await tag_rules.list_rules(tx, account_id)
    due, changes = (0, 0) if run is None else await tag_gifts.waiting(tx, account_id, run.stale_before)
    told = await tag_gifts.refusals(tx, account_id)
    return Standing(
        rules=kept,
        given=await tag_gifts.counts(tx, account_id),
        run=run,
        fans=due if any(one.enabled for one in kept) else 0,
        changes=changes,
        refusals=[Refusal(code, refused(code).message, number) for code, number in sorted(told.items())],
    )


async def preview(
    tx: Tx, caller: Caller, account_id: UUID, wanted: TagRuleWanted, instead_of: UUID | None
) -> Preview:
    """As if the rule were in force, in place of `instead_of`, beside the others. Changes nothing, but that WeChat is asked about
    fans of whom it has not told yet.

    Raises `AccountNotFound`, `WrongKind`.
    """
    account = await _official(tx, caller, WRITE, account_id)
    now = clock.now()
    kept = await tag_rules.list_rules(tx, account_id, enabled_only=True)
    rule = _rule(wanted)
    others = [_rule(one) for one in kept if one.tag_id == wanted.tag_id and one.id != instead_of]
    found, get, lose = Preview(), list[UUID](), list[UUID]()
    after = UUID(int=0)
    while page := await tag_gifts.followers(tx, account_id, after, PAGE):
        after = page[-1].id
        for fan in page:
            found.followers += 1
            found.holding += holds(rule.conditions, fan.facts, now)
            found.has_it += rule.tag_id in fan.tags
            changes = decide([rule, *others], fan.facts, fan.tags, fan.gifts, now)
            match changes.get(rule.tag_id):
                case Gift("giving"):
                    get.append(fan.id)
                case Gift("taking"):
                    lose.append(fan.id)
                case Gift("refused"):
                    found.full += 1
    found.giving, found.taking = len(get), len(lose)
    found.would_get = await fans.of_ids(tx, get[:SHOWN])
    found.would_lose = await fans.of_ids(tx, lose[:SHOWN])
    await tag_runs.want(tx, account_id, now, again=False)
    found.unknown = await tag_runs.count_unlooked(tx, account_id)
    if found.unknown:
        await wake(tx, account_id)
    await audit.record(
        tx,
        caller,
        "wechat.fan.read",
        subject=f"wechat.accounts/{account_id}",
        institution_id=account.institution_id,
        detail={"for": "tag_rule", "shown": len(found.would_get) + len(found.would_lose)},
    )
    return found


async def add(tx: Tx, caller: Caller, account_id: UUID, wanted: TagRuleWanted) -> TagRuleRow:
    """Raises `AccountNotFound`, `WrongKind`, `TooManyTagRules`."""
    account = await _official(tx, caller, WRITE, account_id)
    if len(await tag_rules.list_rules(tx, account_id)) >= MOST:
        raise TooManyTagRules
    rule_id, now = new_id(), clock.now()
    await tag_rules.insert(tx, rule_id, account_id, wanted, caller.account_id, now)
    return await _changed(tx, caller, account, rule_id, "create")


async def change(
    tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID, version: int, wanted: TagRuleWanted
) -> TagRuleRow:
    """Fans keep what the rule gave as it was before, until it or another says otherwise.

    Raises `AccountNotFound`, `WrongKind`, `TagRuleNotFound`, `TagRuleChanged`.
    """
    account = await _known(tx, caller, account_id, rule_id)
    if not await tag_rules.update(tx, rule_id, version, wanted, caller.account_id, clock.now()):
        raise TagRuleChanged
    return await _changed(tx, caller, account, rule_id, "update")


async def delete(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID) -> None:
    """Fans keep what it gave. Raises `AccountNotFound`, `WrongKind`, `TagRuleNotFound`."""
    account = await _known(tx, caller, account_id, rule_id)
    await tag_rules.delete(tx, rule_id)
    await _note(tx, caller, account, "wechat.tag_rule.delete", f"wechat.tag_rules/{rule_id}")


async def run_now(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Everybody is judged anew, and whatever was waited for after a failure is tried at once.

    Raises `AccountNotFound`, `WrongKind`.
    """
    account = await _official(tx, caller, WRITE, account_id)
    await tag_runs.want(tx, account_id, clock.now(), again=True)
    await wake(tx, account_id)
    await _note(tx, caller, account, "wechat.tag_rule.run", f"wechat.accounts/{account_id}")


def _rule(kept: TagRuleWanted) -> Rule:
    return Rule(kept.tag_id, conditions_of(kept.conditions), kept.takes_away)


async def _changed(tx: Tx, caller: Caller, account: Account, rule_id: UUID, what: str) -> TagRuleRow:
    await tag_runs.want(tx, account.id, clock.now(), again=True)
    await wake(tx, account.id)
    await _note(tx, caller, account, f"wechat.tag_rule.{what}", f"wechat.tag_rules/{rule_id}")
    found = await tag_rules.get(tx, account.id, rule_id)
    assert found is not None
    return found


async def _known(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID) -> Account:
    account = await _official(tx, caller, WRITE, account_id)
    if await tag_rules.get(tx, account_id, rule_id) is None:
        raise TagRuleNotFound
    return account


async def _official(tx: Tx, caller: Caller, permission: str, account_id: UUID) -> Account:
    found = await get_account(tx, caller.scope(permission), account_id)
    if found.kind != "official":
        raise WrongKind(f"此操作须用公众号，「{found.name}」不是")
    return found


async def _note(tx: Tx, caller: Caller, account: Account, action: str, subject: str) -> None:
    await audit.record(tx, caller, action, subject=subject, institution_id=account.institution_id)
    await live.tell(tx, "wechat.tag_rules", institution_id=account.institution_id)
