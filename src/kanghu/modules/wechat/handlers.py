"""What follows by itself when a fan follows, scans or presses a menu button, and when WeChat reports of what was sent.

Messages are answered where they are taken over.
"""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.modules.wechat.events import (
    BroadcastReported,
    FanFollowed,
    FanScanned,
    MenuPressed,
    TemplateReported,
)
from kanghu.modules.wechat.replies import Act
from kanghu.modules.wechat.repository import qr_codes
from kanghu.modules.wechat.service import broadcasting, templates
from kanghu.modules.wechat.service.callback import inbound_message
from kanghu.modules.wechat.service.replies import greet


@on(FanFollowed)
async def greet_follower(tx: Tx, event: FanFollowed) -> None:
    await greet(tx, await inbound_message(tx, event.inbox_id), Act("follow", scene=event.scene))


@on(FanScanned)
async def answer_scan(tx: Tx, event: FanScanned) -> None:
    await greet(tx, await inbound_message(tx, event.inbox_id), Act("scan", scene=event.scene))


@on(MenuPressed)
async def answer_button(tx: Tx, event: MenuPressed) -> None:
    if event.kind == "CLICK":
        await greet(tx, await inbound_message(tx, event.inbox_id), Act("menu", text=event.key))


@on(FanFollowed)
async def count_follow(tx: Tx, event: FanFollowed) -> None:
    if event.scene:
        await qr_codes.count(tx, event.account_id, event.scene, follows=1)


@on(FanScanned)
async def count_scan(tx: Tx, event: FanScanned) -> None:
    await qr_codes.count(tx, event.account_id, event.scene, scans=1)


@on(TemplateReported)
async def take_template_report(tx: Tx, event: TemplateReported) -> None:
    await templates.take_report(tx, event)


@on(BroadcastReported)
async def take_broadcast_report(tx: Tx, event: BroadcastReported) -> None:
    await broadcasting.take_report(tx, event)
