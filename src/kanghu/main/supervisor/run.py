"""`kanghu run`: everything on one machine, from an empty folder to *ready*."""

import contextlib
import http.client
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kanghu.kernel.config import Settings, settings
from kanghu.main import installed
from kanghu.main.home import SANDBOX_APP_ID, SANDBOX_FACEID, SANDBOX_SMS, WECHAT_ID, Home, write_private
from kanghu.main.supervisor import database
from kanghu.main.supervisor.ports import is_free
from kanghu.main.supervisor.postgres import STOP_SECONDS, EmbeddedPostgres, PostgresFailed
from kanghu.main.supervisor.processes import Child, StartFailed, StopRequested, Supervisor, only_one
from kanghu.main.supervisor.spawn import spawn

# A predecessor that was just killed may need a moment to let go of its port.
PORT_PATIENCE = 3.0


def say(line: str) -> None:
    """A line for the person in front of the terminal, who may have closed it."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


def run() -> int:
    """Start everything, keep it running until Ctrl-C or SIGTERM, stop it. The exit code of the process.

    KANGHU_DEMO=false leaves out demo data and sandbox.
    """
    os.environ.setdefault("KANGHU_DEMO", "true")
    try:
        chosen = settings()
    except ValidationError as error:
        for wrong in error.errors():
            say(f"✗ 环境变量 KANGHU_{str(wrong['loc'][0]).upper()} 有误：{wrong['msg']}")
        return 1
    supervisor = Supervisor(say)
    supervisor.listen_to_signals()
    home = Home(chosen.home.resolve())
    try:
        home.create()
        with only_one(home.lock):
            return _run(Platform(chosen, home, supervisor))
    except StartFailed as error:  # the lock is taken
        say(f"✗ {error}")
    except PermissionError as error:
        say(f"✗ 没有写入 {error.filename} 的权限，请换一个目录（KANGHU_HOME）")
    return 1


def _run(platform: "Platform") -> int:
    code = 0
    try:
        platform.start()
        platform.supervisor.watch()
    except StopRequested:
        pass
    except (StartFailed, PostgresFailed) as error:
        # Ctrl-C may also show as a step that failed because it was interrupted.
        if not platform.supervisor.stopping:
            say(f"✗ {error}")
            code = 1
    finally:
        say("正在停止 …")
        platform.supervisor.stop()
        say("✓ 已全部停止")
    return code


@contextmanager
def step(name: str) -> Iterator[None]:
    say(f"… {name}")
    began = time.monotonic()
    yield
    say(f"✓ {name}（{time.monotonic() - began:.1f} 秒）")


@dataclass(frozen=True, slots=True)
class Platform:
    """One installation and the order in which it starts."""

    chosen: Settings
    home: Home
    supervisor: Supervisor

    def start(self) -> None:
        """From nothing to ready. Raises StartFailed, PostgresFailed, StopRequested."""
        began = time.monotonic()
        self.home.secrets()
        self._claim_ports()
        environment = os.environ | {
            "KANGHU_HOME": str(self.home.root),
            "DATABASE_URL": self._start_database(),
            "PYTHONUNBUFFERED": "1",
        }
        if self.chosen.demo:  # the sandbox is on this very machine
            environment.setdefault("KANGHU_INNER_NETWORKS", '["127.0.0.0/8"]')
            if "KANGHU_SMS_SECRET_ID" not in environment:
                environment |= self._sandbox_account("KANGHU_SMS_", SANDBOX_SMS) | {
                    "KANGHU_SMS_ENDPOINT": f"{self.sandbox_url}/sms/"
                }
            if "KANGHU_FACEID_SECRET_ID" not in environment:
                environment |= self._sandbox_account("KANGHU_FACEID_", SANDBOX_FACEID) | {
                    "KANGHU_FACEID_ENDPOINT": f"{self.sandbox_url}/faceid/",
                    "KANGHU_FACEID_RETURN_URL": f"{self.url}/m/pkg-account/identity",
                    "KANGHU_FACEID_REAL_NAME": "true",
                }
            environment.setdefault("KANGHU_PEOPLE_WECHAT_FACE", "true")
        if not self._is_done(environment, installed.UPGRADE):
            self._run_command("升级数据库结构，装载标准与演示数据", ["upgrade"], environment)
        with step("启动网站、后台任务" + ("、体检中心沙箱" if self.chosen.demo else "")):
            self.supervisor.start(*self._children(environment))
        if self.chosen.demo and not self._is_done(environment, installed.DEMO):
            try:
                self._run_command("准备演示：绑定体检账号、对照体检项目", ["demo", "prepare"], environment)
            except StartFailed as error:  # the platform itself is well
                say(f"! {error}\n! 平台可以使用；稍后可再执行 kanghu demo prepare")
        self._say_what_is_where(time.monotonic() - began)

    @property
    def scheme(self) -> str:
        return "https" if self.chosen.tls_certificate else "http"

    @property
    def own_host(self) -> str:
        """The address under which this machine reaches the web process."""
        return "127.0.0.1" if self.chosen.host in ("0.0.0.0", "::", "localhost") else self.chosen.host  # noqa: S104

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.own_host}:{self.chosen.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.chosen.sandbox_port}"

    def _claim_ports(self) -> None:
        wanted = [("KANGHU_PORT", self.chosen.host, self.chosen.port)]
        if self.chosen.demo:
            wanted.append(("KANGHU_SANDBOX_PORT", "127.0.0.1", self.chosen.sandbox_port))
        give_up = time.monotonic() + PORT_PATIENCE
        for variable, host, port in wanted:
            while not is_free(port, host):
                if time.monotonic() > give_up:
                    raise StartFailed(
                        f"端口 {port} 已被别的程序占用。请停止那个程序，或换一个端口，例如 {variable}={port + 1} make run"
                    )
                self.supervisor.tick()

    def _start_database(self) -> str:
        """Address of the database, which answers."""
        if self.chosen.database_url:
            with step("连接 DATABASE_URL 指定的数据库"):
                version = database.check_server(self.chosen.database_url)
            say(f"  PostgreSQL {version}")
            return self.chosen.database_url
        postgres = EmbeddedPostgres(self.home.pg, log=self.home.logs / "postgres.log")
        with step("启动内置 PostgreSQL"):
            postgres.prepare()
            self.supervisor.start(
                Child(
                    name="postgres",
                    launch=postgres.launch,
                    ready=postgres.is_ready,
                    log=postgres.log,
                    stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes everything
                    stop_seconds=STOP_SECONDS,
                    tries=8,  # what a killed predecessor left behind needs a moment to go
                ),
                seconds=600.0,  # it may have a long log to replay
            )
        return postgres.dsn

    def _is_done(self, environment: dict[str, str], step: str) -> bool:
        return database.is_done(environment["DATABASE_URL"], step, installed.fingerprint(self.chosen, step))

    def _run_command(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with step(name):
            self.supervisor.run_step(
                [sys.executable, "-m", "kanghu.main.cli", *command],
                env=environment,
                log=self.home.logs / f"{command[-1]}.log",
            )

    def _children(self, environment: dict[str, str]) -> list[Child]:
        dsn = environment["DATABASE_URL"]
        children = [
            self._child("web", ["kanghu.main.web"], environment, lambda: answers(self.url, "/healthz")),
            self._child(
                "worker", ["kanghu.main.worker"], environment, lambda: database.somebody_listens_for_jobs(dsn)
            ),
        ]
        if self.chosen.demo:
            children.append(self._sandbox())
        return children

    def _sandbox(self) -> Child:
        """The stand-ins of an exam centre, of an SMS service, of FaceID and of WeChat. They are the outside world: they get their own secret and
        nothing else of ours."""
        self.home.sandbox.mkdir(exist_ok=True)
        secret = self.home.sandbox / "secret"
        write_private(secret, self.home.secrets()["sandbox_secret"])
        port = self.chosen.sandbox_port
        arguments = {
            "--host": "127.0.0.1",
            "--port": str(port),
            "--home": str(self.home.sandbox),
            "--platform-url": self.url,
            "--app-id": SANDBOX_APP_ID,
            "--secret-file": str(secret),
        }
        command = ["kanghu_sandbox", *(part for pair in arguments.items() for part in pair)]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= self._sandbox_account("SANDBOX_SMS_", SANDBOX_SMS)
        environment |= self._sandbox_account("SANDBOX_FACEID_", SANDBOX_FACEID)
        environment |= self._sandbox_wechat()
        return self._child("sandbox", command, environment, lambda: answers(self.sandbox_url, "/healthz"))

    def _sandbox_account(self, prefix: str, account: Mapping[str, str]) -> dict[str, str]:
        """The demonstration's account at one of the sandbox's services, as either side reads it from its environment."""
        whole = {**account, "SECRET_KEY": self.home.secrets()["sandbox_secret"]}
        return {prefix + name: value for name, value in whole.items()}

    def _sandbox_wechat(self) -> dict[str, str]:
        """The demonstration's account as it stands in WeChat's console: it knows our address."""
        console = {
            **self.home.sandbox_wechat(),
            "CALLBACK_URL": f"{self.url}/open/wechat/{WECHAT_ID}",
            "WEB_DOMAIN": f"{self.own_host}:{self.chosen.port}",
        }
        return {f"SANDBOX_WECHAT_{name}": value for name, value in console.items()}

    def _child(
        self, name: str, module: list[str], environment: dict[str, str], ready: Callable[[], bool]
    ) -> Child:
        log = self.home.logs / f"{name}.log"
        return Child(
            name=name,
            launch=lambda: spawn(
                [sys.executable, "-m", *module], log=log, env=environment, death_signal=signal.SIGKILL
            ),
            ready=ready,
            log=log,
            stop_seconds=15.0,  # the web process gives running requests ten
        )

    def _say_what_is_where(self, seconds: float) -> None:
        say("")
        say(f"✓ 康护已就绪（ready），用时 {seconds:.0f} 秒")
        for name, place in self._places():
            say(f"  {name}  {place}")
        say("  停止      按 Ctrl-C")

    def _places(self) -> list[tuple[str, str]]:
        kept: Path = self.home.root
        places = [("平台    ", self.url)]
        if self.chosen.demo:
            places.append(("体检中心", self.sandbox_url))
            places.append(("短信    ", f"{self.sandbox_url}/sms/"))
            places.append(("微信手机", f"{self.sandbox_url}/wechat/phone"))
            places.append(("演示账号", f"{Path(sys.executable).parent / 'kanghu'} demo info"))
        places.append(("数据    ", str(kept)))
        places.append(("日志    ", str(self.home.logs)))
        return places


def answers(url: str, path: str) -> bool:
    """Whether GET `url` + `path` answers 200 within a second. Certificates are not checked: it is our own process."""
    scheme, _, address = url.partition("://")
    connection = (
        http.client.HTTPSConnection(address, timeout=1, context=ssl._create_unverified_context())  # noqa: S323
        if scheme == "https"
        else http.client.HTTPConnection(address, timeout=1)
    )
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
