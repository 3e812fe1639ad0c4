"""/api/admin/accounts/apps: credentials of vendors' systems."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.schemas import (
    AppCreate,
    AppInput,
    AppLine,
    AppUpdate,
    AppView,
    NewSecret,
    RotateInput,
    SecretView,
)
from kanghu.modules.accounts.service import apps as service

admin = Router(prefix="/api/admin/accounts", tags=["accounts"])

Reader = Annotated[Caller, can(service.READ)]
Writer = Annotated[Caller, can(service.WRITE)]


@admin.get("/apps", operation_id="accounts_list_apps")
async def list_apps(caller: Reader, tx: Transaction) -> list[AppLine]:
    """厂家接口凭证"""
    return [
        AppLine.model_validate(app).model_copy(update={"live_secrets": live, "last_used_at": used})
        for app, live, used in await service.list_apps(tx, caller)
    ]


@admin.post("/apps", operation_id="accounts_create_app", status_code=201)
async def create_app(given: AppCreate, caller: Writer, tx: Transaction) -> NewSecret:
    """新建厂家接口凭证，返回第一把密钥"""
    app_id, secret = await service.create_app(
        tx, caller, given.app_id, given.institution_id, _settings(given)
    )
    return NewSecret(id=app_id, secret=secret)


@admin.get("/apps/{app_id}", operation_id="accounts_get_app")
async def get_app(app_id: UUID, caller: Reader, tx: Transaction) -> AppView:
    """一个厂家接口凭证及其密钥的有效期"""
    app, secrets = await service.read_app(tx, caller, app_id)
    view = AppView.model_validate(app)
    return view.model_copy(update={"secrets": [SecretView.model_validate(secret) for secret in secrets]})


@admin.put("/apps/{app_id}", operation_id="accounts_update_app", status_code=204)
async def update_app(app_id: UUID, given: AppUpdate, caller: Writer, tx: Transaction) -> None:
    """修改、停用或启用厂家接口凭证，2 秒内生效"""
    await service.update_app(tx, caller, app_id, given.version, given.state, _settings(given))


@admin.post("/apps/{app_id}/secrets", operation_id="accounts_rotate_secret", status_code=201)
async def rotate_secret(app_id: UUID, given: RotateInput, caller: Writer, tx: Transaction) -> NewSecret:
    """更换密钥：返回新密钥，旧密钥到期前仍可用"""
    until = clock.now() + timedelta(minutes=given.old_valid_minutes)
    return NewSecret(id=app_id, secret=await service.rotate_secret(tx, caller, app_id, until))


@admin.delete("/apps/{app_id}/secrets/{secret_id}", operation_id="accounts_revoke_secret", status_code=204)
async def revoke_secret(app_id: UUID, secret_id: UUID, caller: Writer, tx: Transaction) -> None:
    """吊销密钥，2 秒内生效"""
    await service.revoke_secret(tx, caller, app_id, secret_id)


def _settings(given: AppInput) -> service.AppSettings:
    return service.AppSettings(
        name=given.name,
        vendor_id=given.vendor_id,
        interfaces=sorted(set(given.interfaces)),
        ip_ranges=given.ip_ranges,
        rate_per_minute=given.rate_per_minute,
        sign_types=sorted(set(given.sign_types)),
    )
