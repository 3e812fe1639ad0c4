"""ACS3-HMAC-SHA256 as the service checks it: https://help.aliyun.com/document_detail/2593177.html."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from kanghu_sandbox.tc3 import Call

from .account import AliyunAccount

WINDOW_SECONDS = 900
_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]*),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})"
)
_MUST = {
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
}


class GatewayRefused(Exception):
    """What the gateway says before the action is looked at, with its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Nonces:
    """Those that were used, for as long as a signature is good."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def take(self, nonce: str, now: float) -> None:
        """Raises GatewayRefused for one that was used."""
        self._seen = {one: at for one, at in self._seen.items() if now - at < WINDOW_SECONDS}
        if nonce in self._seen:
            raise GatewayRefused(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._seen[nonce] = now


def verify(call: Call, account: AliyunAccount, nonces: Nonces, now: float) -> None:
    """Raises GatewayRefused."""
    found = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    if found is None:
        raise GatewayRefused(400, "IncompleteSignature", "The request signature does not conform.")
    key_id, signed, signature = found.groups()
    if key_id != account.access_key_id or not account.access_key_secret:
        raise GatewayRefused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    names = signed.split(";")
    if not set(names) >= _MUST or names != sorted(names):
        raise GatewayRefused(400, "IncompleteSignature", "Every common header has to be signed.")
    _refuse_other_times(call.headers.get("x-acs-date", ""), now)
    body_hash = hashlib.sha256(call.body).hexdigest()
    expected = _signature(call, account.access_key_secret, names, body_hash)
    if call.headers.get("x-acs-content-sha256") != body_hash or not hmac.compare_digest(expected, signature):
        raise GatewayRefused(400, "SignatureDoesNotMatch", "Specified signature does not match.")
    nonces.take(call.headers.get("x-acs-signature-nonce", ""), now)


def _refuse_other_times(stamp: str, now: float) -> None:
    try:
        at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise GatewayRefused(400, "InvalidTimeStamp.Format", "The time stamp is not well-formed.") from None
    if abs(now - at) > WINDOW_SECONDS:
        raise GatewayRefused(400, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")


def parameters(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.query, keep_blank_values=True))


def _signature(call: Call, secret: str, names: list[str], body_hash: str) -> str:
    # What came is read and written anew: a client may encode a space as a plus, and signs it as %20.
    query = _canonical(parameters(call))
    lines = "".join(f"{name}:{call.headers.get(name, '').strip()}\n" for name in names)
    request = "\n".join((call.method, call.path, query, lines, ";".join(names), body_hash))
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()


def _canonical(values: Mapping[str, str]) -> str:
    pairs = ((quote(name, safe="~"), quote(value, safe="~")) for name, value in values.items())
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
