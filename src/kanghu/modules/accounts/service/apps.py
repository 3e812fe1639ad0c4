"""Vendor systems: what they may call, from where, how often, and the secrets they sign with."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import policy, sealing
from kanghu.modules.accounts.errors import (
    AppIdTaken,
    AppNotFound,
    InstitutionNotFound,
    SecretNotFound,
    StaleVersion,
    TwoSecretsLive,
)
from kanghu.modules.accounts.models import App, Network, Secret
from kanghu.modules.accounts.rate_limit import Buckets
from kanghu.modules.accounts.repository import apps as rows
from kanghu.modules.accounts.repository import organisation

READ, WRITE = "accounts.app.read", "accounts.app.write"


@dataclass(frozen=True, slots=True)
class ApiSecret:
    """An opened secret and when it counts."""

    id: UUID
    secret: str
    not_before: datetime
    expires_at: datetime | None

    def live(self, now: datetime) -> bool:
        return self.not_before <= now and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class ApiApp:
    """A vendor's system that may call; `secrets` still have to be asked whether they are live."""

    id: UUID
    app_id: str
    name: str
    vendor_id: UUID | None
    institution_id: UUID
    interfaces: frozenset[str]
    ip_ranges: tuple[Network, ...]
    rate_per_minute: int
    sign_types: frozenset[str]
    secrets: tuple[ApiSecret, ...]

    def live_secrets(self, now: datetime) -> list[ApiSecret]:
        """Newest first; at most two."""
        return [secret for secret in reversed(self.secrets) if secret.live(now)]

    def admits(self, ip: str) -> bool:
        """Whether the address lies in one of the app's ranges; text that is no address does not."""
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self.ip_ranges)


# ---- for the exchange -------------------------------------------------------------------------------------------------

CACHE_SECONDS = 2.0
"""A revoked secret or a disabled app is refused at the latest after this time, in every process."""

_cache: dict[str, tuple[float, ApiApp]] = {}
_buckets = Buckets()


def remembered_app(app_id: str) -> ApiApp | None:
    """The app if it was read in the last CACHE_SECONDS, so that most calls need no query for it."""
    cached = _cache.get(app_id)
    return cached[1] if cached is not None and time.monotonic() - cached[0] < CACHE_SECONDS else None


async def find_app(tx: Tx, app_id: str) -> ApiApp | None:
    """The active app with its opened secrets, from memory when it was read in the last CACHE_SECONDS."""
    cached = remembered_app(app_id)
    if cached is not None:
        return cached
    now = time.monotonic()
    found = await rows.load_app(tx, app_id)
    if found is None:
        _cache.pop(app_id, None)
        return None
    app = ApiApp(
        id=found["id"],
        app_id=found["app_id"],
        name=found["name"],
        vendor_id=found["vendor_id"],
        institution_id=found["institution_id"],
        interfaces=frozenset(found["interfaces"]),
        ip_ranges=tuple(found["ip_ranges"]),
        rate_per_minute=found["rate_per_minute"],
        sign_types=frozenset(found["sign_types"]),
        secrets=tuple(
            ApiSecret(secret_id, vault.open(sealed, sealing.SECRET, secret_id), not_before, expires_at)
            for secret_id, sealed, not_before, expires_at in zip(
                found["secret_ids"], found["sealed"], found["not_before"], found["expires_at"], strict=True
            )
        ),
    )
    _cache[app_id] = (now, app)
    return app


def take_token(app: ApiApp) -> float:
    """One call of the app's rate: 0.0 when it may pass, else the seconds to wait (for Retry-After)."""
    return _buckets.take(app.app_id, app.rate_per_minute, time.monotonic())


async def note_secret_used(tx: Tx, secret_id: UUID) -> None:
    await rows.note_secret_used(tx, secret_id, clock.now())


# ---- for administrators -----------------------------------------------------------------------------------------------


async def list_apps(tx: Tx, caller: Caller) -> list[tuple[App, int, datetime | None]]:
    """Each with how many of its secrets are live, and when one was last used."""
    apps = await rows.list_apps(tx, caller.scope(READ).sql())
    use = await rows.use_of(tx, [app.id for app in apps], clock.now())
    return [(app, *use.get(app.id, (0, None))) for app in apps]


async def read_app(tx: Tx, caller: Caller, app_uuid: UUID) -> tuple[App, list[Secret]]:
    """Raises AppNotFound."""
    return await _in_reach(tx, caller, app_uuid, READ), await rows.secrets_of(tx, app_uuid)


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What an administrator may set of an app at any time."""

    name: str
    vendor_id: UUID | None
    interfaces: list[str]
    ip_ranges: list[Network]
    rate_per_minute: int
    sign_types: list[str]

    def of(
        self, app_uuid: UUID, app_id: str, institution_id: UUID, state: str = "active", version: int = 1
    ) -> App:
        return App(
            id=app_uuid,
            app_id=app_id,
            name=self.name,
            vendor_id=self.vendor_id,
            institution_id=institution_id,
            interfaces=self.interfaces,
            ip_ranges=self.ip_ranges,
            rate_per_minute=self.rate_per_minute,
            sign_types=self.sign_types,
            state=state,
            version=version,
        )


async def create_app(
    tx: Tx, caller: Caller, app_id: str, institution_id: UUID, wanted: AppSettings
) -> tuple[UUID, str]:
    """Keeps the app; returns its id and its first secret, told this once. Raises AppIdTaken, InstitutionNotFound."""
    known = await organisation.get_institution(tx, institution_id)
    if known is None or not policy.reaches(caller.scope(WRITE), institution_id, None):
        raise InstitutionNotFound
    new = wanted.of(new_id(), app_id, institution_id)
    secret = await add_app(tx, new)
    await _record(tx, caller, "accounts.app.create", new, {"interfaces": new.interfaces})
    return new.id, secret


async def add_app(tx: Tx, new: App, secret: str | None = None) -> str:
    """Writes the app with its first secret (a new one unless given). Raises AppIdTaken."""
    if not await rows.add_app(tx, new):
        raise AppIdTaken(fields={"app_id": AppIdTaken.message})
    return await _add_secret(tx, new.id, slot=1, secret=secret)


async def update_app(
    tx: Tx, caller: Caller, app_uuid: UUID, version: int, state: str, wanted: AppSettings
) -> None:
    """Raises AppNotFound, StaleVersion."""
    old = await _in_reach(tx, caller, app_uuid, WRITE)
    new = wanted.of(old.id, old.app_id, old.institution_id, state, version)
    if not await rows.update_app(tx, new):
        raise StaleVersion
    _cache.pop(old.app_id, None)
    await _record(tx, caller, "accounts.app.update", new, {"interfaces": new.interfaces, "state": state})


async def rotate_secret(tx: Tx, caller: Caller, app_uuid: UUID, old_until: datetime) -> str:
    """A new secret, told this once; the one before stays good until `old_until`. Raises TwoSecretsLive."""
    app = await _in_reach(tx, caller, app_uuid, WRITE, lock=True)
    now = clock.now()
    await rows.retire_expired(tx, app_uuid, now)
    free = {1, 2} - await rows.taken_slots(tx, app_uuid)
    if not free:
        raise TwoSecretsLive
    await rows.end_secrets(tx, app_uuid, max(old_until, now))
    secret = await _add_secret(tx, app_uuid, slot=min(free))
    _cache.pop(app.app_id, None)
    await _record(tx, caller, "accounts.app.rotate", app, {"old_until": old_until.isoformat()})
    return secret


async def revoke_secret(tx: Tx, caller: Caller, app_uuid: UUID, secret_id: UUID) -> None:
    """Raises SecretNotFound."""
    app = await _in_reach(tx, caller, app_uuid, WRITE, lock=True)
    if not await rows.revoke_secret(tx, app_uuid, secret_id, clock.now()):
        raise SecretNotFound
    _cache.pop(app.app_id, None)
    await _record(tx, caller, "accounts.app.revoke", app, {"secret": str(secret_id)})


async def _add_secret(tx: Tx, app_uuid: UUID, slot: int, secret: str | None = None) -> str:
    secret_id, made = new_id(), secret or secrets.token_urlsafe(32)
    sealed = vault.seal(made, sealing.SECRET, secret_id)
    await rows.add_secret(tx, secret_id, app_uuid, slot, sealed, clock.now())
    return made


async def _in_reach(tx: Tx, caller: Caller, app_uuid: UUID, permission: str, *, lock: bool = False) -> App:
    found = await rows.get_app(tx, app_uuid, lock=lock)
    if found is None or not policy.reaches(caller.scope(permission), found.institution_id, None):
        raise AppNotFound
    return found


async def _record(tx: Tx, caller: Caller, action: str, app: App, detail: dict[str, object]) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"accounts.api_apps/{app.id}",
        institution_id=app.institution_id,
        detail=detail,
    )
