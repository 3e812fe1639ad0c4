"""Pushing messages and events to the server of the account's holder, as often as WeChat does.

The server has five seconds; without an answer WeChat hangs up and sends the same message again, three times in all. What
counts as no answer is told only for time and dropped connections; here a status other than 200 counts as well.
"""

import asyncio
import functools
import json
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel

from . import chat, crypt, people, replies
from .context import Callback, WeChat
from .envelope import BadReply, Fields, seal, write
from .store import Tx, keep_newest

TRIES = 3
ANSWER_LIMIT = 64 * 1024
KEPT = 500
OUT_OF_ORDER = "该公众号暂时无法提供服务，请稍后再试"


@dataclass(frozen=True, slots=True)
class Push:
    """What happened, without the fields that all pushes have. `answerable`: the fan waits for a reply."""

    openid: str
    fields: Mapping[str, Any]
    answerable: bool = True

    @property
    def what(self) -> str:
        """The type of message, or the event."""
        kind = str(self.fields["MsgType"])
        return f"event:{self.fields['Event']}" if kind == "event" else kind


class Try(BaseModel):
    """一次推送：应答的状态，没有应答为空；答了什么；用时"""

    status: int | None
    answer: str
    millis: int


class Delivery(BaseModel):
    """一条消息或事件的推送经过"""

    what: str
    body: str = ""
    tries: list[Try] = []
    reply: str = ""
    problem: str = ""


def message_id() -> int:
    """A MsgId of 17 digits."""
    return 10**16 + secrets.randbelow(9 * 10**16)


async def deliver(wechat: WeChat, push: Push) -> Delivery:
    """Push, take the reply, and show the fan what comes of it."""
    callback, now = wechat.callback, wechat.now()
    fields = {
        "ToUserName": wechat.account.original_id,
        "FromUserName": push.openid,
        "CreateTime": int(now),
        **push.fields,
    }
    delivery = Delivery(what=push.what, body=write(fields))
    if not callback.url:  # no server is set up: the message is only on the phone
        return delivery
    answer = await _push(wechat, callback, push.openid, fields, delivery)
    if wechat.faults.now.double_push and answer is not None:
        await _push(wechat, callback, push.openid, fields, delivery)
    await wechat.store.run(lambda tx: _settle(tx, wechat, callback, push, delivery, answer))
    return delivery


async def verify_url(wechat: WeChat, callback: Callback) -> bool:
    """What the console does when a server address is saved: GET with echostr, which must come back raw."""
    echo = str(10**18 + secrets.randbelow(9 * 10**18))
    query = _signature(wechat, callback.token) | {"echostr": echo}
    attempt, body = await _call(wechat, "GET", _address(callback.url, query), b"")
    return attempt.status == 200 and body == echo.encode()


def pushes_of(tx: Tx, limit: int) -> list[dict[str, object]]:
    """The last pushes, newest first."""
    rows = tx.execute(
        "SELECT id, openid, what, body, tries, at FROM pushes ORDER BY id DESC LIMIT ?", (limit,)
    )
    return [{**dict(row), "tries": json.loads(row["tries"])} for row in rows]


async def _push(
    wechat: WeChat, callback: Callback, openid: str, fields: Fields, delivery: Delivery
) -> bytes | None:
    """Up to three tries; the body of the first answer, or None."""
    for _ in range(TRIES):
        # Whether a retry is signed anew is told nowhere; MsgId and CreateTime are the same, as dedupe needs.
        query = _signature(wechat, callback.token) | {"openid": openid}
        body = write(fields)
        if callback.mode != "plain":
            body, ciphertext = seal(
                fields,
                wechat.account.original_id,
                callback.encoding_aes_key,
                wechat.account.app_id,
                callback.mode == "compatible",
            )
            signed = crypt.sign(callback.token, query["timestamp"], query["nonce"], ciphertext)
            wrong = wechat.faults.now.wrong_push_signature
            query |= {"encrypt_type": "aes", "msg_signature": signed[::-1] if wrong else signed}
        attempt, answer = await _call(wechat, "POST", _address(callback.url, query), body.encode())
        delivery.tries.append(attempt)
        if attempt.status == 200:
            return answer
    return None


async def _call(wechat: WeChat, method: str, url: str, body: bytes) -> tuple[Try, bytes]:
    headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}
    limit, status, answer = wechat.account.answer_seconds, None, b""
    async with httpx.AsyncClient(timeout=limit, trust_env=False, verify=_tls()) as http:
        started = time.monotonic()
        try:
            async with (
                asyncio.timeout(limit),
                http.stream(method, url, content=body, headers=headers) as response,
            ):
                async for chunk in response.aiter_bytes():
                    answer += chunk
                    if len(answer) > ANSWER_LIMIT:
                        break
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            answer = b""
    millis = int((time.monotonic() - started) * 1000)
    return Try(status=status, answer=answer.decode("utf-8", "replace")[:2000], millis=millis), answer


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than some servers' answers."""
    return ssl.create_default_context()


def _settle(
    tx: Tx, wechat: WeChat, callback: Callback, push: Push, delivery: Delivery, answer: bytes | None
) -> None:
    now = wechat.now()
    if answer is None:
        delivery.problem = "没有应答"
    elif push.answerable:
        _take_reply(tx, wechat, callback, push, delivery, answer)
    # What nobody waits for may also come from nobody: the finish of a bulk sending.
    if delivery.problem and push.answerable and people.get(tx, push.openid).following:
        chat.show(tx, push.openid, chat.SYSTEM, "text", {"content": OUT_OF_ORDER}, now)
    tx.execute(
        "INSERT INTO pushes (openid, what, body, tries, at) VALUES (?, ?, ?, ?, ?)",
        (
            push.openid,
            delivery.what,
            delivery.body,
            json.dumps([one.model_dump() for one in delivery.tries]),
            now,
        ),
    )
    keep_newest(tx, "pushes", "id", KEPT)


def _take_reply(
    tx: Tx, wechat: WeChat, callback: Callback, push: Push, delivery: Delivery, answer: bytes
) -> None:
    app_id, original_id = wechat.account.app_id, wechat.account.original_id
    try:
        root = replies.understand(answer, callback.mode, callback.token, callback.encoding_aes_key, app_id)
        if root is not None:
            shown = replies.render(tx, root, push.openid, original_id, wechat.now())
            replies.present(tx, push.openid, shown, wechat.now())
            delivery.reply = shown[0]
    except BadReply as reason:
        delivery.problem = str(reason)


def _signature(wechat: WeChat, token: str) -> dict[str, str]:
    stamp, nonce = str(int(wechat.now())), str(secrets.randbelow(9 * 10**8) + 10**8)
    signed = crypt.sign(token, stamp, nonce)
    wrong = wechat.faults.now.wrong_push_signature
    return {"signature": signed[::-1] if wrong else signed, "timestamp": stamp, "nonce": nonce}


def _address(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
