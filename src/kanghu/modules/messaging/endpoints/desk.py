"""For agents: the queue and one's conversations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from kanghu.kernel.db import Tx
from kanghu.kernel.pagination import Cursor, Page, decode_cursor, encode_cursor, split_page
from kanghu.kernel.pagination import Limit as PageLimit
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import public as accounts
from kanghu.modules.messaging import channels
from kanghu.modules.messaging.endpoints.patient import (
    FILE,
    After,
    Before,
    Content,
    Form,
    Given,
    Limit,
    file_answer,
    media_view,
    split,
)
from kanghu.modules.messaging.models import Draft, Listed, Message
from kanghu.modules.messaging.schemas import (
    AllowanceView,
    ClaimedView,
    ContactView,
    ConversationDetail,
    ConversationView,
    Ending,
    FoundMessage,
    HistorySearch,
    MediaView,
    ReadUpTo,
    ServiceSessionView,
    Skill,
    StaffMessageGiven,
    StaffMessagesView,
    StaffMessageView,
    State,
    TakingOver,
    TransferGiven,
    TransferView,
)
from kanghu.modules.messaging.service import cards, desk, media, supervise
from kanghu.modules.people import public as people

admin = Router(prefix="/api/admin/messaging", tags=["messaging"])

Reader = Annotated[Caller, can("messaging.conversation.read")]
Agent = Annotated[Caller, can("messaging.conversation.write")]
Claimer = Annotated[Caller, can("messaging.queue.claim")]
Supervisor = Annotated[Caller, can("messaging.queue.supervise")]


# ---- the queue -----------------------------------------------------------------------------------------------------


@admin.get("/queue", operation_id="messaging_list_queue")
async def list_queue(
    caller: Reader,
    tx: Transaction,
    skill: Annotated[Skill | None, Query(description="只看需要这项技能的")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[ConversationView]:
    """等待接入的客户，按接入的先后"""
    after = decode_cursor(cursor, datetime, UUID)
    found = await supervise.queue(tx, caller, skill, after, limit + 1)
    items, following = split_page(found, limit, _turn)
    return Page(items=await _listed(tx, items), next=following)


def _turn(listed: Listed) -> tuple[datetime, UUID]:
    assert listed.session is not None
    return listed.session.started_at, listed.session.id


@admin.post("/queue/next", operation_id="messaging_claim_next")
async def claim_next(caller: Claimer, tx: Transaction) -> ClaimedView:
    """接入下一位轮到的、我能接待的客户"""
    return ClaimedView(conversation_id=await desk.claim_next(tx, caller))


@admin.post(
    "/conversations/{conversation_id}/claim", operation_id="messaging_claim_conversation", status_code=204
)
async def claim_conversation(conversation_id: UUID, caller: Claimer, tx: Transaction) -> None:
    """接入这位等待的客户；已由他人接入的返回 409"""
    await desk.claim(tx, caller, conversation_id)


# ---- conversations -------------------------------------------------------------------------------------------------


@admin.get("/conversations", operation_id="messaging_list_conversations")
async def list_conversations(
    caller: Reader,
    tx: Transaction,
    state: Annotated[
        State | None, Query(description="idle 未接待过，waiting 等待，active 接待中，closed 已结束")
    ] = None,
    mine: Annotated[bool, Query(description="只看最近一段由我接待的")] = False,
    agent_id: Annotated[UUID | None, Query(description="只看最近一段由这位客服接待的")] = None,
    served: Annotated[bool, Query(description="只看我接待过的，不论最近一段由谁接待")] = False,
    person_id: UUID | None = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[ConversationView]:
    """会话，最近用过的在前"""
    found = await supervise.page(
        tx,
        caller,
        state=state,
        agent=caller.account_id if mine else agent_id,
        served_by=caller.account_id if served else None,
        person_id=person_id,
        before=decode_cursor(cursor, datetime, UUID),
        limit=limit + 1,
    )
    items, following = split_page(
        found, limit, lambda listed: (listed.conversation.last_at, listed.conversation.id)
    )
    return Page(items=await _listed(tx, items), next=following)


@admin.get("/contacts", operation_id="messaging_list_contacts")
async def list_contacts(caller: Reader, tx: Transaction) -> list[ContactView]:
    """通讯录：我接待过的客户（最近的 300 位），按姓名拼音；其余的用人员查找；查看留痕"""
    return [ContactView.of(*found) for found in await supervise.contacts(tx, caller)]


async def _listed(tx: Tx, found: list[Listed]) -> list[ConversationView]:
    ids = [one.conversation.person_id for one in found if one.conversation.person_id]
    persons = await people.names_of(tx, ids)
    staff = await accounts.account_brief(
        tx,
        list({one.session.agent_account_id for one in found if one.session and one.session.agent_account_id}),
    )
    return [
        ConversationView.of(
            listed,
            _name(listed, {person_id: people.mask_name(name) for person_id, name in persons.items()}),
            _agent_name(listed, staff),
        )
        for listed in found
    ]


def _name(listed: Listed, names: dict[UUID, str]) -> str:
    """A visitor is called by the end of their address, which tells one from another."""
    known = listed.conversation
    return names.get(known.person_id, "") if known.person_id else f"访客 {(known.address or '')[-4:]}"


def _agent_name(listed: Listed, staff: dict[UUID, accounts.AccountBrief]) -> str:
    agent = listed.session.agent_account_id if listed.session else None
    return staff[agent].display_name if agent in staff else ""


@admin.get("/conversations/{conversation_id}", operation_id="messaging_get_conversation")
async def get_conversation(conversation_id: UUID, caller: Reader, tx: Transaction) -> ConversationDetail:
    """一个会话及本段接待的交接说明"""
    listed, made = await supervise.detail(tx, caller, conversation_id)
    (view,) = await _listed(tx, [listed])
    names = await people.names_of(tx, [view.person_id] if view.person_id else [])
    allowed = await channels.allowance(tx, listed.conversation.channel, listed.conversation.address)
    return ConversationDetail(
        **{**view.model_dump(), "person_name": _name(listed, names)},
        allowance=AllowanceView.model_validate(allowed) if allowed else None,
        read_up_to=listed.conversation.staff_read_seq,
        customer_read_up_to=listed.conversation.customer_read_seq,
        service_session_id=listed.session.id if listed.session else None,
        transfers=[TransferView.model_validate(one) for one in made],
    )


@admin.get("/conversations/{conversation_id}/messages", operation_id="messaging_list_messages")
async def list_messages(
    conversation_id: UUID,
    caller: Reader,
    tx: Transaction,
    before: Before = None,
    after: After = None,
    limit: Limit = 50,
) -> StaffMessagesView:
    """消息，按先后；不给 after 时为最后的一段，用 before 往前翻；查看留痕"""
    found = await supervise.read(tx, caller, conversation_id, before=before, after=after, limit=limit + 1)
    kept, more = split(found, limit, forward=after is not None)
    return StaffMessagesView(items=await _authored(tx, kept), more=more)


async def _authored(tx: Tx, found: list[Message]) -> list[StaffMessageView]:
    ids = list({message.author_account_id for message in found if message.author_account_id})
    staff = await accounts.account_brief(tx, ids)
    views = []
    for message in found:
        view = StaffMessageView.of(message)
        view.author_account_id = message.author_account_id
        if message.author_account_id in staff:
            view.author_name = staff[message.author_account_id].display_name
        views.append(view)
    return views


@admin.post(
    "/conversations/{conversation_id}/messages", operation_id="messaging_send_message", status_code=201
)
async def send_message(
    conversation_id: UUID, body: StaffMessageGiven, caller: Agent, tx: Transaction
) -> StaffMessageView:
    """回复我接待的客户；无人接待的会话由此开始一段由我接待的服务。同一 client_key 重发得到同一条"""
    content = body.text or ""
    if body.card is not None:
        content = cards.encoded(await cards.make(tx, caller, conversation_id, body.card.kind, body.card.id))
    draft = Draft(body.kind, body.client_key, content, body.media_id)
    (view,) = await _authored(tx, [await desk.send(tx, caller, conversation_id, draft)])
    return view


@admin.post("/conversations/{conversation_id}/read", operation_id="messaging_mark_read", status_code=204)
async def mark_read(conversation_id: UUID, body: ReadUpTo, caller: Agent, tx: Transaction) -> None:
    """标记客服已读到哪一条"""
    await desk.mark_read(tx, caller, conversation_id, body.up_to)


@admin.post(
    "/conversations/{conversation_id}/media/{kind}", operation_id="messaging_upload_media", status_code=201
)
async def upload_media(
    conversation_id: UUID, kind: Given, content: Content, caller: Agent, tx: Transaction
) -> MediaView:
    """上传图片、语音或视频（请求体就是文件），随后用其 id 发消息"""
    return media_view(await media.upload(tx, caller, conversation_id, kind, content))


@admin.get("/media/{media_id}", operation_id="messaging_get_media", response_class=Response, responses=FILE)
async def get_media(media_id: UUID, caller: Reader, tx: Transaction, form: Form = "playable") -> Response:
    """会话中的图片、语音或视频；查看留痕"""
    return file_answer(await media.read(tx, caller, media_id, form))


@admin.post(
    "/conversations/{conversation_id}/messages/{message_id}/withdraw",
    operation_id="messaging_withdraw_message",
)
async def withdraw_message(
    conversation_id: UUID, message_id: UUID, caller: Agent, tx: Transaction
) -> StaffMessageView:
    """撤回自己两分钟之内发出的消息"""
    (view,) = await _authored(tx, [await desk.withdraw(tx, caller, conversation_id, message_id)])
    return view


@admin.post(
    "/conversations/{conversation_id}/messages/{message_id}/resend", operation_id="messaging_resend_message"
)
async def resend_message(
    conversation_id: UUID, message_id: UUID, caller: Agent, tx: Transaction
) -> StaffMessageView:
    """重新发送未送达的消息"""
    (view,) = await _authored(tx, [await desk.send_again(tx, caller, conversation_id, message_id)])
    return view


@admin.post(
    "/conversations/{conversation_id}/transfer",
    operation_id="messaging_transfer_conversation",
    status_code=204,
)
async def transfer_conversation(
    conversation_id: UUID, body: TransferGiven, caller: Agent, tx: Transaction
) -> None:
    """转给另一位客服，或转回某项技能的队列；交接说明客户看不到"""
    await desk.transfer(
        tx, caller, conversation_id, body.note, to_account=body.to_account_id, to_skill=body.to_skill
    )


@admin.post(
    "/conversations/{conversation_id}/end", operation_id="messaging_end_conversation", status_code=204
)
async def end_conversation(conversation_id: UUID, body: Ending, caller: Agent, tx: Transaction) -> None:
    """结束本段接待，填写原因与小结"""
    await desk.end(tx, caller, conversation_id, body.reason, body.summary)


@admin.post(
    "/conversations/{conversation_id}/take-over",
    operation_id="messaging_take_over_conversation",
    status_code=204,
)
async def take_over_conversation(
    conversation_id: UUID, body: TakingOver, caller: Supervisor, tx: Transaction
) -> None:
    """主管接手一段进行中或等待中的接待"""
    await supervise.take_over(tx, caller, conversation_id, body.note)


# ---- history -------------------------------------------------------------------------------------------------------


@admin.get(
    "/conversations/{conversation_id}/service-sessions", operation_id="messaging_list_service_sessions"
)
async def list_service_sessions(
    conversation_id: UUID, caller: Reader, tx: Transaction, limit: PageLimit = 20, cursor: Cursor = None
) -> Page[ServiceSessionView]:
    """历次接待：客服、原因、小结、转接、满意度，新的在前"""
    before = decode_cursor(cursor, UUID)
    found, made = await supervise.spells(
        tx, caller, conversation_id, before[0] if before else None, limit + 1
    )
    items, following = split_page(found, limit, lambda session: (session.id,))
    ids = list({session.agent_account_id for session in items if session.agent_account_id})
    staff = {one.id: one.display_name for one in (await accounts.account_brief(tx, ids)).values()}
    return Page(
        items=[
            ServiceSessionView.made(
                session, made, staff.get(session.agent_account_id, "") if session.agent_account_id else ""
            )
            for session in items
        ],
        next=following,
    )


@admin.post("/persons/{person_id}/search", operation_id="messaging_search_history")
async def search_history(
    person_id: UUID, body: HistorySearch, caller: Reader, tx: Transaction
) -> Page[FoundMessage]:
    """在一位客户的会话中查找文字，新的在前；一页可能不满而后面还有；查找留痕"""
    before = decode_cursor(body.cursor, UUID)
    found, following = await supervise.search(
        tx,
        caller,
        person_id,
        body.text,
        since=body.since,
        until=body.until,
        before=before[0] if before else None,
        limit=body.limit,
    )
    views = await _authored(tx, found)
    return Page(
        items=[
            FoundMessage(**view.model_dump(), conversation_id=message.conversation_id)
            for view, message in zip(views, found, strict=True)
        ],
        next=encode_cursor(following) if following else None,
    )
