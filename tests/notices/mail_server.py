"""A mail server on a real socket, and the platform's account at it."""

import base64
import contextlib
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest

from kanghu.kernel.config import settings as platform
from kanghu.modules.notices.settings import MailSettings, mail


@dataclass
class MailServer:
    """An SMTP server (RFC 5321) on a real socket, as much of it as a client needs. `refuse`: verb → the answer instead; `drop_after`:
    the connection ends without an answer after this verb (`text`: after the message itself)."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    refuse: dict[str, str] = field(default_factory=dict)
    drop_after: str = ""
    received: list[tuple[str, list[str], Message]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.sender, self.recipients, self.over = "", list[str](), False

    def handle(self) -> None:
        kept = self.server.kept
        if kept.implicit:
            self._secure()
        self._say("220 mail.test ESMTP")
        while not self.over and (line := self.rfile.readline()):
            text = line.decode().rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            kept.log.append(verb)
            if verb in kept.refuse:
                self._say(kept.refuse[verb])
            else:
                getattr(self, f"_{verb.lower()}", self._other)(text)

    def _other(self, _text: str) -> None:
        self._say("250 ok")

    def _ehlo(self, _text: str) -> None:
        kept = self.server.kept
        self._say("250-mail.test")
        if kept.tls and not isinstance(self.connection, ssl.SSLSocket):
            self._say("250-STARTTLS")
        self._say("250 AUTH PLAIN")

    def _starttls(self, _text: str) -> None:
        self._say("220 ready")
        self._secure()

    def _auth(self, text: str) -> None:
        _, name, password = base64.b64decode(text.split(" ")[2]).decode().split("\0")
        self.server.kept.logins.append((name, password))
        self._say("235 ok")

    def _mail(self, text: str) -> None:
        self.sender = text
        self._say("250 ok")

    def _rcpt(self, text: str) -> None:
        self.recipients.append(text)
        self._say("250 ok")

    def _data(self, _text: str) -> None:
        kept = self.server.kept
        self._say("354 go on")
        body = bytearray()
        while (line := self.rfile.readline()) != b".\r\n":
            body += line[1:] if line.startswith(b"..") else line
        message = message_from_bytes(bytes(body), policy=default)
        kept.received.append((self.sender, self.recipients, message))
        self.over = kept.drop_after == "text"
        if not self.over:
            self._say(kept.refuse.get("text", "250 taken"))

    def _quit(self, _text: str) -> None:
        self._say("221 bye")
        self.over = True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()

    def _secure(self) -> None:
        context = self.server.kept.tls
        assert context is not None
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)  # type: ignore[assignment]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    kept: MailServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or does not like the certificate, is no fault of ours."""


@contextlib.contextmanager
def mail_server(**how: Any) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        kept = server.kept = MailServer(port=server.server_address[1], **how)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


def mail_account(port: int, **more: Any) -> MailSettings:
    return MailSettings.model_validate(
        {
            "host": "localhost",
            "port": port,
            "security": "none",
            "sender": "no-reply@hospital.test",
            "sender_name": "康护医院",
            **more,
        }
    )


def set_mail_account(patch: pytest.MonkeyPatch, account: MailSettings) -> None:
    for name in MailSettings.model_fields:
        patch.setattr(mail(), name, getattr(account, name))


def use_mail(patch: pytest.MonkeyPatch, account: MailSettings) -> None:
    """With the way to this machine."""
    set_mail_account(patch, account)
    networks = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
    patch.setattr(platform(), "inner_networks", networks)
