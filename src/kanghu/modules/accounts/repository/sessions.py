"""Sessions, failures of signing in, the second factor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.accounts.models import Credentials, Failures, LiveSession, NewSession, Session, Totp

# One round trip per request. `touched` notes the use once a minute and never waits: a row that another request of the
# same session holds is skipped.
_TOUCH = """
WITH touched AS (
    UPDATE accounts.sessions SET last_seen_at = $2
     WHERE id = (SELECT id FROM accounts.sessions
                  WHERE token_hash = $1 AND revoked_at IS NULL AND last_seen_at < $2::timestamptz - interval '1 minute'
                    AND expires_at > $2 AND last_seen_at + idle_limit > $2
                    FOR UPDATE SKIP LOCKED))
"""
_LIVE = """
SELECT s.id AS session_id, s.second_factor, a.id AS account_id, a.kind, a.display_name_sealed, a.must_change_password,
       a.institution_id, a.department_id, a.person_id,
       coalesce(given.held, '{}') AS held, coalesce(given.requires_totp, false) AS requires_totp,
       CASE WHEN given.held ? 'department' THEN accounts.departments_below(a.department_id) ELSE '{}' END AS departments
  FROM accounts.sessions AS s
  JOIN accounts.accounts AS a ON a.id = s.account_id AND a.state = 'active'
  JOIN accounts.institutions AS i ON i.id = a.institution_id AND i.state = 'active'
  LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(scope, permissions) AS held, bool_or(requires_totp) AS requires_totp
          FROM (SELECT g.scope, bool_or(r.requires_totp) AS requires_totp,
                       coalesce(array_agg(p.permission) FILTER (WHERE p.permission IS NOT NULL), '{}') AS permissions
                  FROM accounts.account_roles AS g
                  JOIN accounts.roles AS r ON r.id = g.role_id
                  LEFT JOIN accounts.role_permissions AS p ON p.role_id = r.id
                 WHERE g.account_id = a.id
                 GROUP BY g.scope) AS by_scope) AS given ON true
 WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at + s.idle_limit > $2
"""


async def live_session(tx: Tx, token_hash: bytes, now: datetime) -> LiveSession | None:
    return row(LiveSession, await tx.fetchrow(_TOUCH + _LIVE, token_hash, now))


async def peek_session(tx: Tx, token_hash: bytes, now: datetime) -> LiveSession | None:
    """The same without noting that the session was used."""
    return row(LiveSession, await tx.fetchrow(_LIVE, token_hash, now))


async def add_session(tx: Tx, new: NewSession) -> None:
    await tx.execute(
        """INSERT INTO accounts.sessions (id, account_id, token_hash, second_factor, created_at, last_seen_at, idle_limit,
                                          expires_at, ip, user_agent)
           VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)""",
        new.id,
        new.account_id,
        new.token_hash,
        new.second_factor,
        new.created_at,
        new.idle_limit,
        new.expires_at,
        new.ip,
        new.user_agent,
    )


async def sessions_of(tx: Tx, account_id: UUID, now: datetime) -> list[Session]:
    return rows(
        Session,
        await tx.fetch(
            """SELECT id, created_at, last_seen_at, expires_at, ip, user_agent FROM accounts.sessions
                WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_seen_at + idle_limit > $2
                ORDER BY created_at DESC LIMIT 100""",
            account_id,
            now,
        ),
    )


async def revoke_session(tx: Tx, account_id: UUID, session_id: UUID, now: datetime) -> bool:
    """Whether there was such a live session of this account."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.sessions SET revoked_at = $3
                WHERE id = $2 AND account_id = $1 AND revoked_at IS NULL RETURNING true""",
            account_id,
            session_id,
            now,
        )
    )


async def revoke_sessions(tx: Tx, account_id: UUID, now: datetime, keep: UUID | None = None) -> int:
    """Ends every session of the account but `keep`; returns how many."""
    ended = await tx.fetch(
        """UPDATE accounts.sessions SET revoked_at = $2
            WHERE account_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3 RETURNING 1""",
        account_id,
        now,
        keep,
    )
    return len(ended)


async def pass_second_factor(tx: Tx, session_id: UUID) -> None:
    await tx.execute("UPDATE accounts.sessions SET second_factor = true WHERE id = $1", session_id)


async def purge_sessions(tx: Tx, before: datetime) -> None:
    await tx.execute("DELETE FROM accounts.sessions WHERE expires_at < $1", before)


# ---- signing in -------------------------------------------------------------------------------------------------------

_CREDENTIALS = """
SELECT a.id AS account_id, a.kind, a.username, a.password_hash, a.password_changed_at, a.state, i.state = 'active' AS institution_active,
       a.institution_id, a.person_id
  FROM accounts.accounts AS a JOIN accounts.institutions AS i ON i.id = a.institution_id
"""


async def credentials_by_name(tx: Tx, username: str | None, phone_index: bytes | None) -> Credentials | None:
    """By user name, or by phone for customers; the one that is None finds nothing."""
    return row(
        Credentials,
        await tx.fetchrow(
            _CREDENTIALS + " WHERE a.username = $1 OR (a.kind = 'customer' AND a.phone_index = $2)",
            username,
            phone_index,
        ),
    )


async def credentials_of(tx: Tx, account_id: UUID, *, lock: bool = False) -> Credentials | None:
    return row(
        Credentials,
        await tx.fetchrow(
            _CREDENTIALS + " WHERE a.id = $1" + (" FOR UPDATE OF a" if lock else ""), account_id
        ),
    )


async def note_signed_in(tx: Tx, account_id: UUID, now: datetime) -> None:
    await tx.execute("UPDATE accounts.accounts SET last_signed_in_at = $2 WHERE id = $1", account_id, now)


async def locks(tx: Tx, keys: Sequence[str], now: datetime) -> datetime | None:
    """Until when the longest of the locks on `keys` lasts, None when there is none."""
    return await tx.fetchval(
        "SELECT max(locked_until) FROM accounts.sign_in_failures WHERE key = ANY ($1) AND locked_until > $2",
        keys,
        now,
    )


async def hold_failures(tx: Tx, key: str, now: datetime) -> Failures:
    """The counter of `key`, locked until the transaction ends, so that verdicts on one account come one after another."""
    found = row(
        Failures,
        await tx.fetchrow(
            """INSERT INTO accounts.sign_in_failures (key, failures, last_failed_at) VALUES ($1, 0, $2)
               ON CONFLICT (key) DO UPDATE SET key = excluded.key
               RETURNING key, failures, last_failed_at, locked_until""",
            key,
            now,
        ),
    )
    assert found is not None
    return found


async def set_failures(tx: Tx, new: Failures) -> None:
    await tx.execute(
        """UPDATE accounts.sign_in_failures SET failures = $2, last_failed_at = $3, locked_until = $4 WHERE key = $1""",
        new.key,
        new.failures,
        new.last_failed_at,
        new.locked_until,
    )


async def clear_failures(tx: Tx, key: str) -> None:
    await tx.execute("DELETE FROM accounts.sign_in_failures WHERE key = $1", key)


async def purge_failures(tx: Tx, before: datetime) -> None:
    await tx.execute(
        """DELETE FROM accounts.sign_in_failures
            WHERE last_failed_at < $1 AND (locked_until IS NULL OR locked_until < $1)""",
        before,
    )


# ---- second factor ----------------------------------------------------------------------------------------------------


async def totp_of(tx: Tx, account_id: UUID) -> Totp | None:
    return row(
        Totp,
        await tx.fetchrow(
            "SELECT account_id, secret_sealed, confirmed_at, last_step FROM accounts.totp WHERE account_id = $1",
            account_id,
        ),
    )


async def start_totp(tx: Tx, account_id: UUID, secret_sealed: bytes, now: datetime) -> bool:
    """Keeps a new secret unless one is confirmed already; returns whether it was kept."""
    return bool(
        await tx.fetchval(
            """INSERT INTO accounts.totp (account_id, secret_sealed, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (account_id) DO UPDATE
                  SET secret_sealed = excluded.secret_sealed, created_at = excluded.created_at, last_step = 0
                WHERE accounts.totp.confirmed_at IS NULL
               RETURNING true""",
            account_id,
            secret_sealed,
            now,
        )
    )


async def confirm_totp(tx: Tx, account_id: UUID, now: datetime) -> None:
    await tx.execute("UPDATE accounts.totp SET confirmed_at = $2 WHERE account_id = $1", account_id, now)


async def use_step(tx: Tx, account_id: UUID, step: int) -> bool:
    """Marks a time step as used; False when it was used before, also by a request at the same moment."""
    return bool(
        await tx.fetchval(
            "UPDATE accounts.totp SET last_step = $2 WHERE account_id = $1 AND last_step < $2 RETURNING true",
            account_id,
            step,
        )
    )


async def replace_recovery_codes(tx: Tx, account_id: UUID, hashes: Sequence[bytes]) -> None:
    await tx.execute("DELETE FROM accounts.recovery_codes WHERE account_id = $1", account_id)
    await tx.execute(
        "INSERT INTO accounts.recovery_codes (account_id, code_hash) SELECT $1, unnest($2::bytea[])",
        account_id,
        hashes,
    )


async def use_recovery_code(tx: Tx, account_id: UUID, code_hash: bytes, now: datetime) -> bool:
    return bool(
        await tx.fetchval(
            """UPDATE accounts.recovery_codes SET used_at = $3
                WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING true""",
            account_id,
            code_hash,
            now,
        )
    )


async def drop_totp(tx: Tx, account_id: UUID) -> bool:
    return bool(
        await tx.fetchval("DELETE FROM accounts.totp WHERE account_id = $1 RETURNING true", account_id)
    )
