"""SQL of identity checks: who asked, what came of it, and how far somebody is known."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.people import sealing
from kanghu.modules.people.models import Assurance, IdentityCheck, Person

TICKET = "people.identity_checks.ticket"

_CHECK = """c.id, c.person_id, c.institution_id, c.way, c.state, c.consent_id, c.provider_no, c.ticket, c.reason, c.asked_at,
    c.expires_at, c.first_reviewer, c.first_at, c.decided_at, c.decided_by"""


async def begin(tx: Tx, check: IdentityCheck, person: Person, account_id: UUID | None) -> bool:
    """False when a check of this person is open already."""
    assert person.id_number is not None, "there is nothing to check without a number"
    begun = await tx.fetchval(
        """INSERT INTO people.identity_checks (id, person_id, institution_id, way, state, consent_id, account_id, name_index,
                  id_number_index, asked_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           ON CONFLICT (person_id) WHERE state IN ('starting', 'started', 'waiting') DO NOTHING RETURNING true""",
        check.id,
        check.person_id,
        check.institution_id,
        check.way,
        check.state,
        check.consent_id,
        account_id,
        sealing.name_index(person.name),
        sealing.id_number_index(person.id_number),
        check.asked_at,
        check.expires_at,
    )
    return bool(begun)


async def hand_out(
    tx: Tx, check_id: UUID, provider_no: str, ticket: bytes, expires_at: datetime
) -> IdentityCheck | None:
    """The service has begun: from now on the person is waited for. None when the check has ended meanwhile."""
    found = await tx.fetchrow(
        f"""UPDATE people.identity_checks c SET state = 'started', provider_no = $2, ticket = $3, expires_at = $4
             WHERE c.id = $1 AND c.state = 'starting' RETURNING {_CHECK}""",
        check_id,
        provider_no,
        ticket,
        expires_at,
    )
    return row(IdentityCheck, found)


async def decide(
    tx: Tx,
    check_id: UUID,
    state: str,
    reason: str | None,
    at: datetime,
    *,
    by: UUID | None = None,
    provider_no: str | None = None,
) -> IdentityCheck | None:
    """Ends an open check as passed, failed or void. None when it has ended already."""
    found = await tx.fetchrow(
        f"""UPDATE people.identity_checks c
               SET state = $2, reason = $3, decided_at = $4, decided_by = $5, ticket = NULL,
                   provider_no = coalesce($6, c.provider_no)
             WHERE c.id = $1 AND c.decided_at IS NULL RETURNING {_CHECK}""",
        check_id,
        state,
        reason,
        at,
        by,
        provider_no,
    )
    return row(IdentityCheck, found)


async def note_first(tx: Tx, check_id: UUID, account_id: UUID, at: datetime) -> bool:
    """The first of the two who have to agree. False when somebody was faster, or the check has ended."""
    noted = await tx.fetchval(
        """UPDATE people.identity_checks SET first_reviewer = $2, first_at = $3
            WHERE id = $1 AND state = 'waiting' AND first_reviewer IS NULL RETURNING true""",
        check_id,
        account_id,
        at,
    )
    return bool(noted)


async def get(tx: Tx, check_id: UUID, *, lock: bool = False) -> IdentityCheck | None:
    ending = "FOR UPDATE" if lock else ""
    return row(
        IdentityCheck,
        await tx.fetchrow(
            f"SELECT {_CHECK} FROM people.identity_checks c WHERE c.id = $1 {ending}", check_id
        ),
    )


async def open_of(tx: Tx, person_id: UUID) -> IdentityCheck | None:
    found = await tx.fetchrow(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.person_id = $1 AND c.state IN ('starting', 'started', 'waiting')""",
        person_id,
    )
    return row(IdentityCheck, found)


async def last_of(tx: Tx, person_id: UUID) -> IdentityCheck | None:
    """The newest check that has ended."""
    found = await tx.fetchrow(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.person_id = $1 AND c.decided_at IS NOT NULL ORDER BY c.id DESC LIMIT 1""",
        person_id,
    )
    return row(IdentityCheck, found)


async def asked_since(tx: Tx, person_id: UUID, since: datetime) -> dict[str, int]:
    """Way → how many checks of this person began since then. Those that the service did not take do not count."""
    found = await tx.fetch(
        """SELECT way, count(*) AS asked FROM people.identity_checks
            WHERE person_id = $1 AND asked_at > $2 AND reason IS DISTINCT FROM 'away' GROUP BY way""",
        person_id,
        since,
    )
    return {record["way"]: record["asked"] for record in found}


async def expired(tx: Tx, now: datetime, limit: int) -> list[IdentityCheck]:
    """Open checks whose time is over, those with a service only once it has been asked for long enough."""
    found = await tx.fetch(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.decided_at IS NULL
               AND c.expires_at < $1::timestamptz - CASE c.state WHEN 'started' THEN interval '6 hours' ELSE interval '0' END
             ORDER BY c.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED""",
        now,
        limit,
    )
    return rows(IdentityCheck, found)


async def queue(
    tx: Tx, scope: Scope, second: bool | None, after: UUID | None, limit: int
) -> list[IdentityCheck]:
    """Cards that wait, the oldest first. `second`: only those that wait for the second look, or only those for the first."""
    found = await tx.fetch(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.state = 'waiting' AND ($2::uuid IS NULL OR c.id > $2)
               AND ($3::boolean IS NULL OR (c.first_reviewer IS NOT NULL) = $3)
               AND people.readable(c.person_id, $1::kernel.scope)
             ORDER BY c.id LIMIT $4""",
        scope.sql(),
        after,
        second,
        limit,
    )
    return rows(IdentityCheck, found)


async def decided(tx: Tx, scope: Scope, before: UUID | None, limit: int) -> list[IdentityCheck]:
    """Cards about which staff have decided, the newest first."""
    found = await tx.fetch(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.way = 'card' AND c.decided_at IS NOT NULL AND ($2::uuid IS NULL OR c.id < $2)
               AND people.readable(c.person_id, $1::kernel.scope)
             ORDER BY c.id DESC LIMIT $3""",
        scope.sql(),
        before,
        limit,
    )
    return rows(IdentityCheck, found)


async def in_reach(tx: Tx, check_id: UUID, scope: Scope, *, lock: bool = False) -> IdentityCheck | None:
    """A card within the scope."""
    ending = "FOR UPDATE" if lock else ""
    found = await tx.fetchrow(
        f"""SELECT {_CHECK} FROM people.identity_checks c
             WHERE c.id = $1 AND c.way = 'card' AND people.readable(c.person_id, $2::kernel.scope) {ending}""",
        check_id,
        scope.sql(),
    )
    return row(IdentityCheck, found)


async def assurances(tx: Tx, person_ids: Sequence[UUID]) -> dict[UUID, Assurance]:
    """Of those who are known at all."""
    found = await tx.fetch(
        "SELECT person_id, level, way, checked_at FROM people.pub_assurance WHERE person_id = ANY ($1::uuid[])",
        person_ids,
    )
    return {
        record["person_id"]: Assurance(record["level"], record["way"], record["checked_at"])
        for record in found
    }
