"""Who walks on the tour, and how what happens is told on the terminal."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import typer

from kanghu.main.tour.client import Http, Refused

PATIENCE_S = 40


class Tour:
    """Who walks (customer, doctor, IT staff, customer service, the sandbox's desk) and what they have found so far."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self.sandbox = Http(info["sandbox_url"])
        self.customer = Http(info["platform_url"])
        self.doctor = Http(info["platform_url"])
        self.it_staff = Http(info["platform_url"])
        self.service = Http(info["platform_url"])
        self.vendor_id = info["vendor"]["vendor_id"]
        self.exam_account = ""
        self.booking: dict[str, Any] = {}
        self.fan = ""
        self.question = ""

    async def close(self) -> None:
        for http in (self.sandbox, self.customer, self.doctor, self.it_staff, self.service):
            await http.close()

    def account(self, role: str, username: str = "") -> dict[str, str]:
        return next(
            found
            for found in self.info["accounts"]
            if found["role"] == role and username in ("", found["username"])
        )


Step = tuple[str, Callable[[Tour], Awaitable[None]]]
"""What it is called, and doing it."""


def title(number: int, text: str) -> None:
    typer.secho(f"\n{number}. {text}", bold=True)


def tell(text: str) -> None:
    typer.echo(f"   {text}")


def show(name: str, value: Any, limit: int = 600) -> None:
    """A request or an answer, cut where it gets long."""
    text = json.dumps(value, ensure_ascii=False)
    typer.secho(f"   {name} {text[:limit]}{' …' if len(text) > limit else ''}", fg=typer.colors.BRIGHT_BLACK)


async def until(what: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """Waits for background work; raises `Refused` when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.3)
    raise Refused(f"等待超过 {PATIENCE_S} 秒：{what}。后台任务是否在运行？日志在 KANGHU_HOME/logs/worker.log")
