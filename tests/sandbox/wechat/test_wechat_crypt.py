"""Known answers of the callback's signature and encryption, and round trips."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu_sandbox.wechat import crypt
from kanghu_sandbox.wechat.envelope import BadReply, read, text_of, write

from .conftest import KEY, decrypted, encrypted

APP_OF_VECTOR = "wxb11529c136998cb6"
CIPHERTEXT = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"


def test_published_signature() -> None:
    assert crypt.sign("AAAAA", "1714036504", "1514711492") == crypt.sign("1514711492", "AAAAA", "1714036504")
    assert crypt.sign("15147114921714036504AAAAA") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_published_ciphertext() -> None:
    message = "我是中文abcd123".encode()
    assert crypt.encrypt(KEY, APP_OF_VECTOR, message, b"aaaabbbbccccdddd") == CIPHERTEXT
    assert crypt.decrypt(KEY, APP_OF_VECTOR, CIPHERTEXT) == message


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("http://mp.weixin.qq.com", "f4d90daf4b3bca3078ab155816175ba34c443a7b"),
        ("http://mp.weixin.qq.com?params=value", "0f9de62fce790f9a083d5c99e95740ceb90c27ed"),
        ("http://mp.weixin.qq.com?params=value#there", "0f9de62fce790f9a083d5c99e95740ceb90c27ed"),
    ],
)
def test_published_js_signature(url: str, signature: str) -> None:
    assert crypt.sign_js(TICKET, "Wm3WZYTPz0wzccnW", "1414587457", url) == signature


@given(st.text())
def test_what_one_side_encrypts_the_other_reads(message: str) -> None:
    assert decrypted(crypt.encrypt(KEY, "wx1", message.encode())) == (message, "wx1")
    assert crypt.decrypt(KEY, "wx1", encrypted(message, "wx1")) == message.encode()


@given(st.binary(max_size=200))
def test_nonsense_is_refused(ciphertext: bytes) -> None:
    with pytest.raises(crypt.BadCiphertext):
        crypt.decrypt(KEY, "wx1", base64.b64encode(ciphertext).decode())


def test_another_s_message_is_refused() -> None:
    with pytest.raises(crypt.BadCiphertext):
        crypt.decrypt(KEY, "wx1", encrypted("x", "wx2"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_any_text_survives_the_xml(text: str) -> None:
    assert text_of(read(write({"Content": text, "MsgId": 7}).encode()), "Content") == text


@pytest.mark.parametrize(
    "body",
    [b"<xml>", b"<html/>", b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>'],
)
def test_replies_that_are_no_xml(body: bytes) -> None:
    with pytest.raises(BadReply):
        read(body)
