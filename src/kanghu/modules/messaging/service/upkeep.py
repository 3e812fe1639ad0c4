"""What the clock does: assigns, reminds, closes what is idle, takes back from agents who have gone.

Who locks several conversations does so in the order of their ids.
"""

from dataclasses import replace

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.security import SYSTEM
from kanghu.modules.messaging import policy
from kanghu.modules.messaging.models import Assign
from kanghu.modules.messaging.repository import agents, conversations, media, messages, sessions
from kanghu.modules.messaging.service import delivery, desk, holding, reminding

BATCH = 200


async def assign(tx: Tx, payload: Assign) -> None:
    """Gives those who wait, in their turn, to the least busy of the agents who accept."""
    accepting = await agents.lock_accepting(tx, payload.institution_id)
    while True:
        free = [agent for agent in accepting if agent.load < agent.max_load]
        skills = sorted({skill for agent in free for skill in agent.skills})
        conversation_id = await sessions.first_waiting(tx, payload.institution_id, skills)
        if conversation_id is None:
            return
        held = await holding.hold_any(tx, conversation_id)
        if held.session is None or held.session.agent_account_id is not None:
            continue  # taken between looking and locking; the next look does not find it any more
        chosen = policy.least_loaded(free, held.session.skill)
        assert chosen is not None
        await desk.take(tx, SYSTEM, held, held.session, chosen.account_id)
        accepting = [replace(agent, load=agent.load + 1) if agent is chosen else agent for agent in accepting]


async def close_idle(tx: Tx) -> None:
    """Spells whose customer has not answered for long."""
    before = clock.now() - policy.IDLE_CLOSE
    for conversation_id in sorted(await conversations.left_idle(tx, before, BATCH)):
        held = await holding.hold_any(tx, conversation_id)
        # The customer may have written while we waited for the lock.
        if (
            held.session is not None
            and held.conversation.last_direction == "out"
            and held.conversation.last_at < before
        ):
            await desk.finish(tx, SYSTEM, held, policy.IDLE, None, policy.ENDED_IDLE)


async def send_agents_home(tx: Tx) -> None:
    """Whose page no longer reports is offline; who waits for their answer waits in the queue again."""
    before = clock.now() - policy.GONE_AFTER
    for institution_id in await agents.send_home(tx, before):
        await holding.show_queue(tx, institution_id)
    for conversation_id in sorted(await conversations.left_unanswered(tx, before, BATCH)):
        held = await holding.hold_any(tx, conversation_id)
        session = held.session
        if session is None or session.agent_account_id is None or held.conversation.last_direction != "in":
            continue
        agent = await agents.get(tx, session.agent_account_id)
        if agent is not None and agent.state == "offline":
            await desk.hand_over(tx, SYSTEM, held, "returned", None, to_account=None, to_skill=session.skill)
            await desk.changed_hands(tx, held)


async def remind_unread(tx: Tx) -> None:
    """Once until they read: who has an answer in the app and does not look gets a notice."""
    now = clock.now()
    for conversation in await conversations.take_unread(
        tx, now - policy.REMIND_WITHIN, now - policy.REMIND_AFTER, BATCH
    ):
        await reminding.remind(tx, conversation)


async def give_up_undelivered(tx: Tx) -> None:
    """What a channel did not take for too long is told as failed, and no longer stands before what came after it."""
    forsaken = await messages.pending_since(tx, clock.now() - policy.GIVE_UP_AFTER, BATCH)
    for conversation_id, message_id in sorted(forsaken):
        message = await messages.get(tx, conversation_id, message_id)
        assert message is not None
        await delivery.settle(tx, message, "对方渠道一直没有接收，请稍后重新发送")


async def tidy(tx: Tx) -> None:
    await media.purge_unsent(tx, clock.now() - policy.UNSENT_MEDIA_LIFE)
