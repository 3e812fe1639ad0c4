"""Exam accounts, bookings, daily capacity."""

from datetime import date
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.exams import policy
from kanghu.modules.exams.models import Booking, ExamAccount, FreeDay

_BOOKING = """id, person_id, institution_id, vendor_id, exam_account, exam_no, origin, state, appointment_date,
              failure, created_at, updated_at"""


async def find_account(tx: Tx, vendor_id: UUID, person_id: UUID) -> ExamAccount | None:
    return row(
        ExamAccount,
        await tx.fetchrow(
            """SELECT id, vendor_id, institution_id, person_id, exam_account, bound_at FROM exams.exam_accounts
                WHERE vendor_id = $1 AND person_id = $2 AND unbound_at IS NULL""",
            vendor_id,
            person_id,
        ),
    )


async def accounts_of(tx: Tx, person_id: UUID, scope: Scope) -> list[ExamAccount]:
    return rows(
        ExamAccount,
        await tx.fetch(
            """SELECT id, vendor_id, institution_id, person_id, exam_account, bound_at FROM exams.exam_accounts
                WHERE person_id = $1 AND unbound_at IS NULL AND people.readable(person_id, $2::kernel.scope)
                ORDER BY bound_at""",
            person_id,
            scope.sql(),
        ),
    )


async def insert_account(
    tx: Tx, account_id: UUID, vendor_id: UUID, institution_id: UUID, person_id: UUID, exam_account: str
) -> bool:
    """False when the person or the account is already bound at this vendor."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.exam_accounts (id, vendor_id, institution_id, person_id, exam_account)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true""",
            account_id,
            vendor_id,
            institution_id,
            person_id,
            exam_account,
        )
    )


async def unbind_at(tx: Tx, person_id: UUID, institution_id: UUID) -> None:
    await tx.execute(
        """UPDATE exams.exam_accounts SET unbound_at = now()
            WHERE person_id = $1 AND institution_id = $2 AND unbound_at IS NULL""",
        person_id,
        institution_id,
    )


async def set_daily_capacity(tx: Tx, vendor_id: UUID, capacity: int) -> None:
    await tx.execute(
        """INSERT INTO exams.booking_defaults (vendor_id, daily_capacity) VALUES ($1, $2)
           ON CONFLICT (vendor_id) DO UPDATE SET daily_capacity = excluded.daily_capacity""",
        vendor_id,
        capacity,
    )


async def set_day_capacity(tx: Tx, vendor_id: UUID, day: date, capacity: int) -> bool:
    """False when more is already taken than `capacity` would allow."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.booking_days AS kept (vendor_id, day, capacity) VALUES ($1, $2, $3)
               ON CONFLICT (vendor_id, day) DO UPDATE SET capacity = excluded.capacity
                   WHERE kept.taken <= excluded.capacity RETURNING true""",
            vendor_id,
            day,
            capacity,
        )
    )


async def take_place(tx: Tx, vendor_id: UUID, day: date) -> bool:
    """Takes one of the day's places; False when none is left or the vendor has no capacity set."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.booking_days AS kept (vendor_id, day, capacity, taken)
               SELECT $1, $2, daily_capacity, 1 FROM exams.booking_defaults
                WHERE vendor_id = $1 AND daily_capacity > 0
               ON CONFLICT (vendor_id, day) DO UPDATE SET taken = kept.taken + 1
                   WHERE kept.taken < kept.capacity
               RETURNING true""",
            vendor_id,
            day,
        )
    )


async def give_place_back(tx: Tx, vendor_id: UUID, day: date) -> None:
    await tx.execute(
        "UPDATE exams.booking_days SET taken = taken - 1 WHERE vendor_id = $1 AND day = $2 AND taken > 0",
        vendor_id,
        day,
    )


async def days(tx: Tx, vendor_id: UUID, first: date, last: date) -> list[FreeDay]:
    return rows(
        FreeDay,
        await tx.fetch(
            """SELECT listed::date AS day, coalesce(kept.capacity, preset.daily_capacity, 0) AS capacity,
                      coalesce(kept.taken, 0) AS taken
                 FROM generate_series($2::date, $3::date, interval '1 day') AS listed
                 LEFT JOIN exams.booking_days AS kept ON kept.vendor_id = $1 AND kept.day = listed::date
                 LEFT JOIN exams.booking_defaults AS preset ON preset.vendor_id = $1
                ORDER BY listed""",
            vendor_id,
            first,
            last,
        ),
    )


async def insert_booking(
    tx: Tx,
    booking_id: UUID,
    *,
    person_id: UUID,
    institution_id: UUID,
    vendor_id: UUID,
    exam_account: str,
    exam_no: str | None,
    origin: str,
    state: str,
    day: date | None,
) -> bool:
    """False when the exam number exists already, or the person has an open request at this vendor."""
    return bool(
        await tx.fetchval(
            """INSERT INTO exams.bookings (id, person_id, institution_id, vendor_id, exam_account, exam_no, origin,
                                           state, appointment_date)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING true""",
            booking_id,
            person_id,
            institution_id,
            vendor_id,
            exam_account,
            exam_no,
            origin,
            state,
            day,
        )
    )


async def booking_by_exam_no(tx: Tx, vendor_id: UUID, exam_no: str) -> Booking | None:
    return row(
        Booking,
        await tx.fetchrow(
            f"SELECT {_BOOKING} FROM exams.bookings WHERE vendor_id = $1 AND exam_no = $2",
            vendor_id,
            exam_no,
        ),
    )


async def adopt_or_make(
    tx: Tx,
    booking_id: UUID,
    *,
    person_id: UUID,
    institution_id: UUID,
    vendor_id: UUID,
    exam_account: str,
    exam_no: str,
    day: date | None,
) -> UUID | None:
    """Gives `exam_no` to the person's one booking that has no number yet, or makes a booking of the vendor's.

    None when the number exists already: then nothing was done.
    """
    return await tx.fetchval(
        """WITH adopted AS (
               UPDATE exams.bookings SET exam_no = $6, state = 'booked', updated_at = now()
                WHERE id = (SELECT (array_agg(id))[1] FROM exams.bookings
                             WHERE vendor_id = $4 AND person_id = $2 AND exam_no IS NULL
                               AND state IN ('sending', 'booked')
                            HAVING count(*) = 1)
                  AND exam_no IS NULL
                  AND NOT EXISTS (SELECT FROM exams.bookings WHERE vendor_id = $4 AND exam_no = $6)
               RETURNING id
           ), made AS (
               INSERT INTO exams.bookings (id, person_id, institution_id, vendor_id, exam_account, exam_no, origin,
                                           state, appointment_date)
               SELECT $1, $2, $3, $4, $5, $6, 'vendor', 'booked', $7 WHERE NOT EXISTS (SELECT FROM adopted)
               ON CONFLICT DO NOTHING RETURNING id
           )
           SELECT id FROM adopted UNION ALL SELECT id FROM made""",
        booking_id,
        person_id,
        institution_id,
        vendor_id,
        exam_account,
        exam_no,
        day,
    )


async def only_open_booking(tx: Tx, vendor_id: UUID, person_id: UUID) -> Booking | None:
    """The person's booking at this vendor if exactly one is under way."""
    found = await tx.fetch(
        f"""SELECT {_BOOKING} FROM exams.bookings
             WHERE vendor_id = $1 AND person_id = $2 AND state IN ('sending', 'booked')
             ORDER BY id DESC LIMIT 2""",
        vendor_id,
        person_id,
    )
    return row(Booking, found[0]) if len(found) == 1 else None


async def get_booking(tx: Tx, booking_id: UUID, scope: Scope) -> Booking | None:
    return row(
        Booking,
        await tx.fetchrow(
            f"""SELECT {_BOOKING} FROM exams.bookings
                 WHERE id = $1 AND people.readable(person_id, $2::kernel.scope)""",
            booking_id,
            scope.sql(),
        ),
    )


async def lock_booking(tx: Tx, booking_id: UUID) -> Booking:
    """A booking that exists, as it is now; nobody else moves it until the transaction ends."""
    found = row(
        Booking,
        await tx.fetchrow(f"SELECT {_BOOKING} FROM exams.bookings WHERE id = $1 FOR UPDATE", booking_id),
    )
    assert found is not None
    return found


async def set_date(tx: Tx, booking_id: UUID, day: date) -> Booking:
    moved = row(
        Booking,
        await tx.fetchrow(
            f"""UPDATE exams.bookings SET appointment_date = $2, updated_at = now()
                 WHERE id = $1 RETURNING {_BOOKING}""",
            booking_id,
            day,
        ),
    )
    assert moved is not None
    return moved


async def move_booking(
    tx: Tx,
    booking_id: UUID,
    state: str,
    *,
    exam_no: str | None = None,
    failure: str = "",
) -> Booking | None:
    """The booking in its new state, or None when that may not follow the one it is in (`policy.COMES_FROM`)."""
    return row(
        Booking,
        await tx.fetchrow(
            f"""UPDATE exams.bookings
                   SET state = $3, exam_no = coalesce($4, exam_no), failure = $5, updated_at = now()
                 WHERE id = $1 AND state = ANY($2::text[]) RETURNING {_BOOKING}""",
            booking_id,
            list(policy.COMES_FROM[state]),
            state,
            exam_no,
            failure,
        ),
    )


async def bookings_at(tx: Tx, vendor_id: UUID, person_id: UUID) -> list[Booking]:
    """The last twenty that were neither cancelled nor refused, newest first."""
    return rows(
        Booking,
        await tx.fetch(
            f"""SELECT {_BOOKING} FROM exams.bookings
                 WHERE vendor_id = $1 AND person_id = $2 AND state NOT IN ('cancelled', 'failed')
                 ORDER BY id DESC LIMIT 20""",
            vendor_id,
            person_id,
        ),
    )


async def list_bookings(
    tx: Tx,
    scope: Scope,
    *,
    person_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
    vendor_id: UUID | None = None,
    day: date | None = None,
) -> list[Booking]:
    return rows(
        Booking,
        await tx.fetch(
            f"""SELECT {_BOOKING} FROM exams.bookings
                 WHERE people.readable(person_id, $1::kernel.scope)
                   AND ($2::uuid IS NULL OR person_id = $2)
                   AND ($3::text IS NULL OR state = $3)
                   AND ($4::uuid IS NULL OR id < $4)
                   AND ($6::uuid IS NULL OR vendor_id = $6)
                   AND ($7::date IS NULL OR appointment_date = $7)
                 ORDER BY id DESC LIMIT $5""",
            scope.sql(),
            person_id,
            state,
            before,
            limit,
            vendor_id,
            day,
        ),
    )
