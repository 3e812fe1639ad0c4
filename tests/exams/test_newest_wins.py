"""Whatever the order in which the versions of a result arrive, the newest one stands (decision 8, ADR 0007)."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.exams import public as exams
from kanghu.modules.exams.repository import results as rows
from tests.results import new_result

PERSON, INSTITUTION = new_id(), new_id()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def push(
    tx: Tx,
    booking: UUID,
    change: str,
    value: str,
    sequence: int | None,
    minute: int = 0,
    item: str = "TBIL-X",
) -> int:
    at = NOON + timedelta(minutes=minute)
    ids = {"booking_id": booking, "person_id": PERSON, "institution_id": INSTITUTION, "message_id": new_id()}
    if change == "3":
        return await exams.delete_results(tx, **ids, versions=[(item, at, sequence)])
    result = new_result(
        item,
        value,
        at,
        item_code="LAB.TBIL",
        value_type="numeric",
        numeric_value=float(value),
        sequence=sequence,
    )
    return await exams.store_results(tx, **ids, batch=[result])


async def standing(tx: Tx, booking: UUID) -> str | None:
    found = await rows.of_booking(tx, booking)
    return found[0].raw_value if found else None


VERSIONS = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(1, 40).map(str)), min_size=1, max_size=7
)


@given(versions=VERSIONS, order=st.randoms(use_true_random=False), doubles=st.integers(0, 3))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_order_ends_the_same(
    shared_database: Database, versions: list[tuple[str, str]], order: Random, doubles: int
) -> None:
    numbered = [(change, value, number) for number, (change, value) in enumerate(versions, start=1)]
    arrivals = numbered + [order.choice(numbered) for _ in range(doubles)]
    order.shuffle(arrivals)
    booking = new_id()
    async with shared_database.transaction() as tx:
        for change, value, sequence in arrivals:
            await push(tx, booking, change, value, sequence)
        last_change, last_value, _ = numbered[-1]
        assert await standing(tx, booking) == (None if last_change == "3" else last_value)


@given(minutes=st.permutations(range(6)))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
async def test_without_sequence_the_latest_examination_wins(
    shared_database: Database, minutes: list[int]
) -> None:
    booking = new_id()
    async with shared_database.transaction() as tx:
        for minute in minutes:
            await push(tx, booking, "2", str(minute), None, minute)
        assert await standing(tx, booking) == "5"


async def test_a_doubled_push_changes_nothing(tx: Tx) -> None:
    booking = new_id()
    assert await push(tx, booking, "1", "17.1", 1) == 1
    assert await push(tx, booking, "1", "17.1", 1) == 0
    assert len(await rows.history(tx, booking, "TBIL-X")) == 1


async def test_history_keeps_every_version_that_took_effect(tx: Tx) -> None:
    booking = new_id()
    for change, value, sequence in [("1", "10", 1), ("2", "12", 3), ("2", "11", 2), ("3", "0", 4)]:
        await push(tx, booking, change, value, sequence)
    versions = await rows.history(tx, booking, "TBIL-X")
    assert [(version.change, version.raw_value) for version in versions] == [
        ("1", "10"),
        ("2", "12"),
        ("3", "12"),
    ]


async def test_history_refuses_change(database: Database) -> None:
    booking = new_id()
    async with database.transaction() as tx:
        await push(tx, booking, "1", "10", 1)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with database.transaction() as tx:
            await tx.execute("UPDATE exams.result_history SET raw_value = '1'")


async def test_a_delete_of_something_unknown_is_a_no_op_that_outlives_a_late_add(tx: Tx) -> None:
    booking = new_id()
    assert await push(tx, booking, "3", "0", 2) == 0
    assert await push(tx, booking, "1", "10", 1) == 0
    assert await standing(tx, booking) is None
    assert await push(tx, booking, "2", "11", 3) == 1
    assert await standing(tx, booking) == "11"


async def test_two_exams_of_one_day_never_mix(tx: Tx) -> None:
    morning, evening = new_id(), new_id()
    await push(tx, morning, "1", "10", 1)
    await push(tx, evening, "1", "20", 1)
    assert [await standing(tx, booking) for booking in (morning, evening)] == ["10", "20"]
