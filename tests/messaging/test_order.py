"""Whatever people do, in whatever order and at once: nothing is lost, doubled or reordered, and one agent at most serves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanghu.kernel.db import Database
from kanghu.modules.messaging import public as messaging

from .conftest import Desk, MakePhone, Phone, Ward

_numbers = count()
AGENTS = st.integers(0, 2)
ACTS = st.one_of(
    st.tuples(st.just("say")),
    st.tuples(st.just("say")),
    st.tuples(st.just("repeat"), st.integers(0, 50)),
    st.tuples(st.just("arrive")),
    st.tuples(st.just("claim"), AGENTS),
    st.tuples(st.just("claim"), AGENTS),
    st.tuples(st.just("answer"), AGENTS),
    st.tuples(st.just("answer"), AGENTS),
    st.tuples(st.just("answer_again"), st.integers(0, 50)),
    st.tuples(st.just("pass_on"), AGENTS, AGENTS),
    st.tuples(st.just("give_back"), AGENTS),
    st.tuples(st.just("take_over")),
    st.tuples(st.just("end"), AGENTS),
)
ROUNDS = st.lists(st.lists(ACTS, min_size=1, max_size=4), min_size=1, max_size=10)
"""Rounds follow one another; what stands in one happens at once."""

State = tuple[str, int | None]


@dataclass
class Play:
    phone: Phone
    desks: list[Desk]
    database: Database
    said: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """Key → round, agent (-1: the customer) and text of what was accepted."""
    round: int = 0

    async def conversation(self) -> str | None:
        found = (await self.phone.get())["id"]
        return None if found is None else str(found)

    async def state(self) -> State:
        found = await self.conversation()
        if found is None:
            return "idle", None
        seen = await self.desks[2].get(f"/conversations/{found}")
        accounts = [str(desk.account) for desk in self.desks]
        agent = accounts.index(seen["agent_account_id"]) if seen["state"] == "active" else None
        return seen["state"], agent

    async def act(self, act: tuple[Any, ...]) -> int:
        """Does it; the status of the answer. Staff act once there is a conversation."""
        name, *given_ = act
        if name in ("say", "arrive", "repeat"):
            return int(await getattr(self, name)(*given_))
        conversation = await self.conversation()
        if conversation is None:
            return 0
        return int(await getattr(self, name)(conversation, *given_))

    # ---- the customer

    async def say(self) -> int:
        key = f"key-{next(_numbers):08}"
        return await self._say(key, f"客户 {key}")

    async def repeat(self, which: int) -> int:
        keys = sorted(key for key, (_, agent, _) in self.said.items() if agent == -1)
        if not keys:
            return 0
        key = keys[which % len(keys)]
        return await self._say(key, self.said[key][2])

    async def _say(self, key: str, text: str) -> int:
        answer = await self.phone.post("/messages", {"client_key": key, "kind": "text", "text": text})
        return self._noted(key, -1, text, answer.status_code)

    async def arrive(self) -> int:
        """Over another channel, twice at once, as such channels do."""
        key = f"line-{next(_numbers):08}"
        incoming = messaging.Incoming(
            person_id=self.phone.person, institution_id=self.phone.institution, channel="app", key=key, kind="text",
            text=f"渠道 {key}",
        )  # fmt: skip

        async def receive() -> Any:
            async with self.database.transaction() as tx:
                return await messaging.receive(tx, incoming)

        first, second = await asyncio.gather(receive(), receive())
        assert first == second
        return self._noted(key, -1, incoming.text, 201)

    # ---- agents

    async def claim(self, conversation: str, agent: int) -> int:
        return (await self.desks[agent].claim(conversation)).status_code

    async def answer(self, conversation: str, agent: int) -> int:
        return await self._answer(conversation, agent, f"key-{next(_numbers):08}")

    async def answer_again(self, conversation: str, which: int) -> int:
        keys = sorted(key for key, (_, agent, _) in self.said.items() if agent >= 0)
        if not keys:
            return 0
        key = keys[which % len(keys)]
        return await self._answer(conversation, self.said[key][1], key)

    async def _answer(self, conversation: str, agent: int, key: str) -> int:
        text = f"客服 {key}"
        body = {"client_key": key, "kind": "text", "text": text}
        answer = await self.desks[agent].ask("POST", f"/conversations/{conversation}/messages", body)
        return self._noted(key, agent, text, answer.status_code)

    def _noted(self, key: str, agent: int, text: str, status: int) -> int:
        assert status in (201, 409), status
        if status == 201:
            self.said.setdefault(key, (self.round, agent, text))
        return status

    async def pass_on(self, conversation: str, agent: int, colleague: int) -> int:
        body = {"to_account_id": str(self.desks[colleague].account), "note": "请接手"}
        return await self._ask(agent, conversation, "transfer", body)

    async def give_back(self, conversation: str, agent: int) -> int:
        return await self._ask(agent, conversation, "transfer", {"to_skill": "general", "note": "回队列"})

    async def take_over(self, conversation: str) -> int:
        return await self._ask(2, conversation, "take-over", {"note": "我来"})

    async def end(self, conversation: str, agent: int) -> int:
        return await self._ask(agent, conversation, "end", {"reason": "solved", "summary": "好了"})

    async def _ask(self, agent: int, conversation: str, what: str, body: Any) -> int:
        answer = await self.desks[agent].ask("POST", f"/conversations/{conversation}/{what}", body)
        assert answer.status_code in (204, 409), answer.text
        return answer.status_code


def expected(state: State, act: tuple[Any, ...]) -> tuple[int, State]:
    """What one act alone is answered, and what comes of it."""
    (name, *given_), (kind, agent) = act, state
    if name in ("say", "arrive"):
        return 201, state if kind in ("waiting", "active") else ("waiting", None)
    if kind == "idle" or name in ("repeat", "answer_again"):
        return 0, state
    mine = kind == "active" and bool(given_) and given_[0] == agent
    if name == "claim":
        return (204, ("active", given_[0])) if kind == "waiting" or mine else (409, state)
    if name == "answer":
        return (201, ("active", given_[0])) if kind == "closed" or mine else (409, state)
    if name == "take_over":
        return (204, ("active", 2)) if kind in ("waiting", "active") else (409, state)
    if name == "pass_on":
        return (204, ("active", given_[1])) if mine and given_[0] != given_[1] else (409, state)
    if name == "give_back":
        return (204, ("waiting", None)) if mine else (409, state)
    return (204, ("closed", None)) if mine else (409, state)


@given(rounds=ROUNDS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
async def test_nothing_is_lost_doubled_or_reordered(
    database: Database, phone_of: MakePhone, desk_of: Callable[..., Desk], ward: Ward, rounds: list[list[Any]]
) -> None:
    desks = [desk_of(0), desk_of(1), desk_of(2, "messaging.queue.supervise")]
    for desk in desks:
        await desk.on_duty(max_load=50)
    play = Play(await phone_of("李四"), desks, database)
    for play.round, acts in enumerate(rounds):
        before = await play.state()
        answers = await asyncio.gather(*[play.act(act) for act in acts])
        after = await play.state()
        if len(acts) == 1 and acts[0][0] not in ("repeat", "answer_again"):
            assert (answers[0], after) == expected(before, acts[0]), (before, acts)
        if len(acts) == 1 and acts[0][0] in ("repeat", "answer_again"):
            assert answers[0] in (0, 201)
            assert after == before
        await one_agent_at_most(play)
        winners = {
            act[1] for act, answer in zip(acts, answers, strict=True) if answer == 204 and act[0] == "claim"
        }
        if before[0] == "waiting" and {act[0] for act in acts} <= {
            "say",
            "repeat",
            "arrive",
            "claim",
            "answer",
        }:
            assert len(winners) <= 1
    await all_is_there(play)
    await clear(play)


async def one_agent_at_most(play: Play) -> None:
    async with play.database.transaction() as tx:
        open_ = await tx.fetchval(
            """SELECT count(*) FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
                WHERE c.person_id = $1 AND s.ended_at IS NULL""",
            play.phone.person,
        )
    assert open_ <= 1


async def all_is_there(play: Play) -> None:
    """Read forwards and backwards, page by page, from both sides: the same, without gaps, in the order of the rounds."""
    conversation = await play.conversation()
    if conversation is None:
        assert play.said == {}
        return
    forwards: list[Any] = []
    while True:
        page = await play.phone.get("/messages", after=forwards[-1]["seq"] if forwards else 0, limit=3)
        forwards += page["items"]
        if not page["more"]:
            break
    backwards: list[Any] = []
    while True:
        params = {"before": backwards[0]["seq"]} if backwards else {}
        page = await play.desks[0].get(f"/conversations/{conversation}/messages", limit=4, **params)
        backwards = page["items"] + backwards
        if not page["more"]:
            break
    assert [one["id"] for one in forwards] == [one["id"] for one in backwards]
    assert [one["seq"] for one in forwards] == list(range(1, len(forwards) + 1))
    spoken = [one for one in forwards if one["kind"] == "text"]
    assert sorted(one["client_key"] for one in spoken) == sorted(play.said)
    for one in spoken:
        _, agent, text = play.said[one["client_key"]]
        assert (one["text"], one["direction"]) == (text, "in" if agent == -1 else "out")
    rounds = [play.said[one["client_key"]][0] for one in spoken]
    assert all(earlier <= later for earlier, later in pairwise(rounds))


async def clear(play: Play) -> None:
    """The next play finds free hands."""
    conversation = await play.conversation()
    if conversation and (await play.state())[0] in ("waiting", "active"):
        await play.take_over(conversation)
        assert await play.end(conversation, 2) == 204
