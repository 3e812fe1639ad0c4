"""Errors of the module."""

from collections.abc import Mapping
from uuid import UUID

from kanghu.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class FormNotFound(NotFound):
    code = "forms.form_not_found"
    message = "没有这个表单，或它尚未发布"


class VersionNotFound(NotFound):
    code = "forms.version_not_found"
    message = "没有这个表单版本"


class ResponseNotFound(NotFound):
    code = "forms.response_not_found"
    message = "没有这份答卷"


class FormExists(Conflict):
    code = "forms.form_exists"
    message = "已有相同编码的表单，请换一个编码"


class DraftExists(Conflict):
    code = "forms.draft_exists"
    message = "这个表单已有草稿，请先编辑或发布该草稿"


class VersionNotDraft(Conflict):
    code = "forms.version_not_draft"
    message = "这个版本已发布，内容不能再改；请先复制为新草稿"


class VersionNotPublished(Conflict):
    code = "forms.version_not_published"
    message = "这个版本没有处于发布状态，无需停用"


class DefinitionHasProblems(Invalid):
    """`fields` names each problem by linkId."""

    code = "forms.definition_has_problems"
    message = "表单还有问题，改正后才能发布"


class VersionChanged(Conflict):
    code = "forms.version_changed"
    message = "这份草稿已被他人修改，请刷新后再改"

    def __init__(self, revision: int) -> None:
        super().__init__(fields={"revision": str(revision)})


class NoPerson(Forbidden):
    code = "forms.no_person"
    message = "请先完善并核实个人信息，再填写问卷"


class AnswersChanged(Conflict):
    """Another device saved in between: `fields` holds the newer revision and the draft it belongs to."""

    code = "forms.answers_changed"
    message = "这份问卷已在另一台设备上修改，请刷新后接着填写"

    def __init__(self, response_id: UUID, revision: int) -> None:
        super().__init__(fields={"response_id": str(response_id), "revision": str(revision)})


class ResponseCompleted(Conflict):
    code = "forms.response_completed"
    message = "这份问卷已经提交，不能再改；如情况有变，请重新填写一份"


class AnswersIncomplete(Invalid):
    """`fields` says what is wrong or missing by linkId."""

    code = "forms.answers_incomplete"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(f"还有{len(faults)}处需要填写或改正", fields=faults)


class AnswersNotStorable(Invalid):
    code = "forms.answers_not_storable"
    message = "填写的内容太多，或含有无法保存的字符，请检查后重试"


class FormRenewed(Conflict):
    code = "forms.form_renewed"
    message = "问卷刚刚更新了版本，请刷新后再填写"
