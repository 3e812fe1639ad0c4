"""Facts: what fans did. The content stays in the inbox; `public.inbound` opens it."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class FromFan(Event):
    """What all of them hold. `account_id` is the official account or mini-program."""

    account_id: UUID
    openid: str
    inbox_id: UUID


@dataclass(frozen=True, kw_only=True)
class FanBound(Event):
    """A fan is known as a customer now."""

    account_id: UUID
    openid: str
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class FanSpoke(FromFan):
    """A message. `kind`: text, image, voice, video, shortvideo, location, link, …"""

    kind: str


@dataclass(frozen=True, kw_only=True)
class FanFollowed(FromFan):
    """`scene`: of the QR code that led here, empty without one."""

    scene: str


@dataclass(frozen=True, kw_only=True)
class FanLeft(FromFan):
    pass


@dataclass(frozen=True, kw_only=True)
class FanScanned(FromFan):
    """A follower scanned a QR code with a scene of ours."""

    scene: str


@dataclass(frozen=True, kw_only=True)
class MenuPressed(FromFan):
    """`kind`: CLICK, VIEW, scancode_push, …; `key`: the button's key, for VIEW its address."""

    kind: str
    key: str


@dataclass(frozen=True, kw_only=True)
class TemplateReported(FromFan):
    """WeChat says what became of a template message (`msg_id`, empty where it gave none) or subscription notice (`template_id`).
    `status`: its own word."""

    msg_id: str
    template_id: str
    arrived: bool
    status: str


@dataclass(frozen=True, kw_only=True)
class BroadcastReported(FromFan):
    """WeChat says what became of one part of a bulk sending. `openid` is nobody's. `status`: its own word; then numbers of
    fans: in the audience, left after its filter, reached, failed."""

    msg_id: str
    status: str
    total: int
    filtered: int
    sent: int
    errors: int


@dataclass(frozen=True, kw_only=True)
class TemplateSettled(Event):
    """What became of what was sent by `public.send_template` under `send_id`."""

    send_id: UUID
    arrived: bool
    status: str
