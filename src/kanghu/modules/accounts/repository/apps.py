"""Vendor systems and their secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.accounts.models import App, Secret

_APP = """SELECT id, app_id, name, vendor_id, institution_id, interfaces, ip_ranges, rate_per_minute, sign_types, state,
                 version
            FROM accounts.api_apps"""
_SECRET = "SELECT id, created_at, not_before, expires_at, revoked_at, last_used_at FROM accounts.api_secrets"  # noqa: S105


async def list_apps(tx: Tx, scope: tuple[Any, ...]) -> list[App]:
    return rows(
        App,
        await tx.fetch(
            _APP
            + """ WHERE ($1::kernel.scope).everything OR institution_id = ANY (($1::kernel.scope).institutions)
                  ORDER BY app_id""",
            scope,
        ),
    )


async def use_of(tx: Tx, app_uuids: list[UUID], now: datetime) -> dict[UUID, tuple[int, datetime | None]]:
    """App → how many of its secrets are live, and when one was last used."""
    found = await tx.fetch(
        """SELECT app_id, max(last_used_at) AS last_used_at,
                  count(*) FILTER (WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)) AS live
             FROM accounts.api_secrets WHERE app_id = ANY ($1) GROUP BY app_id""",
        app_uuids,
        now,
    )
    return {record["app_id"]: (record["live"], record["last_used_at"]) for record in found}


async def get_app(tx: Tx, app_uuid: UUID, *, lock: bool = False) -> App | None:
    return row(App, await tx.fetchrow(_APP + " WHERE id = $1" + (" FOR UPDATE" if lock else ""), app_uuid))


async def get_apps(tx: Tx, ids: Sequence[UUID]) -> list[App]:
    return rows(App, await tx.fetch(_APP + " WHERE id = ANY ($1)", ids))


async def add_app(tx: Tx, new: App) -> bool:
    """False when the app id is taken."""
    return bool(
        await tx.fetchval(
            """INSERT INTO accounts.api_apps (id, app_id, name, vendor_id, institution_id, interfaces, ip_ranges,
                                              rate_per_minute, sign_types)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (app_id) DO NOTHING RETURNING true""",
            new.id,
            new.app_id,
            new.name,
            new.vendor_id,
            new.institution_id,
            new.interfaces,
            new.ip_ranges,
            new.rate_per_minute,
            new.sign_types,
        )
    )


async def update_app(tx: Tx, new: App) -> bool:
    """Everything but app id and institution; False when it is no longer at `new.version`."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.api_apps
                  SET name = $3, vendor_id = $4, interfaces = $5, ip_ranges = $6, rate_per_minute = $7, sign_types = $8,
                      state = $9, version = version + 1, updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            new.id,
            new.version,
            new.name,
            new.vendor_id,
            new.interfaces,
            new.ip_ranges,
            new.rate_per_minute,
            new.sign_types,
            new.state,
        )
    )


async def secrets_of(tx: Tx, app_uuid: UUID) -> list[Secret]:
    """Newest first, the last twenty."""
    return rows(
        Secret, await tx.fetch(_SECRET + " WHERE app_id = $1 ORDER BY created_at DESC LIMIT 20", app_uuid)
    )


async def retire_expired(tx: Tx, app_uuid: UUID, now: datetime) -> None:
    """Gives the slots of secrets that have run out free."""
    await tx.execute(
        """UPDATE accounts.api_secrets SET revoked_at = expires_at
            WHERE app_id = $1 AND revoked_at IS NULL AND expires_at <= $2""",
        app_uuid,
        now,
    )


async def end_secrets(tx: Tx, app_uuid: UUID, at: datetime) -> None:
    """Live secrets run out at `at`, unless they do so before."""
    await tx.execute(
        """UPDATE accounts.api_secrets SET expires_at = least(expires_at, $2)
            WHERE app_id = $1 AND revoked_at IS NULL""",
        app_uuid,
        at,
    )


async def taken_slots(tx: Tx, app_uuid: UUID) -> set[int]:
    found = await tx.fetch(
        "SELECT slot FROM accounts.api_secrets WHERE app_id = $1 AND revoked_at IS NULL", app_uuid
    )
    return {record["slot"] for record in found}


async def add_secret(
    tx: Tx, secret_id: UUID, app_uuid: UUID, slot: int, sealed: bytes, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO accounts.api_secrets (id, app_id, slot, secret_sealed, created_at, not_before)
           VALUES ($1, $2, $3, $4, $5, $5)""",
        secret_id,
        app_uuid,
        slot,
        sealed,
        now,
    )


async def revoke_secret(tx: Tx, app_uuid: UUID, secret_id: UUID, now: datetime) -> bool:
    return bool(
        await tx.fetchval(
            """UPDATE accounts.api_secrets SET revoked_at = $3
                WHERE app_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING true""",
            app_uuid,
            secret_id,
            now,
        )
    )


async def load_app(tx: Tx, app_id: str) -> asyncpg.Record | None:
    """The active app of an active institution, with its live secrets as parallel arrays."""
    return await tx.fetchrow(
        """SELECT a.id, a.app_id, a.name, a.vendor_id, a.institution_id, a.interfaces, a.ip_ranges, a.rate_per_minute,
                  a.sign_types,
                  ARRAY(SELECT s.id FROM accounts.api_secrets AS s
                         WHERE s.app_id = a.id AND s.revoked_at IS NULL ORDER BY s.id) AS secret_ids,
                  ARRAY(SELECT s.secret_sealed FROM accounts.api_secrets AS s
                         WHERE s.app_id = a.id AND s.revoked_at IS NULL ORDER BY s.id) AS sealed,
                  ARRAY(SELECT s.not_before FROM accounts.api_secrets AS s
                         WHERE s.app_id = a.id AND s.revoked_at IS NULL ORDER BY s.id) AS not_before,
                  ARRAY(SELECT s.expires_at FROM accounts.api_secrets AS s
                         WHERE s.app_id = a.id AND s.revoked_at IS NULL ORDER BY s.id) AS expires_at
             FROM accounts.api_apps AS a JOIN accounts.institutions AS i ON i.id = a.institution_id
            WHERE a.app_id = $1 AND a.state = 'active' AND i.state = 'active'""",
        app_id,
    )


async def note_secret_used(tx: Tx, secret_id: UUID, now: datetime) -> None:
    """At most once a minute, and without waiting for another request that does the same."""
    await tx.execute(
        """UPDATE accounts.api_secrets SET last_used_at = $2
            WHERE id = (SELECT id FROM accounts.api_secrets
                         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')
                           FOR UPDATE SKIP LOCKED)""",
        secret_id,
        now,
    )


async def id_of_app(tx: Tx, app_id: str) -> UUID | None:
    return await tx.fetchval("SELECT id FROM accounts.api_apps WHERE app_id = $1", app_id)
