"""The library as the screens send and see it."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kanghu.kernel import clock
from kanghu.modules.wechat.models import MaterialCopy, MaterialKind
from kanghu.modules.wechat.policy import CopyState, copy_state
from kanghu.modules.wechat.service.materials import Entry

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


class MaterialRenamed(BaseModel):
    title: Title


class MaterialUseView(BaseModel):
    """用在何处：reply 自动回复，menu 菜单；in_force 为启用的规则或最近发布的菜单，否则是草稿"""

    model_config = ConfigDict(from_attributes=True)

    place: Literal["reply", "menu"]
    place_id: UUID
    name: str
    in_force: bool


class MaterialCopyView(BaseModel):
    """在微信的一份：none 还没有上传，valid 可用，renewing 正在上传，expired 已过期、用到时再上传，failed 上传失败，原因见 failure；valid_until 为空表示永久有效"""

    state: CopyState
    valid_until: datetime | None
    failure: str
    failed_at: datetime | None

    @classmethod
    def of(cls, copy: MaterialCopy, now: datetime) -> Self:
        return cls(
            state=copy_state(copy, now),
            valid_until=copy.expires_at,
            failure=copy.failure,
            failed_at=copy.failed_at,
        )


class MaterialView(BaseModel):
    """素材库的一个文件；temporary 供自动回复，permanent 供菜单，为空表示还没有用到"""

    id: UUID
    account_id: UUID
    kind: MaterialKind
    title: str
    mime: str
    size: Annotated[int, Field(description="字节")]
    duration_ms: int | None
    has_thumbnail: bool
    created_at: datetime
    uses: list[MaterialUseView]
    temporary: MaterialCopyView | None
    permanent: MaterialCopyView | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        now = clock.now()
        copies = {copy.form: MaterialCopyView.of(copy, now) for copy in entry.copies}
        found = entry.material
        return cls(
            id=found.id,
            account_id=found.account_id,
            kind=found.kind,
            title=found.title,
            mime=found.mime,
            size=found.size,
            duration_ms=found.duration_ms,
            has_thumbnail=found.has_thumbnail,
            created_at=found.created_at,
            uses=[MaterialUseView.model_validate(use) for use in entry.uses],
            temporary=copies.get("temporary"),
            permanent=copies.get("permanent"),
        )
