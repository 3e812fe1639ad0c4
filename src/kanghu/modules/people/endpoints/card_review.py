"""For staff: the documents that customers have sent pictures of, and how far somebody is known."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.people import policy
from kanghu.modules.people.check_schemas import AssuranceView, CardDecision, CardLine, IdCardView, Side
from kanghu.modules.people.service import card_checks, checking, persons

review = Router(prefix="/api/admin/people", tags=["people"])

Reviewer = Annotated[Caller, can(card_checks.REVIEW)]
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in policy.PICTURE_TYPES}
    }
}


@review.get("/id-cards", operation_id="people_list_id_cards")
async def list_id_cards(
    caller: Reviewer,
    tx: Transaction,
    look: Annotated[
        str | None,
        Query(
            pattern="^(first|second|decided)$",
            description="first 待核对，second 待复核，decided 已结束；不填为全部待处理",
        ),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CardLine]:
    """客户提交的证件：待处理的先到在前，已结束的新的在前"""
    key = decode_cursor(cursor, UUID)
    at = key[0] if key else None
    if look == "decided":
        found = await card_checks.decided(tx, caller, at, limit + 1)
    else:
        second = None if look is None else look == "second"
        found = await card_checks.queue(tx, caller, second, at, limit + 1)
    items, following = split_page(found, limit, lambda one: (one[0].id,))
    return Page(items=[CardLine.of(*one) for one in items], next=following)


@review.get("/id-cards/{check_id}", operation_id="people_get_id_card")
async def get_id_card(check_id: UUID, caller: Reviewer, tx: Transaction) -> IdCardView:
    """一份证件与所核对的档案（证件号码完整，查看记入审计）"""
    return IdCardView.of(await card_checks.read(tx, caller, check_id))


@review.get(
    "/id-cards/{check_id}/pictures/{side}",
    operation_id="people_get_card_picture",
    response_class=Response,
    responses=PICTURE,
)
async def get_card_picture(
    check_id: UUID,
    side: Annotated[Side, Path(description="front 有照片的一面，back 另一面")],
    caller: Reviewer,
    tx: Transaction,
) -> Response:
    """证件照片（查看记入审计；有结论后即删除）"""
    media_type, content = await card_checks.picture(tx, caller, check_id, side)
    return Response(
        content,
        media_type=media_type,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": "inline",
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; sandbox",
        },
    )


@review.post("/id-cards/{check_id}/decision", operation_id="people_decide_id_card")
async def decide_id_card(check_id: UUID, body: CardDecision, caller: Reviewer, tx: Transaction) -> CardLine:
    """核对结论：相符须由两名职工先后确认；不相符的一名即可，并告知客户原因"""
    if body.reason is None:
        await card_checks.accept(tx, caller, check_id)
    else:
        await card_checks.refuse(tx, caller, check_id, body.reason)
    found = await card_checks.line(tx, caller, check_id)
    return CardLine.of(*found)


@review.get("/persons/{person_id}/assurance", operation_id="people_get_assurance")
async def get_assurance(
    person_id: UUID, caller: Annotated[Caller, can("people.person.read")], tx: Transaction
) -> AssuranceView:
    """此人的身份核验到什么程度"""
    await persons.read(tx, caller, person_id)
    return AssuranceView.of(await checking.assurance(tx, person_id))
