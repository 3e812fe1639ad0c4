"""/api/admin/notices: the delivery log, templates of the channels, settings of sending."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from kanghu.kernel import clock
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.notices.models import ChannelTemplate, LogFilter, ParameterText
from kanghu.modules.notices.schemas import (
    ChannelTemplateChange,
    ChannelTemplateView,
    DeliveryChannel,
    DeliveryDetail,
    DeliveryState,
    DeliveryView,
    SendingRulesChange,
    SendingRulesView,
    TryView,
)
from kanghu.modules.notices.service import log, sending_rules

admin = Router(prefix="/api/admin/notices", tags=["notices"])

LogReader = Annotated[Caller, can(log.READ)]
TemplateCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,63}$", description="消息模板的编码")]
SenderName = Annotated[str, Path(pattern=r"^[0-9a-z-]{1,64}$", description="tencent、aliyun，或公众号的标识")]


@admin.get("/deliveries", operation_id="notices_list_deliveries")
async def list_deliveries(
    caller: LogReader,
    tx: Transaction,
    channel: Annotated[DeliveryChannel | None, Query(description="渠道")] = None,
    state: Annotated[DeliveryState | None, Query(description="状态")] = None,
    dead: Annotated[bool, Query(description="只看全部渠道都未送达的")] = False,
    template_code: Annotated[str | None, Query(max_length=64, description="消息模板的编码")] = None,
    person_id: Annotated[UUID | None, Query(description="客户")] = None,
    notice_id: Annotated[UUID | None, Query(description="消息")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeliveryView]:
    """消息送达记录，新的在前"""
    before = decode_cursor(cursor, UUID)
    wanted = LogFilter(channel, state, dead, template_code, person_id, notice_id)
    found, names = await log.page(tx, caller, wanted, before[0] if before else None, limit + 1)
    items, following = split_page(found, limit, lambda line: (line.id,))
    return Page(items=[DeliveryView.of(line, names) for line in items], next=following)


@admin.get("/deliveries/{delivery_id}", operation_id="notices_get_delivery")
async def get_delivery(delivery_id: UUID, caller: LogReader, tx: Transaction) -> DeliveryDetail:
    """一条送达记录与每一次发送"""
    line, names, tries = await log.get(tx, caller, delivery_id)
    return DeliveryDetail.of(line, names, attempts=[TryView.model_validate(one) for one in tries])


@admin.post("/deliveries/{delivery_id}/retry", operation_id="notices_retry_delivery", status_code=204)
async def retry_delivery(
    delivery_id: UUID, caller: Annotated[Caller, can(log.RETRY)], tx: Transaction
) -> None:
    """重新发送一条全部渠道都未送达的消息"""
    await log.retry(tx, caller, delivery_id)


@admin.get("/channel-templates", operation_id="notices_list_channel_templates")
async def list_channel_templates(
    _caller: Annotated[Caller, can("notices.settings.read")], tx: Transaction
) -> list[ChannelTemplateView]:
    """各种消息在微信与短信服务商处用的模板"""
    found = await sending_rules.list_channel_templates(tx)
    return [ChannelTemplateView.model_validate(one) for one in found]


@admin.put("/channel-templates/{code}/wechat/{sender}", operation_id="notices_save_wechat_template")
async def save_wechat_template(
    code: TemplateCode,
    sender: SenderName,
    body: ChannelTemplateChange,
    caller: Annotated[Caller, can("notices.settings.write")],
    tx: Transaction,
) -> ChannelTemplateView:
    """设置一种消息用公众号或小程序的哪个模板"""
    return await _save(tx, caller, code, "wechat", sender, body)


@admin.put("/channel-templates/{code}/sms/{sender}", operation_id="notices_save_sms_template")
async def save_sms_template(
    code: TemplateCode,
    sender: SenderName,
    body: ChannelTemplateChange,
    caller: Annotated[Caller, can("notices.settings.write")],
    tx: Transaction,
) -> ChannelTemplateView:
    """设置一种消息用短信服务商的哪个模板"""
    return await _save(tx, caller, code, "sms", sender, body)


async def _save(
    tx: Transaction, caller: Caller, code: str, channel: str, sender: str, body: ChannelTemplateChange
) -> ChannelTemplateView:
    wanted = ChannelTemplate(
        id=UUID(int=0),
        code=code,
        channel=channel,
        sender=sender,
        kind=body.kind,
        external_id=body.external_id,
        fields=[ParameterText(field.name, field.value) for field in body.fields],
        url=body.url,
        active=body.active,
        version=body.version,
        changed_at=clock.now(),
    )
    return ChannelTemplateView.model_validate(await sending_rules.save_channel_template(tx, caller, wanted))


@admin.get("/settings", operation_id="notices_get_settings")
async def get_settings(
    _caller: Annotated[Caller, can("notices.settings.read")], tx: Transaction
) -> SendingRulesView:
    """发送设置：启用的渠道、免打扰时段、每人上限、短信服务商的先后"""
    return SendingRulesView.of(
        await sending_rules.current(tx), sending_rules.set_up(), sending_rules.takes_receipts()
    )


@admin.put("/settings", operation_id="notices_change_settings")
async def change_settings(
    body: SendingRulesChange, caller: Annotated[Caller, can("notices.settings.write")], tx: Transaction
) -> SendingRulesView:
    """修改发送设置，立即生效"""
    content = body.model_dump(exclude={"version"})
    changed = await sending_rules.change(tx, caller, body.version, content)
    return SendingRulesView.of(changed, sending_rules.set_up(), sending_rules.takes_receipts())
