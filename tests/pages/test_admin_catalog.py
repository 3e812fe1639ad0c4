"""目录与表单: items and their trees, packages, standards, forms, message templates, agreements."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform

Visit = Callable[..., Page]


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option).click()


def find(page: Page, label: str, typed: str, option: str | re.Pattern[str]) -> None:
    """In a field that looks things up as one types."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("combobox", name=label, exact=True).fill(typed)
    page.get_by_role("option", name=option).click()


def confirm(page: Page, question: str, action: str) -> None:
    asked = page.get_by_role("dialog", name=re.compile(f"^{question}"))
    asked.get_by_role("button", name=action, exact=True).click()


def answered(client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    answer = client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def branch(page: Page, name: str) -> Locator:
    return page.get_by_role("tree", name="要素").get_by_role("treeitem", name=re.compile(f"^{name}"))


# --- items -------------------------------------------------------------------------------------------------------


def test_an_item_is_found_by_its_sound_and_told_in_full(staff_page: Visit) -> None:
    page = staff_page("health_manager", "/catalog/items")
    page.get_by_label("检索项目").fill("xhdb")
    page.get_by_role("button", name="血红蛋白", exact=True).click()
    detail = page.get_by_role("dialog", name="项目")
    expect(detail.get_by_text("血色素")).to_be_visible()
    rows = detail.get_by_role("row")
    expect(rows.filter(has_text="男")).to_contain_text("130 – 175 g/L")
    expect(rows.filter(has_text="女")).to_contain_text("115 – 150 g/L")
    expect(detail.get_by_role("button", name="停用")).to_have_count(0)  # reading is all this role does
    assert_accessible(page)


def test_the_hospital_keeps_an_item_of_its_own(staff_page: Visit, watch: Watch) -> None:
    watch.expects(422)
    code = secrets.token_hex(3).upper()
    page = staff_page("it_staff", "/catalog/items")
    page.get_by_role("button", name="新建自建项目").click()
    form = page.get_by_role("dialog", name="新建自建项目")
    form.get_by_label("名称").fill(f"握力 {code}")
    form.get_by_label("编码").fill(code)
    form.get_by_label("标准单位").fill("公斤")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("请用 UCUM 写法")).to_be_visible()
    form.get_by_label("标准单位").fill("kg")
    form.get_by_role("button", name="保存").click()
    detail = page.get_by_role("dialog", name="项目", exact=True)
    expect(detail.get_by_text(f"LOCAL.{code}")).to_be_visible()
    detail.get_by_role("button", name="停用").click()
    expect(page.get_by_text("转入「待处理结果」")).to_be_visible()
    confirm(page, "停用", "停用")
    detail.get_by_role("button", name="恢复使用").click()
    expect(detail.get_by_role("button", name="停用")).to_be_visible()


# --- trees -------------------------------------------------------------------------------------------------------


def test_a_tree_is_written_by_one_and_approved_by_another(
    staff_page: Visit, platform: Platform, watch: Watch
) -> None:
    code = f"LOCAL.{secrets.token_hex(3).upper()}"
    name = f"甲状腺触诊 {code[6:]}"
    desk = hospital.staff(platform, "it_staff")
    body = {"code": code, "name": name, "kind": "exam", "result_type": "text"}
    answered(desk, "POST", "/api/admin/catalog/items", body)

    watch.expects(422)  # what is not right yet is refused
    page = staff_page("it_staff", "/catalog/trees")
    page.get_by_role("button", name="编写语义扩展").click()
    find(page, "项目", code, re.compile(name))
    page.get_by_role("button", name="开始编写").click()
    page.get_by_role("button", name="添加要素").click()
    page.get_by_label("名称", exact=True).fill("结节")
    page.get_by_role("button", name="添加要素").click()
    page.get_by_label("名称", exact=True).fill("部位")
    page.get_by_text("代码", exact=True).last.click()
    branch(page, "部位").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(branch(page, "部位")).to_have_attribute("aria-level", "2")
    expect(branch(page, "部位")).to_be_focused()
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_text("代码型要素须有取值或值域")).to_be_visible()
    page.get_by_role("button", name="添加取值").click()
    page.get_by_label("取值名称").fill("左叶")
    page.get_by_label("改动说明").fill("初稿")
    expect(page.get_by_text("已保存")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="提交审批").click()
    expect(page.get_by_text("须由其他有权限的人审批")).to_be_visible()
    expect(page.get_by_role("button", name="批准")).to_have_count(0)

    other = staff_page("admin", "/catalog/trees")
    other.get_by_label("检索项目").fill(name)
    other.get_by_role("button", name=re.compile(name)).click()
    other.get_by_role("button", name="批准").click()
    expect(other.get_by_text("系统管理员 于")).to_be_visible()


def test_two_versions_of_a_tree_stand_side_by_side(staff_page: Visit, platform: Platform) -> None:
    code = f"LOCAL.{secrets.token_hex(3).upper()}"
    desk, approver = hospital.staff(platform, "it_staff"), hospital.staff(platform, "admin")
    body = {"code": code, "name": "扁桃体", "kind": "exam", "result_type": "text"}
    answered(desk, "POST", "/api/admin/catalog/items", body)
    size = {"path": "size", "name": "大小", "value_type": "text"}
    for nodes in (
        [size],
        [size | {"name": "肿大程度"}, {"path": "pus", "name": "脓点", "value_type": "text"}],
    ):
        tree = answered(desk, "POST", f"/api/admin/catalog/items/{code}/trees")
        path = f"/api/admin/catalog/trees/{tree['id']}"
        answered(desk, "PUT", path, {"nodes": nodes, "revision": tree["revision"]})
        answered(desk, "POST", f"{path}/submit")
        answered(approver, "POST", f"{path}/approve", {"note": ""})
    page = staff_page("doctor", f"/catalog/trees/versions?item={code}")
    page.get_by_role("button", name="与第 2 版对比").click()
    expect(page.get_by_text("新增 1 个、删除 0 个、改动 1 个要素")).to_be_visible()
    page.get_by_role("tree", name="较新的版本").get_by_role("treeitem", name=re.compile("肿大程度")).click()
    facts = page.get_by_role("complementary", name="所选要素")
    expect(facts).to_contain_text("改动：名称")
    expect(facts).to_contain_text("大小")


# --- packages ----------------------------------------------------------------------------------------------------


def test_a_package_is_composed_and_its_conflicts_are_solved(staff_page: Visit) -> None:
    code = f"STAFF_{secrets.token_hex(3).upper()}"
    page = staff_page("it_staff", "/catalog/packages")
    page.get_by_role("button", name="乳腺及妇科肿瘤筛查").click()
    page.get_by_role("button", name="复制为本机构的组合").click()
    page.get_by_label("名称").fill(f"职工套餐 {code}")
    page.get_by_label("编码").fill(code)
    checked = page.get_by_role("status", name="冲突检查")
    page.get_by_role("radiogroup", name="适用性别").get_by_text("男", exact=True).click()
    expect(
        checked.get_by_text(re.compile("性别冲突：.*仅适用于女性，而组合适用于男性")).first
    ).to_be_visible()
    page.get_by_role("radiogroup", name="适用性别").get_by_text("女", exact=True).click()
    expect(checked.get_by_text("性别冲突")).to_have_count(0)

    finder = page.get_by_label("检索要加入的项目")
    finder.fill("kfxt")
    expect(page.get_by_role("button", name="加入 空腹血糖")).to_be_visible()
    finder.press("Enter")
    members = page.get_by_role("tree", name="组合中的项目")
    added = members.get_by_role("treeitem", name=re.compile("空腹血糖"))
    added.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(members.get_by_role("treeitem").nth(-2)).to_contain_text("空腹血糖")
    assert_accessible(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name=f"职工套餐 {code}")).to_be_visible()
    page.get_by_role("button", name="停用", exact=True).click()
    confirm(page, "停用", "停用")
    expect(page.get_by_role("button", name="保存")).to_have_count(0)


# --- standards ---------------------------------------------------------------------------------------------------


def test_a_data_element_is_looked_up_in_both_editions(staff_page: Visit) -> None:
    page = staff_page("health_manager", "/catalog/standards?tab=flows")
    row = page.get_by_role("row").filter(has_text="WS363.7 体格检查")
    expect(row).to_contain_text("WS/T 363.7-2023")
    row.get_by_role("button", name="查看").click()
    page.get_by_label("检索数据元").fill("身高")
    page.get_by_role("button", name="身高", exact=True).click()
    detail = page.get_by_role("dialog", name="数据元")
    expect(detail.get_by_role("columnheader", name=re.compile("WS 363.7-2011 被替代"))).to_be_visible()
    expect(detail.get_by_text("该版自 2024-04-01 起实施")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="WS 538 医学影像").click()
    page.get_by_label("检索影像数据元").fill("PatientSex")
    expect(page.get_by_role("row").filter(has_text="(0010,0040)")).to_be_visible()


# --- forms -------------------------------------------------------------------------------------------------------


def test_a_form_is_designed_tried_out_and_published(
    staff_page: Visit, platform: Platform, watch: Watch
) -> None:
    code = f"sleep_{secrets.token_hex(3)}"
    watch.expects(409)  # somebody else saves in between
    page = staff_page("admin", "/forms")
    page.get_by_role("button", name="新建表单").click()
    form = page.get_by_role("dialog", name="新建表单")
    form.get_by_label("标题").fill("睡眠问卷")
    form.get_by_label("编码").fill(code)
    form.get_by_role("button", name="新建并设计").click()

    expect(page.get_by_role("region", name="表单的问题")).to_contain_text("至少要有一道题")
    settings = page.get_by_role("region", name="设置")
    add(page, "选择题")
    settings.get_by_label("题目", exact=True).fill("您睡得好吗？")
    settings.get_by_label("编号").fill("quality")
    settings.get_by_label("编号").blur()
    settings.get_by_text("必答").click()
    for place, (text, weight) in enumerate((("好", "0"), ("不好", "3"))):
        settings.get_by_label("选项文字").nth(place).fill(text)
        settings.get_by_label("分值").nth(place).fill(weight)
    add(page, "多行文字")
    settings.get_by_label("题目", exact=True).fill("怎么不好？")
    settings.get_by_role("button", name="添加条件").click()
    choose(page, "条件 1 的值", "不好")
    outline = page.get_by_role("navigation", name="表单大纲")
    outline.get_by_role("button", name="添加").nth(1).click()
    settings.get_by_label("名称").fill("睡眠分")
    settings.get_by_label("算式").fill("quality + nothing")
    expect(page.get_by_text(re.compile("算式引用的“nothing”不存在")).first).to_be_visible()
    settings.get_by_label("算式").fill("quality")

    phone = page.get_by_role("region", name="手机预览")
    expect(phone.get_by_role("group", name="怎么不好？")).to_have_count(0)
    phone.get_by_role("radio", name="不好").click()
    expect(phone.get_by_role("textbox", name="怎么不好？")).to_be_visible()
    expect(phone.get_by_role("region", name="试填结果")).to_contain_text("3")
    assert_accessible(page)

    # moved by keyboard: the question goes behind the one that asks for it
    outline.get_by_role("treeitem", name=re.compile("您睡得好吗")).click()
    page.keyboard.press("Alt+ArrowDown")
    expect(outline.get_by_role("treeitem").nth(1)).to_contain_text("您睡得好吗")
    page.keyboard.press("Control+z")
    expect(outline.get_by_role("treeitem").nth(0)).to_contain_text("您睡得好吗")
    expect(page.get_by_text("已保存")).to_be_visible()

    rival = hospital.staff(platform, "admin")
    path = f"/api/admin/forms/{code}/versions/1"
    theirs = answered(rival, "GET", path)
    changed = theirs["definition"] | {"title": "睡眠质量问卷"}
    answered(rival, "PUT", path, {"revision": theirs["version"]["revision"], "definition": changed})
    outline.get_by_role("button", name="表单信息").click()
    settings.get_by_label("说明（填写人最先看到）").fill("约 2 分钟")
    page.get_by_role("button", name="载入对方保存的内容").click()
    expect(page.get_by_role("heading", name="睡眠质量问卷").first).to_be_visible()
    settings.get_by_text("客户可以自己在手机上填写").click()
    expect(page.get_by_text("已保存")).to_be_visible()

    page.get_by_role("button", name="发布…").click()
    expect(page.get_by_text("目前没有在用的版本")).to_be_visible()
    confirm(page, "发布", "发布")
    expect(page.get_by_text("已发布过的版本不能修改")).to_be_visible()
    page.get_by_role("button", name="停用").click()
    confirm(page, "停用", "停用")
    expect(page.get_by_role("button", name="停用")).to_have_count(0)


def add(page: Page, kind: str) -> None:
    page.get_by_role("navigation", name="表单大纲").get_by_role("button", name="添加").first.click()
    page.get_by_role("menuitem", name=kind, exact=True).click()


def test_publishing_says_what_changes(staff_page: Visit, platform: Platform) -> None:
    code = f"walk_{secrets.token_hex(3)}"
    admin = hospital.staff(platform, "admin")
    path = f"/api/admin/forms/{code}/versions"
    made = answered(
        admin, "POST", "/api/admin/forms", {"code": code, "title": "步行", "kind": "questionnaire"}
    )
    item = [{"linkId": "steps", "type": "integer", "text": "每天走多少步？"}]
    body = {"revision": made["version"]["revision"], "definition": made["definition"] | {"item": item}}
    saved = answered(admin, "PUT", f"{path}/1", body)
    answered(admin, "POST", f"{path}/1/publish", {"revision": saved["version"]["revision"]})

    page = staff_page("admin", f"/forms?open={code}")
    page.get_by_role("button", name="以此为底稿修改").click()
    page.get_by_role("treeitem", name=re.compile("每天走多少步")).click()
    page.get_by_role("region", name="设置").get_by_text("必答").click()
    add(page, "是非题")
    expect(page.get_by_text("已保存")).to_be_visible()
    page.get_by_role("button", name="发布…").click()
    dialog = page.get_by_role("dialog", name="发布第 2 版")
    expect(dialog).to_contain_text("与第 1 版相比：新增 1 项、改动 1 项")
    expect(dialog).to_contain_text("「每天走多少步？」：必答")
    assert_accessible(page)


# --- messages and agreements -------------------------------------------------------------------------------------


def test_a_message_is_reworded_with_its_placeholder(staff_page: Visit) -> None:
    page = staff_page("admin", "/notices/templates?open=booking_failed")
    detail = page.get_by_role("dialog", name="消息模板")
    detail.get_by_role("button", name="改写").click()
    body = detail.get_by_label("正文")
    body.fill("很抱歉，{who} 的预约没有成功。")
    expect(detail.get_by_text("标红的地方没有内容可填")).to_be_visible()
    body.fill("很抱歉，您的体检预约没有成功，日期：")
    detail.get_by_role("button", name="体检日期").click()
    expect(detail.get_by_role("article", name="消息预览")).to_contain_text("日期：2026年12月1日")
    assert_accessible(page)
    detail.get_by_role("button", name="启用新的文字").click()
    confirm(page, "启用新的文字", "启用")
    expect(detail.get_by_role("heading", name="以前的版本")).to_be_visible()
    expect(detail.get_by_role("article").first).to_contain_text("日期：2026年12月1日")


def test_a_new_version_of_an_agreement_is_published(staff_page: Visit) -> None:
    page = staff_page("admin", "/agreements?kind=privacy")
    page.get_by_role("button", name="发布新版本").click()
    publish = page.get_by_role("button", name=re.compile("^发布第 .* 版"))
    publish.click()
    expect(page.get_by_text("全文与现行版本相同")).to_be_visible()
    sentence = f"本版修订编号 {secrets.token_hex(3)}。"
    text = page.get_by_label(re.compile("^全文"))
    text.fill(f"{text.input_value()}\n\n{sentence}")
    page.get_by_label("来源与审定情况").fill("测试：法务审定")
    expect(page.get_by_role("region", name="预览")).to_contain_text(sentence)
    assert_accessible(page)
    publish.click()
    expect(page.get_by_text("发布后立即生效，不能撤回或修改")).to_be_visible()
    confirm(page, "发布", "发布")
    expect(page.get_by_role("article").first).to_contain_text(sentence)
    expect(page.get_by_text("来源与审定：测试：法务审定")).to_be_visible()
