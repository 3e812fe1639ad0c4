"""WeChat's signatures and its sealing: published vectors, another library in both directions, and bytes that were changed."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

from kanghu.modules.wechat import crypt

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wxb11529c136998cb6"
SEALED = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
MESSAGE = "我是中文abcd123".encode()
TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"


def test_the_published_signature() -> None:
    """The documentation's example, in whatever order the parts come."""
    expected = "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert crypt.signature("AAAAA", "1714036504", "1514711492") == expected
    assert crypt.is_signed(expected, "1514711492", "AAAAA", "1714036504")
    assert not crypt.is_signed(expected, "1514711492", "AAAAB", "1714036504")
    assert not crypt.is_signed("签名", "1514711492", "AAAAA", "1714036504")


def test_the_published_sealing() -> None:
    assert crypt.encrypt(MESSAGE, KEY, APPID, b"aaaabbbbccccdddd") == SEALED
    assert crypt.decrypt(SEALED, KEY, APPID) == MESSAGE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://mp.weixin.qq.com", "f4d90daf4b3bca3078ab155816175ba34c443a7b"),
        ("http://mp.weixin.qq.com#top", "f4d90daf4b3bca3078ab155816175ba34c443a7b"),
        ("http://mp.weixin.qq.com?params=value", "0f9de62fce790f9a083d5c99e95740ceb90c27ed"),
    ],
)
def test_the_published_signature_of_a_page(url: str, expected: str) -> None:
    assert crypt.js_signature(TICKET, "Wm3WZYTPz0wzccnW", 1414587457, url) == expected


# XML can hold neither control characters nor, in a CDATA section, its end.
TEXTS = st.text(st.characters(exclude_categories=("C",)), max_size=300).filter(lambda text: "]]>" not in text)


@given(text=TEXTS)
def test_what_another_library_seals_we_open(text: str) -> None:
    peer = WeChatCrypto("token", KEY, APPID)
    envelope = peer.encrypt_message(text, "nonce", "1700000000")
    sealed = envelope.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    signed = envelope.partition("<MsgSignature><![CDATA[")[2].partition("]]>")[0]
    assert crypt.is_signed(signed, "token", "1700000000", "nonce", sealed)
    assert crypt.decrypt(sealed, KEY, APPID) == text.encode()


@given(text=TEXTS.filter(bool))
def test_what_we_seal_another_library_opens(text: str) -> None:
    sealed = crypt.encrypt(text.encode(), KEY, APPID)
    envelope = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    signed = crypt.signature("token", "1700000000", "nonce", sealed)
    peer = WeChatCrypto("token", KEY, APPID)
    assert peer.decrypt_message(envelope, signed, "1700000000", "nonce") == text
    with pytest.raises(InvalidSignatureException):
        peer.decrypt_message(envelope, "0" * 40, "1700000000", "nonce")
    with pytest.raises(InvalidAppIdException):
        WeChatCrypto("token", KEY, "wx0000000000000000").decrypt_message(
            envelope, signed, "1700000000", "nonce"
        )


def test_what_is_for_another_account_does_not_open() -> None:
    with pytest.raises(crypt.NotForUs):
        crypt.decrypt(SEALED, KEY, "wx0000000000000000")
    with pytest.raises(crypt.NotForUs):
        crypt.decrypt(SEALED, KEY[::-1], APPID)


@settings(max_examples=300)
@given(raw=st.binary(max_size=200))
def test_made_up_bytes_are_refused_and_nothing_else_happens(raw: bytes) -> None:
    with pytest.raises(crypt.NotForUs):
        crypt.decrypt(base64.b64encode(raw).decode(), KEY, APPID)
    with pytest.raises(crypt.NotForUs):
        crypt.decrypt(raw.decode("latin-1") + "é", KEY, APPID)


@pytest.mark.parametrize("length", [0, 2**31, 2**32 - 1])
def test_a_length_beyond_the_text_is_refused(length: int) -> None:
    """Sealed with the right key by somebody who lies about how long the message is."""
    plain = b"r" * 16 + length.to_bytes(4, "big") + b"<xml/>" + APPID.encode()
    padding = 32 - len(plain) % 32
    encryptor = crypt._cipher(KEY).encryptor()
    sealed = base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize())
    with pytest.raises(crypt.NotForUs):
        crypt.decrypt(sealed.decode(), KEY, APPID)


@pytest.mark.parametrize("key", ["", "abc", KEY[:-1], KEY + "A", "!" * 43])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        crypt.key_of(key)
