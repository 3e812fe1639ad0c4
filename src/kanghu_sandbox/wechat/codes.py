"""WeChat's error codes, as far as this stand-in gives them.

Codes and meanings are those of the platform's global code table. Where the table gives several that fit and no document says which one
comes, the place that raises it says so.
"""

import secrets
import time

MESSAGES = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40032: "invalid openid list size",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40059: "invalid msg id",
    40130: "invalid openid list size, at least two openid",
    40125: "invalid appsecret",
    40163: "code been used",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41008: "missing code",
    41009: "missing openid",
    42001: "access_token expired",
    42002: "refresh_token expired",
    42003: "code expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "require remove blacklist",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45007: "playtime out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45047: "out of response count limit",
    45056: "tag num exceed",
    45058: "can't modify sys tag",
    45059: "can not add tag to user, exceed limit",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid exceed max length",
    45072: "invalid command",
    45080: "need sending message to user, or recving message from user in the last 30 seconds before typing",
    45081: "can not type repeatedly",
    45109: "this api has been taken off",
    45157: "invalid tag name",
    45158: "invalid tag name, too long",
    45159: "invalid tag id",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    65301: "no such conditional menu",
    65303: "no default menu",
    65304: "match rule empty",
    65305: "too many conditional menus",
    65316: "out of domain count limit",
    84001: "invalid identify id",
    65320: "privacy field is not allowed in match rule",
}


class Refused(Exception):
    """A call that WeChat answers with an error code; `hint` is added to its message."""

    def __init__(self, code: int, hint: str = "") -> None:
        self.code, self.hint = code, hint
        super().__init__(f"{code} {MESSAGES.get(code, '')} {hint}")

    def answer(self) -> dict[str, object]:
        """As it goes over the wire, with the rid by which WeChat's staff find a call."""
        text = " ".join(part for part in (MESSAGES.get(self.code, "error"), self.hint) if part)
        rid = f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        return {"errcode": self.code, "errmsg": f"{text} rid: {rid}"}


OK: dict[str, object] = {"errcode": 0, "errmsg": "ok"}
