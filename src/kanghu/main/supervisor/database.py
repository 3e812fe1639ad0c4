"""Which database the platform runs on: a server named by DATABASE_URL, or our own."""

import asyncio

import asyncpg

from kanghu.main import installed
from kanghu.main.supervisor.processes import StartFailed

OLDEST = 15  # the oldest major version whose SQL the migrations use


def check_server(dsn: str) -> str:
    """The version of the server at `dsn`. Raises StartFailed when it cannot be reached or is too old."""
    try:
        number, text = asyncio.run(_ask(dsn))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartFailed(f"连不上 DATABASE_URL 指定的数据库（{type(error).__name__}：{error}）") from None
    if number // 10000 < OLDEST:
        raise StartFailed(f"DATABASE_URL 指定的 PostgreSQL 是 {text}，需要 {OLDEST} 或更高版本")
    return text


def is_done(dsn: str, step: str, fingerprint: str) -> bool:
    """Whether a step of the installation needs no repeating; see `main.installed`."""
    return asyncio.run(_done(dsn, step, fingerprint))


def somebody_listens_for_jobs(dsn: str) -> bool:
    """Whether a worker waits on the job queue's channel in this database: the worker's sign of being ready."""
    try:
        return asyncio.run(_listening(dsn))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def _ask(dsn: str) -> tuple[int, str]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return int(await connection.fetchval("SHOW server_version_num")), await connection.fetchval(
            "SHOW server_version"
        )
    finally:
        await connection.close()


async def _done(dsn: str, step: str, fingerprint: str) -> bool:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await installed.is_done(connection, step, fingerprint)
    finally:
        await connection.close()


async def _listening(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn, timeout=2)
    try:
        found: bool = await connection.fetchval(
            """SELECT EXISTS (SELECT FROM pg_stat_activity
                               WHERE datname = current_database() AND query LIKE 'LISTEN %pgqueuer%')"""
        )
        return found
    finally:
        await connection.close()
