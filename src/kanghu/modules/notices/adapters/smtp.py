"""E-mail by SMTP (RFC 5321), with TLS from the first byte or STARTTLS; the library blocks, so it works in a thread.

The server's address is looked at after the name was resolved, as for every call to the outside. What went wrong before the text was
handed over did certainly not arrive; a connection that breaks after that may have brought it.
"""

import asyncio
import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, formataddr
from typing import Any, TypeVar

from kanghu.kernel import clock
from kanghu.kernel.config import settings as platform
from kanghu.kernel.http import AddressRefused, PeerFailed, is_allowed
from kanghu.modules.notices.settings import MailSettings

TIMEOUT_S = 15.0
"""Of every step."""
MAX_TITLE, MAX_BODY = 200, 20_000

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_LOCAL}@(?:{_LABEL}\.)+{_LABEL}\Z")


Client = TypeVar("Client", bound=smtplib.SMTP)


class MailRefused(PeerFailed):
    """The server said no, or the message is none. `hopeless`: it lies with the address or the text."""

    def __init__(self, reason: str, *, passing: bool, hopeless: bool) -> None:
        super().__init__(reason, passing=passing)
        self.hopeless = hopeless


def is_address(text: str) -> bool:
    """Whether it is one plain address, in ASCII: nothing that could begin another header or name a second recipient."""
    return _ADDRESS.match(text) is not None


def message_of(account: MailSettings, to: str, title: str, body: str, message_id: str) -> EmailMessage:
    """Raises MailRefused for what must not become a header."""
    if not is_address(to) or not is_address(account.sender):
        raise MailRefused("邮箱地址的格式不正确", passing=False, hopeless=True)
    if not title or len(title) > MAX_TITLE or len(body) > MAX_BODY:
        raise MailRefused("邮件的标题或正文过长", passing=False, hopeless=True)
    made = EmailMessage(policy=WIRE)
    try:
        made["From"] = formataddr((account.sender_name, account.sender))
        made["To"] = to
        made["Subject"] = title
        made["Date"] = format_datetime(clock.now())
        made["Message-ID"] = f"<{message_id}@{account.sender.partition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(body, cte="base64")
    except ValueError as error:  # the library refuses line breaks in headers
        raise MailRefused("邮件的标题含有换行，已拒绝发送", passing=False, hopeless=True) from error
    return made


async def send(account: MailSettings, to: str, title: str, body: str, message_id: str) -> str:
    """One message to one address; its Message-ID. Raises MailRefused, PeerFailed."""
    made = message_of(account, to, title, body, message_id)
    address = await _address_of(account)
    await asyncio.to_thread(_send, account, address, to, made)
    return str(made["Message-ID"])


async def _address_of(account: MailSettings) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            account.host, account.port, type=socket.SOCK_STREAM
        )
    except socket.gaierror as error:
        raise PeerFailed("找不到邮件服务器，请核对地址") from error
    inner = tuple(platform().inner_networks)
    allowed = [str(entry[4][0]) for entry in found if is_allowed(str(entry[4][0]), inner)]
    if not allowed:
        raise AddressRefused(account.host)
    return allowed[0]


def _at(base: type[Client], address: str) -> type[Client]:
    """The client, connecting to the address that was looked at; certificates are still checked against the host's name."""

    class AtAddress(base):  # type: ignore[misc, valid-type]
        def _get_socket(self, _host: str, port: int, timeout: Any) -> Any:
            return super()._get_socket(address, port, timeout)

    return AtAddress


def _send(account: MailSettings, address: str, to: str, made: EmailMessage) -> None:
    handed_over = False
    try:
        with _connected(account, address) as server:
            if account.username:
                server.login(account.username, account.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
            _expect(server.mail(account.sender), hopeless=False)
            _expect(server.rcpt(to), hopeless=True)
            handed_over = True
            _expect(server.data(made.as_bytes()), hopeless=True)
            handed_over = False
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefused("邮件服务器不认可用户名或密码", passing=False, hopeless=False) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, hopeless=True) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused("邮件服务器不支持所设的加密或登录方式", passing=False, hopeless=False) from error
    except ssl.SSLError as error:
        raise PeerFailed("邮件服务器的证书不可信或加密方式不符", passing=False) from error
    except (smtplib.SMTPException, OSError) as error:
        raise PeerFailed("与邮件服务器的通信中断", maybe_done=handed_over) from error


def _connected(account: MailSettings, address: str) -> smtplib.SMTP:
    if account.security == "tls":
        secure = _at(smtplib.SMTP_SSL, address)
        return secure(account.host, account.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    server = _at(smtplib.SMTP, address)(account.host, account.port, timeout=TIMEOUT_S)
    if account.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server


def _expect(answer: tuple[int, bytes], *, hopeless: bool) -> None:
    if not 200 <= answer[0] < 300:
        raise _refusal(answer[0], hopeless=hopeless)


def _refusal(code: int, *, hopeless: bool) -> MailRefused:
    """4yz may pass, 5yz does not (RFC 5321, 4.2.1). The server's words are not told on: they may name the address."""
    passing = 400 <= code < 500
    reason = "邮件服务器暂时不接收" if passing else "邮件服务器拒收，请核对邮箱"
    return MailRefused(f"{reason}（{code}）", passing=passing, hopeless=hopeless and not passing)
