"""Rows of the schema `wechat`, whose field names are column names, and values that services pass on."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal["official", "mini_program"]
Mode = Literal["plain", "compatible", "safe"]
TemplateKind = Literal["template", "subscription", "mini_subscription"]
Trigger = Literal["message", "menu", "follow", "scan"]


@dataclass(frozen=True, slots=True)
class Account:
    """An official account or mini-program; `secret` and `callback_keys` are sealed."""

    id: UUID
    institution_id: UUID
    kind: Kind
    appid: str
    name: str
    secret: bytes
    callback_keys: bytes
    mode: Mode
    api_url: str
    connect_url: str
    paused_until: datetime | None
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """What the callback is signed and sealed with. `aes_key`: EncodingAESKey, 43 letters, empty in plain mode."""

    token: str
    aes_key: str


@dataclass(frozen=True, slots=True)
class Token:
    """The row that all processes look at; `value` is opened. `ended` counts refreshes that came to an end."""

    id: UUID
    value: str | None
    expires_at: datetime | None
    ended: int
    failure: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A message of the inbox, its body opened."""

    id: UUID
    account_id: UUID
    body: bytes


@dataclass(frozen=True, slots=True)
class Fan:
    """`person_id`: the customer whose WeChat this is, once bound."""

    id: UUID
    account_id: UUID
    openid: str
    unionid: str | None
    subscribed: bool
    tags: list[int]
    person_id: UUID | None
    bound_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyWindow:
    trigger: Trigger
    opened_at: datetime
    until: datetime
    allowed: int
    used: int


@dataclass(frozen=True, slots=True)
class Place:
    """GCJ-02 degrees, as WeChat gives them."""

    latitude: float
    longitude: float
    scale: int | None
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    description: str
    url: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """What came from a fan, opened. `kind` is WeChat's MsgType; for an event, `event` and `event_key` say which.

    `format` (amr, speex) and `recognition` are those of a voice; `media_id` is good for three days.
    """

    id: UUID
    account_id: UUID
    openid: str
    kind: str
    sent_at: datetime
    text: str = ""
    media_id: str = ""
    thumb_media_id: str = ""
    picture_url: str = ""
    format: str = ""
    recognition: str = ""
    place: Place | None = None
    link: Link | None = None
    event: str = ""
    event_key: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """What an account may send. `fields` in the order of `content`; `example` as WeChat's library has it, often empty;
    `long_term`: consent holds for more than one message."""

    template_id: str
    title: str
    kind: TemplateKind
    content: str
    fields: list[str]
    long_term: bool
    example: str = ""


@dataclass(frozen=True, slots=True)
class TemplateSend:
    """A template message or subscription notice that was sent, or is being sent."""

    id: UUID
    account_id: UUID
    openid: str
    kind: TemplateKind
    template_id: str
    state: str
    msg_id: str
    first_at: datetime
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class MenuRow:
    """One version of a menu; `content` is what `menus.menu.Menu` is made of."""

    id: UUID
    account_id: UUID
    number: int
    content: dict[str, Any]
    revision: int
    state: str
    changed_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyWanted:
    """A rule of automatic replies as staff write it; see `replies.rule.Rule`. An answer: a text, or `{"material_id": …}`, which
    comes back with the material's `kind` and `title`."""

    name: str
    trigger: Literal["keyword", "follow", "scan", "kind", "default"]
    keywords: list[dict[str, Any]]
    scene: str
    kinds: list[str]
    visit: Literal["any", "first", "again"]
    hours: Literal["any", "on", "off"]
    answers: list[str | dict[str, Any]]
    hand_over: bool
    priority: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class ReplyRow(ReplyWanted):
    id: UUID
    account_id: UUID
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DeskHours:
    """Minutes from midnight in Shanghai; `opens` after `closes`: over night. Days: 1 Monday … 7 Sunday."""

    opens: int
    closes: int
    days: list[int]


MaterialKind = Literal["image", "voice", "video", "thumb"]
CopyForm = Literal["temporary", "thumb", "permanent"]


@dataclass(frozen=True, slots=True)
class MaterialAnswer:
    """An entry of the library that answers a fan."""

    material_id: UUID
    kind: MaterialKind
    title: str


Answer = str | MaterialAnswer


@dataclass(frozen=True, slots=True)
class Answers:
    """The job that sends automatic answers to what stands in the inbox. `texts`: as the release before wrote them."""

    account_id: UUID
    openid: str
    inbox_id: UUID
    texts: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MaterialFile:
    """What is kept of a file: as it came, an MP3 of a voice that browsers do not play, a small picture."""

    mime: str
    content: bytes
    duration_ms: int | None
    playable: bytes | None
    thumbnail: bytes | None


@dataclass(frozen=True, slots=True)
class Material:
    """An entry of an account's library; its file is read apart."""

    id: UUID
    account_id: UUID
    kind: MaterialKind
    title: str
    mime: str
    size: int
    duration_ms: int | None
    has_thumbnail: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MaterialCopy:
    """What WeChat holds of an entry; `media_id` None: nothing yet. `ended` counts uploads, whatever became of them."""

    material_id: UUID
    form: CopyForm
    media_id: str | None
    expires_at: datetime | None
    failure: str
    failed_at: datetime | None
    ended: int
    taken_until: datetime | None


@dataclass(frozen=True, slots=True)
class MaterialUse:
    """Where an entry is used. `in_force`: fans get it, by a rule that is on or the menu that was published last."""

    material_id: UUID
    place: Literal["reply", "menu"]
    place_id: UUID
    name: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class RenewMaterial:
    """The job that keeps an entry sendable."""

    material_id: UUID


@dataclass(frozen=True, slots=True)
class RemovePermanent:
    """The job that takes a permanent material away from WeChat."""

    account_id: UUID
    media_id: str


@dataclass(frozen=True, slots=True)
class ListedFan:
    id: UUID
    openid: str
    subscribed: bool
    subscribed_at: datetime | None
    left_at: datetime | None
    tags: list[int]
    person_id: UUID | None
    bound_at: datetime | None


@dataclass(frozen=True, slots=True)
class QrCode:
    """`url` is what the picture says; `expires_at` None: never. `follows`, `scans`: by new followers, by those who followed."""

    id: UUID
    account_id: UUID
    name: str
    scene: str
    ticket: str
    url: str
    expires_at: datetime | None
    created_at: datetime
    follows: int = 0
    scans: int = 0


Audience = Literal["all", "tag", "list"]
BroadcastKind = Literal["text", "image", "mpnews"]
BroadcastState = Literal["draft", "sending", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A bulk sending. `content`: the text, or WeChat's media_id. `openids` of an audience `list`, `tag_id` of a `tag`."""

    id: UUID
    account_id: UUID
    name: str
    audience: Audience
    tag_id: int | None
    openids: list[str]
    kind: BroadcastKind
    content: str
    state: BroadcastState
    reason: str
    prepared_by: UUID
    released_by: UUID | None
    created_at: datetime
    released_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BroadcastPart:
    """One call to WeChat; `id` is its clientmsgid. `maybe`: some try got no answer, so it may have been done. `taken`: fans in it
    that were not left out; the last four as WeChat reported them."""

    id: UUID
    broadcast_id: UUID
    number: int
    state: str
    maybe: bool
    month: date | None
    msg_id: str
    errcode: int | None
    begun_at: datetime | None
    tried_at: datetime | None
    status: str
    total: int | None
    filtered: int | None
    sent: int | None
    errors: int | None
    taken: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fan of the audience; `reason` says why they would not get it, empty: they would."""

    openid: str
    reason: str


@dataclass(frozen=True, slots=True)
class SendBroadcast:
    """The job that sends the next part."""

    broadcast_id: UUID


@dataclass(frozen=True, slots=True)
class TagRuleWanted:
    """A rule that tags fans, as staff write it; `conditions` as `tag_rules.kept_of` makes them."""

    name: str
    tag_id: int
    conditions: dict[str, Any]
    takes_away: bool
    enabled: bool


@dataclass(frozen=True, slots=True)
class TagRuleRow(TagRuleWanted):
    id: UUID
    account_id: UUID
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TagRun:
    """How far the rules of an account are carried out: the run under way, else the last one."""

    account_id: UUID
    stale_before: datetime
    turn_until: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    judged: int
    given: int
    taken: int
    refused: int
    reason: str
    failures: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class FollowerInfo:
    """What WeChat's `user/info` says of a fan. `followed_at` None: they do not follow."""

    openid: str
    followed_at: datetime | None
    source: str
    scene: str
    tags: list[int]


@dataclass(frozen=True, slots=True)
class ApplyTagRules:
    """The job that carries out the rules of an account."""

    account_id: UUID


@dataclass(frozen=True, slots=True)
class AskBroadcast:
    """The job that asks WeChat what became of a part."""

    part_id: UUID
