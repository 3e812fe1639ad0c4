"""What staff set: which approved templates the channels use, and how much may be sent when and by whom."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.notices.errors import (
    ChannelTemplateChanged,
    ChannelTemplateInvalid,
    SettingsChanged,
    TemplateNotFound,
)
from kanghu.modules.notices.models import ChannelTemplate, Rules, Template
from kanghu.modules.notices.policy import channel_placeholders, render, text_problems
from kanghu.modules.notices.repository import channel_templates, templates
from kanghu.modules.notices.service import sms
from kanghu.modules.notices.settings import mail, settings
from kanghu.modules.wechat import public as wechat


async def list_channel_templates(tx: Tx) -> list[ChannelTemplate]:
    return await channel_templates.list_all(tx)


async def save_channel_template(tx: Tx, caller: Caller, wanted: ChannelTemplate) -> ChannelTemplate:
    """The version after `wanted.version`, 0 for the first. Raises TemplateNotFound, ChannelTemplateInvalid,
    ChannelTemplateChanged."""
    template = await templates.current_template(tx, wanted.code)
    if template is None:
        raise TemplateNotFound
    wrong = _sender_problems(wanted) | _field_problems(template, wanted)
    if wrong:
        raise ChannelTemplateInvalid(fields=wrong)
    wanted = replace(wanted, id=new_id(), changed_at=clock.now())
    if not await channel_templates.save(tx, wanted, caller.account_id):
        raise ChannelTemplateChanged
    await audit.record(
        tx,
        caller,
        "notices.channel_template.write",
        subject=f"notices.channel_templates/{wanted.code}",
        detail={"channel": wanted.channel, "sender": wanted.sender, "version": wanted.version + 1},
    )
    made = await channel_templates.get(tx, wanted.code, wanted.channel, wanted.sender)
    assert made is not None
    return made


def _sender_problems(wanted: ChannelTemplate) -> dict[str, str]:
    wrong = {}
    if (wanted.channel == "sms") != (wanted.kind == "sms"):
        wrong["kind"] = "短信只能用短信模板，微信只能用模板消息或订阅通知"
    if wanted.channel == "sms" and wanted.sender not in sms.SENDERS:
        wrong["sender"] = "短信的发送方须为 tencent 或 aliyun"
    if wanted.channel == "wechat" and not _is_uuid(wanted.sender):
        wrong["sender"] = "微信的发送方须为公众号或小程序的标识"
    if wanted.channel == "sms" and wanted.url:
        wrong["url"] = "短信没有点开后的地址"
    return wrong


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _field_problems(template: Template, wanted: ChannelTemplate) -> dict[str, str]:
    """Placeholders that the program does not fill, and for WeChat texts that would be refused even with the samples."""
    known = channel_placeholders(template)
    wrong = {
        field.name: "；".join(found)
        for field in wanted.fields
        if (found := text_problems(field.value, known))
    }
    if len({field.name for field in wanted.fields}) < len(wanted.fields):
        wrong["fields"] = "参数名称重复"
    if wrong or wanted.channel != "wechat":
        return wrong
    return wechat.template_problems({field.name: render(field.value, known) for field in wanted.fields})


async def current(tx: Tx) -> Rules:
    return await channel_templates.rules(tx)


async def change(tx: Tx, caller: Caller, version: int, content: dict[str, Any]) -> Rules:
    """`content`: every field of `Rules` but the version. Raises SettingsChanged."""
    if not await channel_templates.save_rules(tx, content, version, caller.account_id):
        raise SettingsChanged
    await audit.record(
        tx, caller, "notices.settings.write", subject="notices.settings", detail={"version": version + 1}
    )
    return await channel_templates.rules(tx)


def set_up() -> list[str]:
    """The services for which the operator has given an account; those of WeChat are kept by its own module."""
    return [*sms.able(sms.SENDERS), *(["smtp"] if mail().able() else [])]


def takes_receipts() -> bool:
    return bool(settings().receipt_key.get_secret_value())
