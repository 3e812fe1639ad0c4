"""Rules that tag fans as the screens send and see them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kanghu.modules.wechat.fan_schemas import FanView, Name, TagId
from kanghu.modules.wechat.models import TagRuleRow, TagRuleWanted
from kanghu.modules.wechat.service.tag_rules import Standing
from kanghu.modules.wechat.tag_rules import Conditions, kept_of

Source = Literal[
    "ADD_SCENE_SEARCH", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_PROFILE_ITEM",
    "ADD_SCENE_PAID", "ADD_SCENE_WECHAT_ADVERTISEMENT", "ADD_SCENE_REPRINT", "ADD_SCENE_LIVESTREAM", "ADD_SCENE_CHANNELS",
    "ADD_SCENE_ACCOUNT_MIGRATION", "ADD_SCENE_OTHERS",
]  # fmt: skip
Scene = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
Days = Annotated[int, Field(ge=1, le=3650)]


class TagConditions(BaseModel):
    """条件：填写的各项须全部符合，至少一项；sources 与 scenes 各有一个符合即可；天数按 24 小时计"""

    model_config = ConfigDict(extra="forbid")

    sources: Annotated[list[Source], Field(max_length=12, description="关注的渠道")] = []
    scenes: Annotated[list[Scene], Field(max_length=50, description="关注时或关注后扫过的二维码的参数")] = []
    followed_for: Annotated[Days | None, Field(description="关注满多少天")] = None
    followed_within: Annotated[Days | None, Field(description="关注不满多少天")] = None
    spoke_within: Annotated[Days | None, Field(description="最近多少天内发来过消息")] = None
    silent_for: Annotated[Days | None, Field(description="已有多少天没有发来消息，从未发来的也算")] = None
    bound: Annotated[bool | None, Field(description="是否已绑定客户")] = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.kept():
            raise ValueError("请至少填写一项条件")
        if self.followed_for and self.followed_within and self.followed_for >= self.followed_within:
            raise ValueError("关注满的天数须小于关注不满的天数，否则没有人符合")
        if self.spoke_within and self.silent_for and self.silent_for >= self.spoke_within:
            raise ValueError("没有发来消息的天数须小于发来过消息的天数，否则没有人符合")
        return self

    def kept(self) -> dict[str, object]:
        given = self.model_dump()
        return kept_of(Conditions(**{**given, "sources": tuple(self.sources), "scenes": tuple(self.scenes)}))


class TagRuleDraft(BaseModel):
    """给符合条件的粉丝打上标签；takes_away 为 true 时，不再符合的取下（只取下规则打上的）"""

    tag_id: TagId
    conditions: TagConditions
    takes_away: bool = True


class TagRulePreviewGiven(TagRuleDraft):
    """试算尚未保存的规则；修改已有的规则时给出 rule_id"""

    rule_id: UUID | None = None

    def wanted(self) -> TagRuleWanted:
        return TagRuleWanted("试算", self.tag_id, self.conditions.kept(), self.takes_away, True)


class TagRuleGiven(TagRuleDraft):
    name: Name
    enabled: bool = True

    def wanted(self) -> TagRuleWanted:
        return TagRuleWanted(self.name, self.tag_id, self.conditions.kept(), self.takes_away, self.enabled)


class TagRuleChange(TagRuleGiven):
    version: Annotated[int, Field(ge=1)]


class TagRuleView(BaseModel):
    """标签规则"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    tag_id: int
    conditions: TagConditions
    takes_away: bool
    enabled: bool
    version: int
    changed_at: datetime
    given: int = Field(description="现有多少位粉丝的这个标签是规则打上的（同一标签的各条规则合计）")

    @classmethod
    def of(cls, found: TagRuleRow, given: int = 0) -> Self:
        names = ("id", "name", "tag_id", "conditions", "takes_away", "enabled", "version", "changed_at")
        return cls(**{name: getattr(found, name) for name in names}, given=given)


class TagRefusalView(BaseModel):
    """打不上标签的原因与人数"""

    model_config = ConfigDict(from_attributes=True)

    errcode: int
    message: str
    fans: int


class TagRunView(BaseModel):
    """执行的情况：judged、given、taken、refused 是正在执行或最近一次的；fans、changes 是还待判断的粉丝与还待告知微信的改动"""

    running: bool
    begun_at: datetime | None
    ended_at: datetime | None
    judged: int
    given: int
    taken: int
    refused: int
    reason: str = Field(description="没能做完的原因")
    not_before: datetime | None = Field(description="没能做完的，何时再自动执行")
    fans: int
    changes: int
    refusals: list[TagRefusalView]


class TagRulesView(BaseModel):
    """全部规则，先建立的在前，及其执行；从未用过规则的没有 run"""

    rules: list[TagRuleView]
    run: TagRunView | None

    @classmethod
    def of(cls, found: Standing, now: datetime) -> Self:
        run = found.run
        return cls(
            rules=[TagRuleView.of(one, found.given.get(one.tag_id, 0)) for one in found.rules],
            run=None
            if run is None
            else TagRunView(
                running=run.turn_until is not None and run.turn_until > now,
                begun_at=run.begun_at,
                ended_at=run.ended_at,
                judged=run.judged,
                given=run.given,
                taken=run.taken,
                refused=run.refused,
                reason=run.reason,
                not_before=run.not_before,
                fans=found.fans,
                changes=found.changes,
                refusals=[TagRefusalView.model_validate(one) for one in found.refusals],
            ),
        )


class TagRulePreviewView(BaseModel):
    """保存并启用后会怎样：giving 将打上，taking 将取下，full 已满 20 个标签而打不上；would_get、would_lose 各是其中的几位。
    unknown 是还没有向微信读取渠道与标签的粉丝，读取之后再试算"""

    model_config = ConfigDict(from_attributes=True)

    followers: int
    holding: int = Field(description="符合这条规则的")
    has_it: int = Field(description="现在有这个标签的")
    giving: int
    taking: int
    full: int
    unknown: int
    would_get: list[FanView]
    would_lose: list[FanView]
