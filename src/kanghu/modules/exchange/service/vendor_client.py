"""Calls to a vendor: K1 and K2, signed as ours, read with suspicion."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from kanghu.kernel.crypto import vault
from kanghu.kernel.http import PeerFailed, outbound
from kanghu.modules.exchange.models import Vendor
from kanghu.modules.exchange.wire.envelope import Message
from kanghu.modules.exchange.wire.signature import signed_headers

SECRET = "exchange.vendors.call_secret"  # noqa: S105 — the name of a column
# The same message will never be taken. Anything else (a wrong secret, a path not there yet) is put right on one of the two sides,
# and the booking waits for it.
OUR_FAULT = (400, 409, 413, 415, 422)
PATHS = {"K1": "/exam/v1/account-bindings", "K2": "/exam/v1/appointments"}


class VendorEnvelope(msgspec.Struct, frozen=True):
    accepted: bool
    messages: list[Message] = []
    data: msgspec.Raw = msgspec.Raw(b"{}")
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class VendorAnswer:
    envelope: VendorEnvelope
    raw: bytes

    def codes(self) -> list[str]:
        return [message.code for message in self.envelope.messages]

    def text(self, *codes: str) -> str:
        """The first error's words, preferably of one of `codes`."""
        errors = [message for message in self.envelope.messages if message.level == "error"]
        chosen = [message for message in errors if message.code in codes] or errors
        return chosen[0].text if chosen else "对方系统未说明原因"


async def call(
    vendor: Vendor, interface: str, body: bytes, request_id: str, *, deadline_s: float = 10.0
) -> VendorAnswer:
    """One signed POST. Raises `PeerFailed` when the vendor does not answer with an envelope."""
    url = vendor.base_url.rstrip("/") + PATHS[interface]
    parts = urlsplit(url)
    secret = vault.open(vendor.call_secret, SECRET, vendor.id)
    headers = {
        **signed_headers(vendor.call_app_id, secret, "POST", parts.path, body, vendor.sign_type),
        "X-Request-Id": request_id,
        "Content-Type": "application/json; charset=utf-8",
    }
    answered = await outbound().post(
        str(vendor.id), url, content=body, headers=headers, deadline_s=deadline_s
    )
    if answered.status != 200:
        raise PeerFailed(f"对方系统返回 HTTP {answered.status}", passing=answered.status not in OUR_FAULT)
    try:
        return VendorAnswer(msgspec.json.decode(answered.body, type=VendorEnvelope), answered.body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerFailed("对方系统的应答格式不正确") from error
