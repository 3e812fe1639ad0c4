"""The numbered stream in the database: nothing is told before it is committed, nothing is passed over."""

import asyncio
import random
import re
from pathlib import Path

from kanghu.kernel import live
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.main.live.audience import TOPICS

SOURCES = Path(__file__).resolve().parents[2] / "src" / "kanghu"


async def numbered(database: Database) -> list[live.Change]:
    async with database.transaction() as tx:
        await live.number(tx)
    async with database.transaction() as tx:
        return await live.after(tx, 0, 1000)


async def test_what_is_not_committed_is_not_told_and_what_commits_late_comes_later(
    database: Database,
) -> None:
    early, late = new_id(), new_id()
    async with database.transaction() as slow:
        await live.tell(slow, "exams.results", person_id=late)
        async with database.transaction() as tx:
            await live.tell(tx, "exams.results", person_id=early)
        assert [change.person_id for change in await numbered(database)] == [early]
    assert [change.person_id for change in await numbered(database)] == [early, late]


async def test_what_is_rolled_back_is_never_told(database: Database) -> None:
    class Undo(Exception):
        pass

    try:
        async with database.transaction() as tx:
            await live.tell(tx, "exams.results", person_id=new_id())
            raise Undo
    except Undo:
        pass
    assert await numbered(database) == []


async def test_the_same_told_often_is_told_once(database: Database) -> None:
    person, institution = new_id(), new_id()
    async with database.transaction() as tx:
        for _ in range(60):
            await live.tell(tx, "exams.results", person_id=person, institution_id=institution)
            await live.tell(tx, "exams.results", institution_id=institution)
        await live.tell(tx, "exams.guides", person_id=person)
    found = await numbered(database)
    assert [(change.topic, change.person_id, change.institution_id) for change in found] == [
        ("exams.results", person, institution),
        ("exams.results", None, institution),
        ("exams.guides", person, None),
    ]


async def test_who_reads_on_from_the_last_number_misses_nothing(database: Database) -> None:
    """Writers that commit in any order, two that give numbers at once, one that reads on."""
    persons = [new_id() for _ in range(120)]
    left = asyncio.Event()

    async def write(some: list[object]) -> None:
        for person in some:
            async with database.transaction() as tx:
                await live.tell(tx, "exams.results", person_id=person)  # type: ignore[arg-type]
                await asyncio.sleep(random.random() / 100)

    async def give_numbers() -> None:
        while not left.is_set():
            async with database.transaction() as tx:
                await live.number(tx)
                await asyncio.sleep(random.random() / 100)

    heard: list[live.Change] = []

    async def read() -> None:
        while len(heard) < len(persons):
            async with database.transaction() as tx:
                heard.extend(await live.after(tx, heard[-1].id if heard else 0, 7))

    reading = asyncio.create_task(read())
    numbering = [asyncio.create_task(give_numbers()) for _ in range(2)]
    await asyncio.gather(*(write(persons[place::3]) for place in range(3)))
    await asyncio.wait_for(reading, 30)
    left.set()
    await asyncio.gather(*numbering)
    assert sorted(str(change.person_id) for change in heard) == sorted(str(person) for person in persons)


async def test_a_day_is_kept_and_the_newest_for_ever(database: Database) -> None:
    async with database.transaction() as tx:
        for person in (new_id(), new_id(), new_id()):
            await live.tell(tx, "exams.results", person_id=person)
    first, second, third = await numbered(database)
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE kernel.live_events SET at = now() - interval '25 hours' WHERE id <> $1", second.id
        )
        await live.purge_live_events(tx)
        assert not await live.is_kept(tx, first.id)
        assert await live.is_kept(tx, second.id)
        await tx.execute("UPDATE kernel.live_events SET at = now() - interval '25 hours'")
        await live.purge_live_events(tx)
        assert not await live.is_kept(tx, second.id)
        assert await live.is_kept(tx, third.id)
        assert await live.newest(tx) == third.id


def test_every_topic_is_told_by_somebody_and_no_other() -> None:
    told = {
        topic
        for path in SOURCES.rglob("*.py")
        for topic in re.findall(
            r"""live\.tell\(\s*tx,\s*"([a-z_.]+)"|_SHOWN = f?"\{live\.INSERT\} SELECT '([a-z_.]+)'""",
            path.read_text(encoding="utf-8"),
        )
        for topic in topic
        if topic
    }
    assert told | {"exports.exports"} == set(TOPICS)
