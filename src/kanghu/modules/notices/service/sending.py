"""The one way out of messages: rendered from a template, sealed, and handed to every channel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from kanghu.kernel import clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.notices.errors import NoticeNotDelivered, NoticeNotRendered
from kanghu.modules.notices.models import Notice, Template
from kanghu.modules.notices.policy import MissingPlaceholder, kept_data, render
from kanghu.modules.notices.repository import deliveries, notices, templates
from kanghu.modules.notices.service import delivering


async def notify(
    tx: Tx,
    template: str,
    *,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
    data: Mapping[str, Any],
    subject: str = "",
    once: bool = False,
) -> Notice:
    """Tell a person or a staff account something, in the caller's transaction.

    `data` fills the placeholders; values may be personal, only those that the template declares harmless are stored in
    clear. `subject` names what it is about (`exams.bookings/…`). With `once`, a second call for the same recipient,
    template and subject gives the first notice again.

    Raises NoticeNotRendered, NoticeNotDelivered; both leave the transaction usable and nothing of the notice behind.
    """
    if (person_id is None) == (account_id is None):
        raise NoticeNotDelivered("应有且只有一个收件人")
    found = await templates.current_template(tx, template)
    if found is None:
        raise NoticeNotRendered(f"没有模板 {template}")
    notice = _rendered(found, person_id, account_id, data, subject)
    once_key = f"{person_id or account_id}/{template}/{subject}" if once else None
    try:
        async with tx.transaction():
            return await _dispatch(tx, notice, found.id, once_key)
    except asyncpg.PostgresError as error:
        raise NoticeNotDelivered("消息未能保存") from error


def _rendered(
    template: Template, person_id: UUID | None, account_id: UUID | None, data: Mapping[str, Any], subject: str
) -> Notice:
    try:
        title, body = render(template.title, data), render(template.body, data)
    except MissingPlaceholder as missing:
        raise NoticeNotRendered(f"模板 {template.code} 缺少 {missing.args[0]}") from None
    return Notice(
        id=new_id(),
        template_code=template.code,
        person_id=person_id,
        account_id=account_id,
        title=title,
        body=body,
        data=kept_data(data, template.placeholders),
        subject=subject,
        created_at=clock.now(),
        read_at=None,
    )


async def _dispatch(tx: Tx, notice: Notice, template_id: UUID, once_key: str | None) -> Notice:
    """Every channel begins here. In-app is delivered by being stored; those that talk to the outside have their turn in a job."""
    if not await notices.insert_notice(tx, notice, template_id, once_key):
        earlier = await notices.by_once_key(tx, once_key or "")
        assert earlier is not None
        return earlier
    await deliveries.add_in_app(tx, notice)
    await delivering.set_out(tx, notice)
    await live.tell(tx, "notices.notices", person_id=notice.person_id, account_id=notice.account_id)
    return notice
