"""/api/patient/notices/preferences, …/email: what a person chooses, and where they are reached."""

from typing import Annotated

from fastapi import Request

from kanghu.kernel.security import Caller, signed_in, signed_in_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.notices.schemas import EmailCode, EmailGiven, PreferencesChange, PreferencesView
from kanghu.modules.notices.service import emails, preferences

patient = Router(prefix="/api/patient/notices", tags=["notices"])

Me = Annotated[Caller, signed_in()]


@patient.get("/preferences", operation_id="notices_get_own_preferences")
async def get_own_preferences(caller: Me, tx: Transaction) -> PreferencesView:
    """我的消息设置：哪类消息从哪些渠道接收"""
    return PreferencesView.of(await preferences.of_caller(tx, caller))


@patient.put("/preferences", operation_id="notices_choose_own_preferences")
async def choose_own_preferences(body: PreferencesChange, caller: Me, tx: Transaction) -> PreferencesView:
    """修改我的消息设置"""
    wanted = {(wish.topic, wish.channel): wish.on for wish in body.wishes}
    return PreferencesView.of(await preferences.choose(tx, caller, wanted))


@patient.put("/email", operation_id="notices_give_own_email", status_code=204)
async def give_own_email(body: EmailGiven, caller: Me, tx: Transaction) -> None:
    """填写邮箱：发去一个验证码，确认之后才会收到消息"""
    await emails.give(tx, caller, body.email)


@patient.post("/email/confirm", operation_id="notices_confirm_own_email", status_code=204)
async def confirm_own_email(
    body: EmailCode, caller: Annotated[Caller, signed_in_and_waits()], request: Request
) -> None:
    """用邮件中的验证码确认邮箱"""
    await emails.confirm(request.app.state.database, caller, body.code)


@patient.delete("/email", operation_id="notices_forget_own_email", status_code=204)
async def forget_own_email(caller: Me, tx: Transaction) -> None:
    """删除邮箱，不再收到邮件"""
    await emails.forget(tx, caller)
