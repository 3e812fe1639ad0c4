"""One hub in each web process: hears what changed, on one connection of its own, and passes it on to the open pages.

An open page costs memory only. The numbered stream in the database (kernel.live) is the truth: a notification just says that it is
worth looking, and whoever lost the line, this process or a page, goes on from the last number heard.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from kanghu.kernel import live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError, Unavailable
from kanghu.kernel.security import Caller
from kanghu.main.live.audience import News, audience_of
from kanghu.main.live.stream import Stream

STREAMS = 2_000
STREAMS_OF_AN_ACCOUNT = 10
# Behind a pooler that passes no notifications on, changes come this late.
LOOK_EVERY_S = 2.0
# A session that ended is noticed this late; who may see what, too.
CHECK_EVERY_S = 15.0
CONNECT_AGAIN_S = 1.0
BATCH = 1_000
"""Of one look; who missed more than this asks for everything again."""

_LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

WhoIs = Callable[[Tx, str], Awaitable[Caller | None]]


class Hub:
    """`who_is` tells who stands behind a token now, without counting as a use of the session."""

    def __init__(self, database: Database, who_is: WhoIs) -> None:
        self._database = database
        self._who_is = who_is
        self._streams: dict[Stream, None] = {}  # in the order of their coming
        self._heard = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins with what is told from now on."""
        async with self._database.transaction(readonly=True) as tx:
            self._heard = await live.newest(tx)
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._check())]

    async def stop(self) -> None:
        self.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hang_up(self) -> None:
        """Ends every stream: the process is about to end, and pages go elsewhere."""
        for stream in self._streams:
            stream.end()

    async def open(self, token: str, caller: Caller, heard: int | None) -> Stream:
        """A stream for the caller: what was missed since `heard` (None for a page that is new here), then what comes.

        Raises `Unavailable` when this process serves as many as it can.
        """
        if len(self._streams) >= STREAMS:
            raise Unavailable("实时更新的连接已满，页面稍后会自动重试", headers={"Retry-After": "30"})
        self._make_room(caller)
        async with self._database.transaction(readonly=True) as tx:
            stream = Stream(token, await audience_of(tx, caller))
            self._streams[stream] = None  # from here on it is told what comes after `known`
            known = self._heard
            if heard is None:
                stream.begin("ready", known)
                return stream
            missed = await live.after(tx, heard, BATCH)
            if len(missed) == BATCH or not await live.is_kept(tx, heard):
                stream.begin("reset", known)
                return stream
        stream.push(News(change for change in missed if change.id <= known))
        return stream

    def leave(self, stream: Stream) -> None:
        self._streams.pop(stream, None)

    def _make_room(self, caller: Caller) -> None:
        """The oldest of an account's streams goes: most likely its page is gone, and nobody has told us."""
        own = [stream for stream in self._streams if stream.audience.caller.account_id == caller.account_id]
        for stream in own[: max(0, len(own) - STREAMS_OF_AN_ACCOUNT + 1)]:
            stream.end()
            self.leave(stream)

    async def _hear(self) -> None:
        while True:
            try:
                await self._listen()
            except _LOST as error:
                log.get("live").warning("live_connection_lost", error=type(error).__name__)
                await asyncio.sleep(CONNECT_AGAIN_S)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._database.dsn, timeout=10, command_timeout=10)
        told = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: told.set())
            await connection.add_listener(live.CHANNEL, lambda *_message: told.set())
            while True:
                told.clear()
                await self._pass_on(connection)
                with suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), LOOK_EVERY_S)
        finally:
            connection.terminate()

    async def _pass_on(self, connection: asyncpg.Connection) -> None:
        while changes := await live.after(connection, self._heard, BATCH):
            news = News(changes)
            for stream in self._streams:
                stream.push(news)
            self._heard = changes[-1].id

    async def _check(self) -> None:
        """Streams live longer than the request that opened them: sessions end, roles and families change."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            # While the database is away nothing is passed on either.
            with suppress(*_LOST):
                async with self._database.transaction(readonly=True) as tx:
                    for stream in [*self._streams]:
                        await self._check_one(tx, stream)

    async def _check_one(self, tx: Tx, stream: Stream) -> None:
        try:
            caller = await self._who_is(tx, stream.token)
        except AppError:  # a session that is now good for one errand only
            caller = None
        if caller is None:
            stream.end()
        else:
            stream.audience = await audience_of(tx, caller)
