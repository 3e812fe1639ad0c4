"""SQL of enrolments, families and activation codes."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.people.models import Enrolment, FamilyMember

_ENROLMENT = "person_id, institution_id, department_id, responsible_account_id, enrolled_at, ended_at"


async def enrol(tx: Tx, person_id: UUID, institution_id: UUID, department_id: UUID | None) -> bool:
    """Enrols or re-enrols; a live enrolment keeps the department it has. False when nothing had to change."""
    changed = await tx.fetchval(
        """INSERT INTO people.enrolments AS e (person_id, institution_id, department_id) VALUES ($1, $2, $3::uuid)
           ON CONFLICT (person_id, institution_id) DO UPDATE
              SET department_id = CASE WHEN e.ended_at IS NULL THEN coalesce(e.department_id, $3) ELSE $3 END,
                  responsible_account_id = CASE WHEN e.ended_at IS NULL THEN e.responsible_account_id END,
                  ended_at = NULL
            WHERE e.ended_at IS NOT NULL OR (e.department_id IS NULL AND $3 IS NOT NULL)
        RETURNING true""",
        person_id,
        institution_id,
        department_id,
    )
    return bool(changed)


async def place(
    tx: Tx,
    person_id: UUID,
    institution_id: UUID,
    department_id: UUID | None,
    responsible_account_id: UUID | None,
) -> bool:
    """Sets department and responsible account of a live enrolment, None clears. False when there is none."""
    placed = await tx.fetchval(
        """UPDATE people.enrolments SET department_id = $3, responsible_account_id = $4
            WHERE person_id = $1 AND institution_id = $2 AND ended_at IS NULL RETURNING true""",
        person_id,
        institution_id,
        department_id,
        responsible_account_id,
    )
    return bool(placed)


async def set_responsible(tx: Tx, person_id: UUID, institution_id: UUID, account_id: UUID | None) -> bool:
    placed = await tx.fetchval(
        """UPDATE people.enrolments SET responsible_account_id = $3
            WHERE person_id = $1 AND institution_id = $2 AND ended_at IS NULL RETURNING true""",
        person_id,
        institution_id,
        account_id,
    )
    return bool(placed)


async def end(tx: Tx, person_id: UUID, institution_id: UUID) -> bool:
    ended = await tx.fetchval(
        """UPDATE people.enrolments SET ended_at = now()
            WHERE person_id = $1 AND institution_id = $2 AND ended_at IS NULL RETURNING true""",
        person_id,
        institution_id,
    )
    return bool(ended)


async def of_person(tx: Tx, person_id: UUID) -> list[Enrolment]:
    found = await tx.fetch(
        f"SELECT {_ENROLMENT} FROM people.enrolments WHERE person_id = $1 ORDER BY enrolled_at, institution_id",
        person_id,
    )
    return rows(Enrolment, found)


async def get(tx: Tx, person_id: UUID, institution_id: UUID) -> Enrolment | None:
    """The live enrolment of a person in an institution."""
    found = await tx.fetchrow(
        f"""SELECT {_ENROLMENT} FROM people.enrolments
             WHERE person_id = $1 AND institution_id = $2 AND ended_at IS NULL""",
        person_id,
        institution_id,
    )
    return row(Enrolment, found)


# ---- families --------------------------------------------------------------------------------------------------

_FAMILY = "id, holder_person_id, member_person_id, relation, added_at, basis, agreed_at"


async def add_family_member(
    tx: Tx, member_id: UUID, holder_person_id: UUID, member_person_id: UUID, relation: str, basis: str
) -> bool:
    """False when the member is in the family already."""
    added = await tx.fetchval(
        """INSERT INTO people.family_members (id, holder_person_id, member_person_id, relation, basis)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (holder_person_id, member_person_id) WHERE ended_at IS NULL DO NOTHING RETURNING true""",
        member_id,
        holder_person_id,
        member_person_id,
        relation,
        basis,
    )
    return bool(added)


async def family(tx: Tx, holder_person_id: UUID) -> list[FamilyMember]:
    found = await tx.fetch(
        f"SELECT {_FAMILY} FROM people.family_members WHERE holder_person_id = $1 AND ended_at IS NULL",
        holder_person_id,
    )
    return rows(FamilyMember, found)


async def holders(tx: Tx, member_person_id: UUID) -> list[FamilyMember]:
    """The families that somebody is in."""
    found = await tx.fetch(
        f"SELECT {_FAMILY} FROM people.family_members WHERE member_person_id = $1 AND ended_at IS NULL",
        member_person_id,
    )
    return rows(FamilyMember, found)


async def family_link(tx: Tx, holder_person_id: UUID, member_person_id: UUID) -> FamilyMember | None:
    found = await tx.fetchrow(
        f"""SELECT {_FAMILY} FROM people.family_members
             WHERE holder_person_id = $1 AND member_person_id = $2 AND ended_at IS NULL""",
        holder_person_id,
        member_person_id,
    )
    return row(FamilyMember, found)


async def agree(tx: Tx, member_person_id: UUID, link_id: UUID, now: datetime) -> bool:
    """Whether it is one of theirs; the first agreement counts."""
    agreed = await tx.fetchval(
        """UPDATE people.family_members SET agreed_at = coalesce(agreed_at, $3)
            WHERE id = $2 AND member_person_id = $1 AND ended_at IS NULL RETURNING true""",
        member_person_id,
        link_id,
        now,
    )
    return bool(agreed)


async def leave_family(tx: Tx, member_person_id: UUID, link_id: UUID) -> bool:
    left = await tx.fetchval(
        """UPDATE people.family_members SET ended_at = now()
            WHERE id = $2 AND member_person_id = $1 AND ended_at IS NULL RETURNING true""",
        member_person_id,
        link_id,
    )
    return bool(left)


async def end_family_member(tx: Tx, holder_person_id: UUID, member_id: UUID) -> UUID | None:
    """The member's person id, None when the holder has no such member."""
    found: UUID | None = await tx.fetchval(
        """UPDATE people.family_members SET ended_at = now()
            WHERE id = $2 AND holder_person_id = $1 AND ended_at IS NULL RETURNING member_person_id""",
        holder_person_id,
        member_id,
    )
    return found


# ---- activation codes and attempts -----------------------------------------------------------------------------


async def keep_activation_code(
    tx: Tx, person_id: UUID, code_hash: bytes, issued_by: UUID | None, expires_at: datetime
) -> None:
    """The newest code of a person replaces an older one."""
    await tx.execute(
        """INSERT INTO people.activation_codes (person_id, code_hash, issued_by, expires_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (person_id) DO UPDATE SET code_hash = $2, issued_by = $3, expires_at = $4""",
        person_id,
        code_hash,
        issued_by,
        expires_at,
    )


async def use_activation_code(tx: Tx, person_id: UUID, code_hash: bytes) -> bool:
    """Takes the code away if it is the right one and still valid: of two at once, one succeeds."""
    used = await tx.fetchval(
        """DELETE FROM people.activation_codes
            WHERE person_id = $1 AND code_hash = $2 AND expires_at > now() RETURNING true""",
        person_id,
        code_hash,
    )
    return bool(used)


async def count_attempt(tx: Tx, key: bytes) -> int:
    """How many attempts `key` has made in this hour, with this one."""
    attempts: int = await tx.fetchval(
        """INSERT INTO people.sign_up_attempts AS a (key, hour, attempts) VALUES ($1, date_trunc('hour', now()), 1)
           ON CONFLICT (key, hour) DO UPDATE SET attempts = a.attempts + 1 RETURNING attempts""",
        key,
    )
    return attempts


async def purge(tx: Tx) -> None:
    """Takes out attempts older than two days and expired codes."""
    await tx.execute("DELETE FROM people.sign_up_attempts WHERE hour < now() - interval '2 days'")
    await tx.execute("DELETE FROM people.activation_codes WHERE expires_at < now()")
