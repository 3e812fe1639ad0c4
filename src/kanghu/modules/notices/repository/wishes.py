"""What persons chose, and their e-mail."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.modules.notices.models import Email
from kanghu.modules.notices.topics import Wishes

EMAIL, CODE = "notices.emails.email", "notices.emails.code"


async def of_person(tx: Tx, person_id: UUID) -> Wishes:
    found = await tx.fetch(
        "SELECT topic, channel, wanted FROM notices.preferences WHERE person_id = $1", person_id
    )
    return {(record["topic"], record["channel"]): record["wanted"] for record in found}


async def save(tx: Tx, person_id: UUID, wishes: Wishes) -> None:
    """What is not among them stays."""
    await tx.execute(
        """INSERT INTO notices.preferences (person_id, topic, channel, wanted)
           SELECT $1, w.topic, w.channel, w.wanted
             FROM unnest($2::text[], $3::text[], $4::boolean[]) AS w (topic, channel, wanted)
           ON CONFLICT (person_id, topic, channel) DO UPDATE SET wanted = excluded.wanted, changed_at = now()""",
        person_id,
        [topic for topic, _ in wishes],
        [channel for _, channel in wishes],
        list(wishes.values()),
    )


async def email(tx: Tx, person_id: UUID, *, lock: bool = False) -> Email | None:
    tail = " FOR UPDATE" if lock else ""
    found = await tx.fetchrow(
        f"""SELECT email, code, expires_at, tries, asked_at, confirmed_at FROM notices.emails
             WHERE person_id = $1{tail}""",
        person_id,
    )
    if found is None:
        return None
    opened = {
        "email": vault.open(found["email"], EMAIL, person_id),
        "code": None if found["code"] is None else vault.open(found["code"], CODE, person_id),
    }
    return Email(**{**found, **opened})


async def put_email(
    tx: Tx, person_id: UUID, address: str, code: str, expires_at: datetime, now: datetime
) -> None:
    """A new address, to be confirmed; it replaces the one before."""
    await tx.execute(
        """INSERT INTO notices.emails (person_id, email, code, expires_at, tries, asked_at)
           VALUES ($1, $2, $3, $4, 0, $5)
           ON CONFLICT (person_id) DO UPDATE
              SET email = excluded.email, code = excluded.code, expires_at = excluded.expires_at, tries = 0,
                  asked_at = excluded.asked_at, confirmed_at = NULL""",
        person_id,
        vault.seal(address, EMAIL, person_id),
        vault.seal(code, CODE, person_id),
        expires_at,
        now,
    )


async def count_email_try(tx: Tx, person_id: UUID) -> None:
    await tx.execute("UPDATE notices.emails SET tries = tries + 1 WHERE person_id = $1", person_id)


async def confirm_email(tx: Tx, person_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE notices.emails SET code = NULL, expires_at = NULL, confirmed_at = $2 WHERE person_id = $1",
        person_id,
        now,
    )


async def delete_email(tx: Tx, person_id: UUID) -> None:
    await tx.execute("DELETE FROM notices.emails WHERE person_id = $1", person_id)
