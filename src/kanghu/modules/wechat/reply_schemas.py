"""Automatic replies as the screens send and see them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kanghu.modules.wechat.models import ReplyWanted
from kanghu.modules.wechat.outgoing import TEXT_BYTES
from kanghu.modules.wechat.replies import Act, Conflict, Decision, normal, patterns, reason

Trigger = Literal["keyword", "follow", "scan", "kind", "default"]
MessageKind = Literal["text", "image", "voice", "video", "shortvideo", "location", "link"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Scene = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{0,64}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=680)]


Match = Literal["whole", "part", "pattern"]
Expression = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=patterns.LONGEST)
]


class KeywordView(BaseModel):
    """match：whole 全文相同，part 包含，pattern 正则表达式（在文中任何位置符合即可）；examples 为应符合正则表达式的例句"""

    model_config = ConfigDict(from_attributes=True)

    text: Expression
    match: Match
    examples: list[str] = []


class KeywordGiven(BaseModel):
    """关键词最多 50 个字；正则表达式最多 200 个字，不支持前瞻、后顾与反向引用；例句须符合该表达式"""

    text: Expression
    match: Match
    examples: Annotated[
        list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]],
        Field(max_length=5),
    ] = []

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.match != "pattern":
            if len(self.text) > 50:
                raise ValueError("关键词最多 50 个字")
            if self.examples:
                raise ValueError("例句只用于正则表达式")
            return self
        wrong = patterns.problem(self.text)
        if wrong:
            raise ValueError(wrong)
        missed = next((one for one in self.examples if not patterns.fits(self.text, normal(one))), None)
        if missed is not None:
            raise ValueError(f"例句「{missed}」不符合这个正则表达式，请修改其中之一")
        return self


class MaterialGiven(BaseModel):
    """素材库中的图片、语音或视频"""

    material_id: UUID


class MaterialSaid(MaterialGiven):
    model_config = ConfigDict(from_attributes=True)

    kind: Literal["image", "voice", "video", "thumb"]
    title: str


class ReplyGiven(BaseModel):
    """自动回复规则：keyword 须有关键词，scan 须有二维码参数，kind 须有消息类型；至少有一条回复，或转人工"""

    name: Line
    trigger: Trigger
    keywords: Annotated[list[KeywordGiven], Field(max_length=50)] = []
    scene: Annotated[Scene, Field(description="二维码的参数")] = ""
    kinds: Annotated[list[MessageKind], Field(max_length=7)] = []
    visit: Annotated[
        Literal["any", "first", "again"], Field(description="关注或扫码者：first 首次关注，again 曾经关注过")
    ] = "any"
    hours: Annotated[Literal["any", "on", "off"], Field(description="on 客服时间内，off 客服时间外")] = "any"
    answers: Annotated[
        list[Text | MaterialGiven], Field(max_length=3, description="依次回复的文字或素材")
    ] = []
    hand_over: Annotated[bool, Field(description="是否转人工")] = False
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    enabled: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.answers and not self.hand_over:
            raise ValueError("请填写回复内容，或选择转人工")
        if any(isinstance(one, str) and len(one.encode()) > TEXT_BYTES for one in self.answers):
            raise ValueError(f"每条回复最多 {TEXT_BYTES} 字节（约 680 个汉字）")
        needs = {
            "keyword": ("请填写关键词", bool(self.keywords), self.trigger == "keyword"),
            "scan": ("请填写二维码的参数", bool(self.scene), self.trigger == "scan"),
            "kind": ("请选择消息类型", bool(self.kinds), self.trigger == "kind"),
        }
        for advice, given, wanted in needs.values():
            if given != wanted:
                raise ValueError(advice if wanted else "关键词、二维码参数、消息类型只用于相应的规则")
        if self.visit != "any" and self.trigger not in ("follow", "scan"):
            raise ValueError("首次与再次关注只用于关注和扫码的规则")
        return self

    def wanted(self) -> ReplyWanted:
        given = self.model_dump(include=set(ReplyGiven.model_fields) - {"keywords"})
        return ReplyWanted(**given, keywords=[one.model_dump(exclude_defaults=True) for one in self.keywords])


class ReplyChange(ReplyGiven):
    """规则的新内容；version 是所改的版本"""

    version: Annotated[int, Field(ge=1, le=2**31 - 2)]


class ReplyView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    trigger: Trigger
    keywords: list[KeywordView]
    scene: str
    kinds: list[str]
    visit: Literal["any", "first", "again"]
    hours: Literal["any", "on", "off"]
    answers: list[str | MaterialSaid]
    hand_over: bool
    priority: int
    enabled: bool
    version: int
    changed_at: datetime


class ReplyConflictView(BaseModel):
    """rule_id 的规则（或其 keyword）不会用到，by_id 的规则总是先回复；certain 为 false 表示涉及正则表达式，只用例句比较过"""

    rule_id: UUID
    keyword: str | None
    by_id: UUID | None
    message: str
    certain: bool

    @classmethod
    def of(cls, found: Conflict) -> Self:
        return cls(
            rule_id=found.rule.id,
            keyword=found.keyword.text if found.keyword else None,
            by_id=found.by.id if found.by else None,
            message=found.message,
            certain=found.certain,
        )


class ReplyTrial(BaseModel):
    """粉丝做了什么：message 发消息，follow 关注，scan 已关注者扫码，menu 点击菜单（text 为按钮的 key）"""

    what: Literal["message", "follow", "scan", "menu"]
    kind: MessageKind = "text"
    text: Annotated[str, Field(max_length=2000)] = ""
    scene: Scene = ""
    again: Annotated[bool, Field(description="曾经关注过")] = False
    at: Annotated[AwareDatetime | None, Field(description="何时，空为现在")] = None
    with_drafts: Annotated[bool, Field(description="连同未启用的规则一起")] = False

    def act(self) -> Act:
        return Act(self.what, self.kind, self.text, self.scene, self.again or self.what == "scan")


class ReplyNamed(BaseModel):
    id: UUID
    name: str


class ReplyTrialView(BaseModel):
    """rule_id 为空表示没有规则适用；why 说明为什么；others 是也适用、但排在后面的规则；for_staff 表示进入客服队列"""

    rule_id: UUID | None
    rule_name: str
    answers: list[str | MaterialSaid]
    for_staff: bool
    why: str
    others: list[ReplyNamed]

    @classmethod
    def of(cls, decision: Decision) -> Self:
        rule = decision.rule
        return cls(
            rule_id=rule.id if rule else None,
            rule_name=rule.name if rule else "",
            answers=[
                one if isinstance(one, str) else MaterialSaid.model_validate(one) for one in decision.answers
            ],
            for_staff=decision.for_staff,
            why=reason(decision),
            others=[ReplyNamed(id=one.id, name=one.name) for one in decision.others],
        )


class DeskHoursGiven(BaseModel):
    """客服时间：当天零点起的分钟数；opens 大于 closes 为跨夜；days 为 1 周一至 7 周日"""

    model_config = ConfigDict(from_attributes=True)

    opens: Annotated[int, Field(ge=0, le=1440)]
    closes: Annotated[int, Field(ge=0, le=1440)]
    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)]
