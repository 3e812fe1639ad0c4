"""Customers are told that an answer waits on their page; once, until they have read."""

from kanghu.kernel.db import Tx
from kanghu.modules.accounts import public as accounts
from kanghu.modules.messaging.models import Conversation
from kanghu.modules.messaging.repository import conversations
from kanghu.modules.notices import public as notices


async def instead(tx: Tx, conversation: Conversation) -> str:
    """Of a held conversation whose channel is closed: the notice that goes out in its place; what the agent is told of it."""
    if conversation.person_id is None:
        return "客户没有绑定账号，无法另发通知"
    if await conversations.take_reminder(tx, conversation.id):
        await remind(tx, conversation)
    return "已另发通知，客户可在手机端查看这条回复"


async def remind(tx: Tx, conversation: Conversation) -> None:
    institution = await accounts.institution_brief(tx, conversation.institution_id)
    assert institution is not None
    assert conversation.person_id is not None, "visitors have no app"
    await notices.notify(
        tx,
        "message_waiting",
        person_id=conversation.person_id,
        data={"institution": institution.name},
        subject=f"messaging.conversations/{conversation.id}",
    )
