"""The signature: fixed vectors, the window, the headers, and the worked example of the manual."""

import json
import re
from pathlib import Path

import pytest

from kanghu_sandbox.wire import signature
from kanghu_sandbox.wire.signature import (
    BadSignature,
    Credentials,
    read_headers,
    sign,
    signed_headers,
    verify,
)

BODY = (
    '{"person":{"name":"张建国","sex":"1","birth_date":"19680315","id_type":"01","id_number":"110101196803150016"}}'
).encode()
AT, NONCE, SECRET = 1795420800, "0123456789abcdef0123456789abcdef", "demo-secret-for-the-first-try"
README = Path(signature.__file__).parents[1] / "README.md"


# Made with hashlib/hmac and with `openssl dgst`, not with the code under test.
@pytest.mark.parametrize(
    ("kind", "secret", "method", "target", "nonce", "body", "expected"),
    [
        (
            "HMAC-SHA256",
            SECRET,
            "POST",
            "/exam/v1/account-bindings",
            NONCE,
            BODY,
            "d655fdae5cf2981aa97bfab74673a710c94a52b0f012ebb7d92f6ff81b4d3e36",
        ),
        (
            "HMAC-SM3",
            SECRET,
            "POST",
            "/exam/v1/account-bindings",
            NONCE,
            BODY,
            "dae565e7e30ad273be66da3dec6d2309af20ea23b27cc4d91de796cb75fdf067",
        ),
        (
            "HMAC-SHA256",
            "s3cret",
            "get",
            "/open/v1/exam/x?a=1&b=%E4%BD%93",
            "0123456789abcdef",
            b"",
            "e12e71be9eb1657b461a4ff1780d0e7c1b340160ec425d1977b5718e41b2fded",
        ),
        (
            "HMAC-SM3",
            "s3cret",
            "get",
            "/open/v1/exam/x?a=1&b=%E4%BD%93",
            "0123456789abcdef",
            b"",
            "eb0a4f288d553ae866d8213147d27e4e5953f647c2599d86d341bf02a0065287",
        ),
    ],
)
def test_vectors(
    kind: str, secret: str, method: str, target: str, nonce: str, body: bytes, expected: str
) -> None:
    assert sign(secret, method, target, AT, nonce, body, kind) == expected


def test_worked_example_of_the_manual() -> None:
    """Body, string to sign and both signatures in README.md are what the code makes."""
    text = README.read_text("utf-8")

    def block(title: str) -> str:
        found = re.search(rf"{title}：\n+```[a-z]*\n(.*?)\n```", text, re.DOTALL)
        assert found, title
        return found[1]

    given = json.loads(block("例中的取值"))
    body = block("正文").encode()
    secret, at, nonce = given["密钥"], given["X-Timestamp"], given["X-Nonce"]
    assert block("待签名串") == signature.string_to_sign(
        given["方法"], given["路径"], at, nonce, body, "HMAC-SHA256"
    )
    assert block("HMAC-SHA256 签名") == sign(secret, given["方法"], given["路径"], at, nonce, body)
    assert block("HMAC-SM3 签名") == sign(secret, given["方法"], given["路径"], at, nonce, body, "HMAC-SM3")


@pytest.mark.parametrize("kind", ["HMAC-SHA256", "HMAC-SM3"])
def test_what_is_signed_verifies_with_any_live_secret(kind: str) -> None:
    headers = signed_headers(Credentials("app", ("old",), kind), "POST", "/x", BODY, timestamp=AT)
    verify(read_headers(headers), ("new", "old"), "POST", "/x", BODY, now=AT)
    with pytest.raises(BadSignature, match="签名不符"):
        verify(read_headers(headers), ("new",), "POST", "/x", BODY, now=AT)


@pytest.mark.parametrize(
    ("method", "target", "body"), [("PUT", "/x", BODY), ("POST", "/x?a=1", BODY), ("POST", "/x", BODY + b" ")]
)
def test_every_part_is_signed(method: str, target: str, body: bytes) -> None:
    headers = read_headers(signed_headers(Credentials("app", ("s",)), "POST", "/x", BODY, timestamp=AT))
    with pytest.raises(BadSignature, match="签名不符"):
        verify(headers, ("s",), method, target, body, now=AT)


@pytest.mark.parametrize(("skew", "good"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_clock_window(skew: int, good: bool) -> None:
    headers = read_headers(
        signed_headers(Credentials("app", ("s",)), "POST", "/x", BODY, timestamp=AT + skew)
    )
    if good:
        verify(headers, ("s",), "POST", "/x", BODY, now=AT)
    else:
        with pytest.raises(BadSignature, match="校准时钟"):
            verify(headers, ("s",), "POST", "/x", BODY, now=AT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-App-Id", ""),
        ("X-Timestamp", "gestern"),
        ("X-Timestamp", "１７９５４２０８００"),
        ("X-Nonce", "short"),
        ("X-Nonce", "x" * 65),
        ("X-Nonce", "with a blank in it!"),
        ("X-Sign-Type", "HMAC-MD5"),
        ("X-Signature", ""),
    ],
)
def test_odd_headers_are_refused(name: str, value: str) -> None:
    headers = signed_headers(Credentials("app", ("s",)), "POST", "/x", BODY, timestamp=AT)
    with pytest.raises(BadSignature):
        read_headers(headers | {name: value})


def test_sha256_is_meant_when_no_type_is_named() -> None:
    headers = signed_headers(Credentials("app", ("s",)), "POST", "/x", BODY, timestamp=AT)
    del headers["X-Sign-Type"]
    assert read_headers(headers).sign_type == "HMAC-SHA256"
