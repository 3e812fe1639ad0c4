"""E-mail over a real socket: TLS and STARTTLS, what is refused, what must never become a header, what may have arrived."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel.http import PeerFailed
from kanghu.modules.notices.adapters import smtp
from kanghu.modules.notices.adapters.smtp import MailRefused
from kanghu.modules.notices.settings import MailSettings
from tests.notices.mail_server import mail_account, mail_server, use_mail

TO = "zhang.san+tag@example.com"


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, as a file, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as made:
        yield made


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_message_arrives_as_it_was_written(
    patch: pytest.MonkeyPatch, tmp_path: Path, security: str
) -> None:
    file, context = certificate(tmp_path)
    patch.setenv("SSL_CERT_FILE", str(file))
    tls = None if security == "none" else context
    with mail_server(tls=tls, implicit=security == "tls") as server:
        account = mail_account(server.port, security=security, username="robot", password="secret")
        use_mail(patch, account)
        message_id = await smtp.send(account, TO, "体检预约成功", "您已预约。\n.请按时前往。", "0192")
    ((sender, recipients, message),) = server.received
    assert (sender, recipients) == ("mail FROM:<no-reply@hospital.test>", [f"rcpt TO:<{TO}>"])
    assert (message["Subject"], message["To"]) == ("体检预约成功", TO)
    assert message["From"] == "康护医院 <no-reply@hospital.test>"
    assert message["Message-ID"] == message_id == "<0192@hospital.test>"
    assert message.get_content().replace("\r\n", "\n") == "您已预约。\n.请按时前往。\n"  # type: ignore[attr-defined]
    assert server.logins == [("robot", "secret")]
    assert ("STARTTLS" in server.log) is (security == "starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_somebody_else_is_not_believed(
    patch: pytest.MonkeyPatch, tmp_path: Path, security: str
) -> None:
    file, context = certificate(tmp_path, "mail.elsewhere.test")
    patch.setenv("SSL_CERT_FILE", str(file))
    with mail_server(tls=context, implicit=security == "tls") as server:
        account = mail_account(server.port, security=security, username="robot", password="secret")
        use_mail(patch, account)
        with pytest.raises(PeerFailed, match="证书") as caught:
            await smtp.send(account, TO, "标题", "正文", "1")
    assert not caught.value.passing
    assert (server.received, server.logins) == ([], [])


async def test_without_starttls_nothing_is_sent_in_clear(patch: pytest.MonkeyPatch) -> None:
    with mail_server() as server:
        account = mail_account(server.port, security="starttls", username="robot", password="secret")
        use_mail(patch, account)
        with pytest.raises(MailRefused, match="加密"):
            await smtp.send(account, TO, "标题", "正文", "1")
    assert (server.received, server.logins) == ([], [])
    with pytest.raises(ValueError, match="TLS"):
        MailSettings.model_validate({"host": "mail.hospital.test", "security": "none"})


@pytest.mark.parametrize(
    ("refuse", "told", "passing", "hopeless"),
    [
        ({"RCPT": "550 no such user <zhang>"}, "拒收", False, True),
        ({"RCPT": "452 try later"}, "暂时不接收", True, False),
        ({"MAIL": "553 not you"}, "拒收", False, False),
        ({"AUTH": "535 wrong"}, "用户名或密码", False, False),
        ({"DATA": "554 no"}, "拒收", False, True),
        ({"text": "451 later"}, "暂时不接收", True, False),
        ({"text": "554 spam"}, "拒收", False, True),
    ],
)
async def test_what_the_server_refuses(
    patch: pytest.MonkeyPatch, refuse: dict[str, str], told: str, passing: bool, hopeless: bool
) -> None:
    with mail_server(refuse=refuse) as server:
        account = mail_account(server.port, username="robot", password="secret")
        use_mail(patch, account)
        with pytest.raises(MailRefused, match=told) as caught:
            await smtp.send(account, TO, "标题", "正文", "1")
    assert (caught.value.passing, caught.value.hopeless, caught.value.maybe_done) == (
        passing,
        hopeless,
        False,
    )
    assert "zhang" not in str(caught.value)


async def test_a_connection_that_breaks_after_the_text_may_have_brought_it(patch: pytest.MonkeyPatch) -> None:
    with mail_server(drop_after="text") as server:
        account = mail_account(server.port)
        use_mail(patch, account)
        with pytest.raises(PeerFailed) as caught:
            await smtp.send(account, TO, "标题", "正文", "1")
    assert caught.value.maybe_done
    with pytest.raises(PeerFailed) as caught:  # nobody listens there any more
        await smtp.send(account, TO, "标题", "正文", "1")
    assert not caught.value.maybe_done


async def test_inner_servers_are_refused_unless_named(patch: pytest.MonkeyPatch) -> None:
    with mail_server() as server, pytest.raises(PeerFailed, match="内部网络"):
        await smtp.send(mail_account(server.port), TO, "标题", "正文", "1")
    assert server.log == []


@pytest.mark.parametrize(
    "to",
    [
        "a@b.test\r\nBcc: c@d.test", "a@b.test\n", "a@b.test, c@d.test", "<a@b.test>", "a b@c.test", "a@b", "@b.test", "a@",
        "张@例子.测试", "a@b..test", ".a@b.test", "a@-b.test", f"{'a' * 65}@b.test", f"a@{'b.' * 130}test", "",
    ],
)  # fmt: skip
def test_what_is_no_address(to: str) -> None:
    assert not smtp.is_address(to)
    with pytest.raises(MailRefused, match="格式"):
        smtp.message_of(mail_account(1), to, "标题", "正文", "1")


@pytest.mark.parametrize("title", ["标题\r\nBcc: c@d.test", "标题\nX", "标题\rX", ""])
def test_a_title_never_becomes_another_header(title: str) -> None:
    with pytest.raises(MailRefused):
        smtp.message_of(mail_account(1), TO, title, "正文", "1")


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_there_are_only_our_headers(title: str, body: str) -> None:
    try:
        raw = smtp.message_of(mail_account(1), TO, title, body, "1").as_bytes()
    except (MailRefused, UnicodeEncodeError):
        return
    head = raw.partition(b"\r\n\r\n")[0].decode()
    names = [line.split(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    ]  # fmt: skip
