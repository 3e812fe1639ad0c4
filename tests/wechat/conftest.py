"""WeChat on a real socket, and the way to it: the one client of the process, allowed to call this machine."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterator

import pytest

from kanghu.kernel.http import Outbound
from kanghu.modules.wechat import client as wechat_client
from tests.wechat.standin import StandIn, wechat_servers


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with wechat_servers() as running:
        yield running


@pytest.fixture
async def reachable(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outbound]:
    """As with KANGHU_INNER_NETWORKS=["127.0.0.0/8"]."""
    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    monkeypatch.setattr(wechat_client, "outbound", lambda: outbound)
    yield outbound
    await asyncio.shield(outbound.close())
