"""HTTP as a person's browser, or a vendor's engineer at the sandbox's desk, would speak it."""

from typing import Any

import httpx
import pyotp


class Refused(Exception):
    """An answer that was not expected, in words for the person at the terminal."""


class Http:
    """A base address, with a session once signed in. Every method gives the JSON of the answer or raises `Refused`."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False)

    async def sign_in(self, account: dict[str, str]) -> "Http":
        body = {"login": account["username"], "password": account["password"]}
        if "totp_secret" in account:
            body["code"] = pyotp.TOTP(account["totp_secret"]).now()
        opened = await self.post("/api/session/login", body)
        self._client.headers["Authorization"] = f"Bearer {opened['token']}"
        return self

    async def get(self, path: str, **query: Any) -> Any:
        return await self._call(
            "GET", path, params={key: value for key, value in query.items() if value is not None}
        )

    async def post(self, path: str, body: Any = None) -> Any:
        return await self._call("POST", path, json=body)

    async def put(self, path: str, body: Any) -> Any:
        return await self._call("PUT", path, json=body)

    async def pages(self, path: str, **query: Any) -> list[Any]:
        """All pages of a list."""
        items: list[Any] = []
        cursor = None
        while True:
            page = await self.get(path, cursor=cursor, limit=200, **query)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Refused(f"无法连接 {self._client.base_url}：请先在另一个窗口执行 make run") from error
        if answer.status_code >= 400:
            raise Refused(f"{method} {path} 返回 {answer.status_code}：{answer.text[:500]}")
        return answer.json() if answer.content else None
