"""SQL of the pictures of id cards, sealed, for as long as somebody has to look at them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row
from kanghu.modules.people.models import IdCardPicture

CONTENT = "people.id_card_pictures.content"


async def keep(tx: Tx, picture: IdCardPicture, person_id: UUID, at: datetime) -> bool:
    """In the place of an earlier picture of this side that was not sent yet. False when the one there was sent."""
    kept = await tx.fetchval(
        """INSERT INTO people.id_card_pictures AS p (id, person_id, side, media_type, content, uploaded_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (person_id, side) DO UPDATE
              SET id = EXCLUDED.id, media_type = EXCLUDED.media_type, content = EXCLUDED.content,
                  uploaded_at = EXCLUDED.uploaded_at
            WHERE p.check_id IS NULL
        RETURNING true""",
        picture.id,
        person_id,
        picture.side,
        picture.media_type,
        picture.content,
        at,
    )
    return bool(kept)


async def unsent_sides(tx: Tx, person_id: UUID) -> set[str]:
    found = await tx.fetch(
        "SELECT side FROM people.id_card_pictures WHERE person_id = $1 AND check_id IS NULL", person_id
    )
    return {record["side"] for record in found}


async def send(tx: Tx, person_id: UUID, check_id: UUID, sides: Sequence[str]) -> None:
    """They belong to this check from now on; a picture of a side that nobody asked for goes."""
    await tx.execute(
        "DELETE FROM people.id_card_pictures WHERE person_id = $1 AND side <> ALL ($2::text[])",
        person_id,
        sides,
    )
    await tx.execute(
        "UPDATE people.id_card_pictures SET check_id = $2 WHERE person_id = $1", person_id, check_id
    )


async def sides_of(tx: Tx, check_id: UUID) -> list[str]:
    found = await tx.fetch(
        "SELECT side FROM people.id_card_pictures WHERE check_id = $1 ORDER BY side DESC", check_id
    )
    return [record["side"] for record in found]


async def get(tx: Tx, check_id: UUID, side: str) -> IdCardPicture | None:
    found = await tx.fetchrow(
        "SELECT id, side, media_type, content FROM people.id_card_pictures WHERE check_id = $1 AND side = $2",
        check_id,
        side,
    )
    return row(IdCardPicture, found)


async def delete_of_person(tx: Tx, person_id: UUID) -> None:
    await tx.execute("DELETE FROM people.id_card_pictures WHERE person_id = $1", person_id)


async def delete_unsent(tx: Tx, before: datetime) -> None:
    await tx.execute(
        "DELETE FROM people.id_card_pictures WHERE check_id IS NULL AND uploaded_at < $1", before
    )
