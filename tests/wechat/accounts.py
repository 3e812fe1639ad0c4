"""An official account for tests, and WeChat's side of its callback: what it signs, seals and sends."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import crypt
from kanghu.modules.wechat import public as wechat

TOKEN = "AAAAA"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SECRET = "0123456789abcdef0123456789abcdef"
OPENID = "oABCD1234567890abcdefghijklm"


async def made_account(tx: Tx, **more: Any) -> UUID:
    """An official account in safe mode; `more` is otherwise."""
    account_id = new_id()
    settings = {
        "institution_id": new_id(),
        "kind": "official",
        "appid": f"wx{account_id.hex[-16:]}",
        "name": "康护医院",
        "secret": SECRET,
        "token": TOKEN,
        "aes_key": AES_KEY,
        **more,
    }
    await wechat.ensure_account(tx, account_id=account_id, **settings)
    return account_id


def seconds() -> int:
    return int(time.time())


def xml(openid: str = OPENID, **fields: Any) -> str:
    """A push as WeChat writes it: a text message unless `fields` say otherwise."""
    whole = {
        "ToUserName": "gh_0123456789ab",
        "FromUserName": openid,
        "CreateTime": seconds(),
        "MsgType": "text",
        **fields,
    }
    if whole["MsgType"] != "event":
        whole = {"MsgId": int(new_id().hex[-14:], 16), **whole}
    parts = [
        f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"
        for name, value in whole.items()
    ]
    return f"<xml>{''.join(parts)}</xml>"


@dataclass
class Pushing:
    """WeChat, as far as it calls us about one account."""

    client: httpx.AsyncClient
    account_id: UUID
    appid: str
    token: str = TOKEN
    aes_key: str = AES_KEY

    @property
    def url(self) -> str:
        return f"/open/wechat/{self.account_id}"

    def signed(self, *, at: int | None = None, nonce: str = "486504") -> dict[str, str]:
        stamp = str(seconds() if at is None else at)
        return {
            "timestamp": stamp,
            "nonce": nonce,
            "signature": crypt.signature(self.token, stamp, nonce),
        }

    async def confirm(self, **query: Any) -> httpx.Response:
        return await self.client.get(
            self.url, params={**self.signed(), "echostr": "5838479218127813673", **query}
        )

    async def plain(self, body: str | bytes, **query: str) -> httpx.Response:
        content = body.encode() if isinstance(body, str) else body
        return await self.client.post(self.url, content=content, params={**self.signed(), **query})

    def sealed_query(self, sealed: str) -> dict[str, str]:
        query = self.signed()
        signature = crypt.signature(self.token, query["timestamp"], query["nonce"], sealed)
        return {**query, "encrypt_type": "aes", "msg_signature": signature}

    async def sealed(self, body: str, *, beside: str = "", **query: str) -> httpx.Response:
        """Safe mode; in compatible mode what is sealed stands `beside` in clear."""
        text = crypt.encrypt(body.encode(), self.aes_key, self.appid)
        envelope = f"<xml><ToUserName>gh_0123456789ab</ToUserName>{beside}<Encrypt><![CDATA[{text}]]></Encrypt></xml>"
        return await self.client.post(
            self.url, content=envelope.encode(), params={**self.sealed_query(text), **query}
        )


async def pushing(client: httpx.AsyncClient, database: Database, **more: Any) -> Pushing:
    async with database.transaction() as tx:
        account_id = await made_account(tx, **more)
        appid = await tx.fetchval("SELECT appid FROM wechat.accounts WHERE id = $1", account_id)
    return Pushing(client, account_id, appid, more.get("token", TOKEN), more.get("aes_key") or AES_KEY)


async def speak(push: Pushing, openid: str = OPENID, **fields: Any) -> None:
    answer = await push.sealed(xml(openid, **{"Content": "你好", **fields}))
    assert (answer.status_code, answer.text) == (200, "success")


def minutes_ago(minutes: float) -> int:
    return int(clock.now().timestamp() - minutes * 60)
