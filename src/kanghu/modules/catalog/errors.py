"""Expected errors of the catalogue."""

from kanghu.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class ItemNotFound(NotFound):
    code = "catalog.item_not_found"
    message = "项目不存在"


class ItemCodeTaken(Conflict):
    code = "catalog.item_code_taken"
    message = "已有相同编码的项目，请换一个编码"


class ItemIsShipped(Conflict):
    code = "catalog.item_is_shipped"
    message = "随产品发布的标准项目不能修改，只能停用；需要时请新建医院自建项目"


class StandardNotFound(NotFound):
    code = "catalog.data_element_not_found"
    message = "数据元不存在"


class TreeNotFound(NotFound):
    code = "catalog.tree_not_found"
    message = "语义扩展版本不存在"


class TreeAlreadyOpen(Conflict):
    code = "catalog.tree_already_open"
    message = "该项目已有草稿或待审的版本，请先处理它"


class TreeNotDraft(Conflict):
    code = "catalog.tree_not_draft"
    message = "只有草稿可以修改或提交；已批准的版本请另建新版本"


class TreeNotSubmitted(Conflict):
    code = "catalog.tree_not_submitted"
    message = "只有待审的版本可以批准或退回"


class TreeChanged(Conflict):
    code = "catalog.tree_changed"
    message = "草稿已被他人修改，请刷新后重试"


class ApproverIsAuthor(Forbidden):
    code = "catalog.approver_is_author"
    message = "不能审批自己编写的版本，请由其他有权限的人员审批"


class NobodyDecides(Forbidden):
    code = "catalog.decision_needs_account"
    message = "此操作须由登录的工作人员进行"


class TreeInvalid(Invalid):
    code = "catalog.tree_invalid"
    message = "语义扩展的内容有误，请按提示修改"


class PackageNotFound(NotFound):
    code = "catalog.package_not_found"
    message = "项目组合不存在"


class PackageCodeTaken(Conflict):
    code = "catalog.package_code_taken"
    message = "本机构已有相同编码的组合，请换一个编码"


class PackageChanged(Conflict):
    code = "catalog.package_changed"
    message = "组合已被他人修改或停用，请刷新后重试"


class PackageConflicts(Invalid):
    code = "catalog.package_conflicts"
    message = "组合中的项目有冲突，请按提示调整"


class TemplateIsFixed(Conflict):
    code = "catalog.template_is_fixed"
    message = "样板组合不能修改，请复制为本机构的组合后修改"


class InstitutionNeeded(Invalid):
    code = "catalog.institution_needed"
    message = "请选择机构"


class VendorNotFound(NotFound):
    code = "catalog.vendor_not_found"
    message = "厂家不存在"


class MappingInvalid(Invalid):
    code = "catalog.mapping_invalid"
    message = "部分对照无法保存，请按提示处理"
