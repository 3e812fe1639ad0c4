"""What became of a message, pushed to the address that the account's holder has entered, as either service does."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict, Field

from .faults import Fault

_SHANGHAI = ZoneInfo("Asia/Shanghai")
TRIES = 3


class Addresses(BaseModel):
    """接收回执的地址；空为不推送"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tencent: str = Field(default="", pattern=r"^(https?://.+)?$")
    aliyun: str = Field(default="", pattern=r"^(https?://.+)?$")


class Reports:
    """Pushes receipts in the background; `pause_s` lies between tries."""

    def __init__(self, now: Callable[[], float], pause_s: float = 5.0) -> None:
        self.addresses = Addresses()
        self._now, self._pause_s = now, pause_s
        self._running: set[asyncio.Task[None]] = set()

    def tencent(self, serial: str, phone: str, fault: Fault) -> None:
        self._push(
            self.addresses.tencent,
            fault,
            {
                "user_receive_time": self._stamp(),
                "nationcode": "86",
                "mobile": phone.removeprefix("+86"),
                "report_status": "FAIL" if fault.receipt else "SUCCESS",
                "errmsg": fault.receipt or "DELIVRD",
                "description": "用户短信接收失败" if fault.receipt else "用户短信送达成功",
                "sid": serial,
            },
        )

    def aliyun(self, biz_id: str, phone: str, out_id: str, fault: Fault) -> None:
        self._push(
            self.addresses.aliyun,
            fault,
            {
                "phone_number": phone,
                "send_time": self._stamp(),
                "report_time": self._stamp(),
                "success": not fault.receipt,
                "err_code": fault.receipt or "DELIVERED",
                "err_msg": "用户接收失败" if fault.receipt else "用户接收成功",
                "sms_size": "1",
                "biz_id": biz_id,
                "out_id": out_id,
            },
        )

    def _stamp(self) -> str:
        return f"{datetime.fromtimestamp(self._now(), _SHANGHAI):%Y-%m-%d %H:%M:%S}"

    def _push(self, url: str, fault: Fault, report: dict[str, Any]) -> None:
        if not url or fault.no_receipt:
            return
        task = asyncio.create_task(self._deliver(url, report))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, url: str, report: dict[str, Any]) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            for _ in range(TRIES):
                try:
                    if (await client.post(url, json=[report])).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(self._pause_s)
