"""Request and response shapes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kanghu.modules.forms.engine import Definition, Evaluation, FlagResult, Form, Kind, ScoreResult
from kanghu.modules.forms.models import FormRow, Response, ResponseHead, VersionRow
from kanghu.modules.forms.service.editing import Edited
from kanghu.modules.forms.service.filling import Sheet

Answers = Annotated[
    dict[Annotated[str, Field(max_length=64)], Any],
    Field(
        max_length=1000,
        description="题目编号 → 答案；形式见 FHIR：是非 true/false，数量 {value, unit}，自填 {other}，可重复的为列表",
    ),
]
Revision = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ScoreView(_View):
    """一项得分；value 为空表示还算不出，missing 列出缺哪些题"""

    code: str
    title: str
    # With a default, because answers leave out what is empty.
    value: float | int | None = None
    band: str | None = None
    band_display: str | None = None
    missing: list[str]
    reason: str


class FlagView(_View):
    """一条提醒，只给工作人员看；level：info 提示，warning 注意，urgent 须当日处理"""

    code: str
    display: str
    level: str


class EvaluationView(BaseModel):
    """对当前答案的判定：哪些题要显示、哪里有误或没填、得分、完成度"""

    enabled: list[str]
    errors: dict[str, str]
    missing: list[str]
    scores: list[ScoreView]
    completeness: int

    @classmethod
    def of(cls, found: Evaluation) -> "EvaluationView":
        return cls(**_evaluation(found))


class TryOutView(EvaluationView):
    """试填的判定，连同只给工作人员看的提醒"""

    flags: list[FlagView]

    @classmethod
    def of(cls, found: Evaluation) -> "TryOutView":
        return cls(**_evaluation(found), flags=_flags(found.flags))


def _evaluation(found: Evaluation) -> dict[str, Any]:
    return {
        "enabled": list(found.enabled),
        "errors": found.errors,
        "missing": list(found.missing),
        "scores": _scores(found.scores),
        "completeness": found.completeness,
    }


def _scores(found: tuple[ScoreResult, ...]) -> list[ScoreView]:
    return [ScoreView.model_validate(score) for score in found]


def _flags(found: tuple[FlagResult, ...]) -> list[FlagView]:
    return [FlagView.model_validate(flag) for flag in found]


# --- people fill forms ------------------------------------------------------------------------------------------------


class OpenFormView(_View):
    """可填写的表单；draft_completeness 有值表示填到一半"""

    code: str
    title: str
    kind: str
    description: str | None
    version: int
    draft_completeness: int | None
    completed_at: datetime | None


class SheetState(BaseModel):
    """一份正在填写的答卷的现状；下次保存时带上 revision"""

    response_id: UUID
    revision: int
    version: int
    evaluation: EvaluationView
    updated_at: datetime | None = None

    @classmethod
    def of(cls, sheet: Sheet) -> "SheetState":
        return cls(**_state(sheet))


def _state(sheet: Sheet) -> dict[str, Any]:
    return {
        "response_id": sheet.response_id,
        "revision": sheet.revision,
        "version": sheet.version,
        "evaluation": EvaluationView.of(sheet.evaluation),
        "updated_at": sheet.updated_at,
    }


class SheetView(SheetState):
    """表单内容与已保存的答案"""

    definition: Definition
    answers: dict[str, Any]
    context: dict[str, Any] = Field(
        description="显示条件可问的本人情况（%sex、%age、%today），没有网络时也能判断哪些题要显示"
    )

    @classmethod
    def with_context(cls, sheet: Sheet, context: Mapping[str, Any]) -> "SheetView":
        return cls(
            **_state(sheet),
            definition=_for_people(sheet.form),
            answers=dict(sheet.answers),
            context=dict(context),
        )


def _for_people(form: Form) -> Definition:
    """Flags are words between members of staff; nobody should read them about himself while filling a form."""
    return form.definition.model_copy(update={"flag": ()})


class SaveAnswers(BaseModel):
    """整份答案（不是增量）；version、revision 取自上一次返回"""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    revision: Revision
    answers: Answers


class CompleteResponse(BaseModel):
    revision: Revision


class ResponseHeadView(_View):
    """答卷目录中的一行"""

    id: UUID
    form_code: str
    form_version: int
    form_title: str
    status: str
    completeness: int
    updated_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, head: ResponseHead) -> "ResponseHeadView":
        return cls.model_validate(head)


class FlaggedHeadView(ResponseHeadView):
    """答卷目录中的一行，连同提醒"""

    flags: list[FlagView]

    @classmethod
    def of(cls, head: ResponseHead) -> "FlaggedHeadView":
        return cls.model_validate(head)


class ResponseView(BaseModel):
    """一份答卷；只读时与当时的表单版本一起显示"""

    id: UUID
    form_code: str
    form_version: int
    form_title: str
    person_id: UUID
    status: str
    answers: dict[str, Any]
    scores: list[ScoreView]
    completeness: int
    updated_at: datetime
    completed_at: datetime | None = None

    @classmethod
    def of(cls, response: Response) -> "ResponseView":
        return cls(**_response(response))


def _response(response: Response) -> dict[str, Any]:
    return {
        "id": response.id,
        "form_code": response.form_code,
        "form_version": response.form_version,
        "form_title": response.form_title,
        "person_id": response.person_id,
        "status": response.status,
        "answers": dict(response.answers),
        "scores": _scores(tuple(response.scores.values())),
        "completeness": response.completeness,
        "updated_at": response.updated_at,
        "completed_at": response.completed_at,
    }


class ResponseWithForm(ResponseView):
    """一份答卷与当时的表单版本"""

    definition: Definition

    @classmethod
    def with_form(cls, response: Response, form: Form) -> "ResponseWithForm":
        return cls(**_response(response), definition=_for_people(form))


class FlaggedResponse(ResponseWithForm):
    """一份答卷与当时的表单版本，连同提醒"""

    flags: list[FlagView]

    @classmethod
    def with_form(cls, response: Response, form: Form) -> "FlaggedResponse":
        return cls(**_response(response), definition=form.definition, flags=_flags(response.flags))


# --- staff make forms -------------------------------------------------------------------------------------------------


class FormView(_View):
    """表单；published、draft 是已发布版本号与草稿版本号"""

    code: str
    title: str
    kind: str
    published: int | None
    draft: int | None

    @classmethod
    def of(cls, form: FormRow) -> "FormView":
        return cls.model_validate(form)


class VersionView(_View):
    """表单的一个版本；status：draft 草稿，published 已发布，retired 已停用"""

    version: int
    status: str
    shipped: bool
    revision: int
    updated_at: datetime
    published_at: datetime | None
    retired_at: datetime | None

    @classmethod
    def of(cls, version: VersionRow) -> "VersionView":
        return cls.model_validate(version)


class FormWithVersions(BaseModel):
    form: FormView
    versions: list[VersionView]


class ProblemView(_View):
    """定义中的一处问题；link_id 为空表示整个表单"""

    link_id: str
    message: str


class EditedView(BaseModel):
    """一个版本的内容与其中的问题；problems 为空才能发布"""

    version: VersionView
    definition: Any
    problems: list[ProblemView]

    @classmethod
    def of(cls, edited: Edited) -> "EditedView":
        return cls(
            version=VersionView.of(edited.version),
            definition=edited.definition,
            problems=[ProblemView.model_validate(problem) for problem in edited.problems],
        )


class CreateForm(BaseModel):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind


class CreateDraft(BaseModel):
    from_version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class SaveDraft(BaseModel):
    """整个定义（FHIR Questionnaire 术语）；有问题也保存，问题在返回中列出"""

    revision: Revision
    definition: dict[str, Any]


class Publish(BaseModel):
    revision: Revision


class TryOut(BaseModel):
    """试填：答案，以及假定的性别代码（GB/T 2261.1）与年龄"""

    answers: Answers
    sex: Annotated[str, Field(pattern="^[0129]$")] | None = None
    age: Annotated[int, Field(ge=0, le=150)] | None = None

    def context(self) -> Mapping[str, Any]:
        known = {"%sex": self.sex, "%age": self.age}
        return {name: value for name, value in known.items() if value is not None}
