"""系统: an administrator's work with accounts, roles and the record of what was done."""

import re
import secrets
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.behind import query
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]
Opener = Callable[[BrowserContext, str], Page]

NEW_PASSWORD = "Sheng-Huo-Ru-Ge-7"


def confirm(page: Page, action: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=action, exact=True).last.click()


def test_a_colleague_gets_an_account_for_one_department(
    staff_page: Visit, visitors: Visitors, open_page: Opener, platform: Platform, watch: Watch
) -> None:
    username = f"zhao.{secrets.token_hex(3)}"
    admin = staff_page("admin", "/system/accounts")
    admin.get_by_role("button", name="新建账号").click()
    form = admin.get_by_role("dialog", name="新建职工账号")
    form.get_by_label("用户名").fill(username)
    form.get_by_label("姓名").fill("赵敏")
    choose(form, "科室", "体检中心", role="treeitem")
    choose(form, "第 1 个角色", "医生")
    choose(form, "第 1 个角色的数据范围", "本科室及下级")
    expect(form.get_by_text("只有「体检中心」及其下级科室的数据")).to_be_visible()
    assert_accessible(admin)
    form.get_by_role("button", name="创建账号").click()
    password = form.locator("code").inner_text()
    form.get_by_role("button", name="打开这个账号").click()
    detail = admin.get_by_role("dialog", name="账号")
    expect(detail.get_by_text("数据范围：本科室及下级")).to_be_visible()

    # 401: the session of the first password ends where the account is disabled below.
    watch.expects(401)
    colleague = open_page(visitors.at_desk(), "/admin/")
    colleague.get_by_label("用户名").fill(username)
    colleague.get_by_label("密码", exact=True).fill(password)
    colleague.get_by_role("button", name="登录").click()
    colleague.get_by_label(re.compile("^(当前|初始)密码")).fill(password)
    colleague.get_by_label(re.compile("^新密码")).fill(NEW_PASSWORD)
    colleague.get_by_label("再输入一次新密码").fill(NEW_PASSWORD)
    colleague.get_by_role("button", name="保存新密码").click()
    expect(colleague.get_by_role("button", name="赵敏")).to_be_visible()
    expect(colleague.get_by_role("navigation", name="主菜单").get_by_text("系统", exact=True)).to_have_count(
        0
    )

    detail.get_by_role("button", name="停用账号").click()
    confirm(admin, "停用")
    expect(detail.get_by_text("账号已停用，不能登录")).to_be_visible()
    colleague.reload()
    expect(colleague.get_by_label("用户名")).to_be_visible()


def test_what_was_done_stands_in_the_audit_log(staff_page: Visit, platform: Platform) -> None:
    admin = hospital.staff(platform, "admin")
    doctor = next(
        one
        for one in admin.get("/api/admin/accounts/accounts", params={"username": "demo-doctor"}).json()[
            "items"
        ]
    )
    assert admin.post(f"/api/admin/accounts/accounts/{doctor['id']}/unlock").status_code == 204
    eventually(
        lambda: admin.get("/api/admin/accounts/audit", params={"action": "accounts.account.unlock"}).json()[
            "items"
        ]
    )
    page = staff_page("admin", "/system/audit")
    choose(page, "内容", "账号")
    row = page.get_by_role("row").filter(has_text="解除登录暂停：账号").first
    expect(row).to_contain_text("系统管理员")
    expect(page).to_have_url(re.compile(r"action=accounts\.account\."))
    row.click()
    entry = page.get_by_role("dialog", name="审计记录")
    expect(entry.get_by_text(f"accounts.accounts/{doctor['id']}")).to_be_visible()
    assert_accessible(page)


def test_the_audit_chain_is_checked_on_demand(staff_page: Visit) -> None:
    page = staff_page("admin", "/system/audit")
    page.get_by_role("button", name="立即校验").click()
    expect(
        page.get_by_role("region", name="审计链校验").get_by_text(re.compile("^审计链完好"))
    ).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="立即校验")).to_be_enabled()


def test_the_audit_log_goes_into_a_spreadsheet(staff_page: Visit) -> None:
    page = staff_page("admin", "/system/audit?action=accounts.session.")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_role("button", name="导出", exact=True).click()
    newest = page.get_by_role("dialog", name="我的导出").get_by_role("listitem").first
    expect(newest).to_contain_text("可下载")
    assert_accessible(page)
    with page.expect_download() as download:
        newest.get_by_role("button", name="下载").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert download.value.path().read_bytes().startswith(b"PK")
    newest.get_by_role("button", name="删除").click()
    expect(page.get_by_text("还没有导出")).to_be_visible()


def test_a_role_is_made_and_deleted(staff_page: Visit) -> None:
    name = f"随访护士{secrets.token_hex(2)}"
    page = staff_page("admin", "/system/roles")
    page.get_by_role("button", name="新建角色").click()
    form = page.get_by_role("dialog")
    form.get_by_label("名称").fill(name)
    form.get_by_label("代码").fill(f"nurse_{secrets.token_hex(3)}")
    form.get_by_text("查看重要异常结果", exact=True).click()
    form.get_by_role("button", name="保存角色").click()
    header = page.get_by_role("columnheader", name=name)
    expect(header).to_contain_text("0 个账号")
    assert_accessible(page)
    header.get_by_role("button", name=name).click()
    page.get_by_role("dialog").get_by_role("button", name="删除角色").click()
    confirm(page, "删除")
    expect(header).to_have_count(0)


def test_why_somebody_may_or_may_not(staff_page: Visit) -> None:
    page = staff_page("admin", "/system/access")
    choose(page, "账号", "demo-doctor")
    choose(page, "权限", "查看体检结果与报告")
    expect(page.get_by_role("heading", name="可以")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="角色「医生」")).to_be_visible()
    assert_accessible(page)
    choose(page, "权限", "查看账号")
    expect(page.get_by_role("heading", name="不可以")).to_be_visible()


def test_a_department_is_made_below_another_and_deleted(staff_page: Visit) -> None:
    name = f"检验室{secrets.token_hex(2)}"
    page = staff_page("admin", "/system/organisation")
    page.get_by_role("button", name="新建体检中心的下级科室").click()
    form = page.get_by_role("dialog", name="新建科室")
    form.get_by_label("名称").fill(name)
    form.get_by_label("代码").fill(f"lab_{secrets.token_hex(2)}")
    form.get_by_role("button", name="保存").click()
    made = page.get_by_role("treeitem", name=name)
    expect(made.last).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=f"删除{name}").click()
    confirm(page, "删除")
    expect(page.get_by_text(name, exact=True)).to_have_count(0)


def test_a_failed_job_is_run_again(staff_page: Visit, platform: Platform) -> None:
    query(
        platform,
        """INSERT INTO pgqueuer (priority, status, entrypoint, payload, attempts)
           VALUES (0, 'failed', 'accounts.check_audit_chain', '{}', 3)""",
    )
    page = staff_page("it_staff", "/system/jobs")
    page.get_by_role("row").filter(has_text="校验审计链").click()
    letter = page.get_by_role("dialog", name="失败的后台任务")
    expect(letter.get_by_text("最近一次审计链校验没有完成。")).to_be_visible()
    assert_accessible(page)
    letter.get_by_role("button", name="重新执行").click()
    expect(page.get_by_text("没有失败的后台任务")).to_be_visible()
    eventually(
        lambda: not query(platform, "SELECT FROM pgqueuer WHERE entrypoint = 'accounts.check_audit_chain'")
    )
