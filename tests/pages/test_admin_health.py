"""健康管理: what doctors and health managers do for a customer, and who may not look."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.watch import Watch
from tests.wire import appointments, hospital
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import Customer, new_exam_no, report_body, result, results_body, sign_up

Visit = Callable[..., Page]

PASSWORD = "Sheng-Huo-Ru-Ge-7"
REPORT = "<h1>总检报告</h1><p>建议内分泌科就诊</p><script>parent.document.title = '被改了'</script>"


@pytest.fixture
def vendor(platform: Platform) -> Vendor:
    return platform.vendor()


def glucose(value: str, flag: str, year: int, sequence: int) -> dict[str, Any]:
    return result(
        "GLU0",
        value,
        unit="mmol/L",
        abnormal_flag=flag,
        reference_range="3.9-6.1",
        department="检验科",
        performed_at=f"{year}-11-20T08:30:00+08:00",
        sequence=sequence,
    )


def examined(vendor: Vendor, customer: Customer) -> None:
    """Two exams a year apart; in the second one the glucose is corrected up to a critical value."""
    cholesterol = result("CHO", "4.2", unit="mmol/L", abnormal_flag="N", department="检验科", sequence=1)
    first, second = new_exam_no(), new_exam_no()
    vendor.push("results", results_body(customer, first, glucose("5.4", "N", 2025, 1)))
    vendor.push("results", results_body(customer, second, cholesterol, glucose("7.9", "H", 2026, 1)))
    vendor.push("results", results_body(customer, second, glucose("18.3", "HH", 2026, 2), change="2"))
    vendor.push("reports", report_body(customer, second, REPORT, "html", conclusions=["空腹血糖显著升高"]))


def findings(platform: Platform, customer: Customer) -> list[dict[str, Any]]:
    doctor = hospital.staff(platform, "doctor")
    query = {"person_id": customer.person_id}
    found: list[dict[str, Any]] = doctor.get("/api/admin/health/findings", params=query).json()["items"]
    return found


def drawn_up(platform: Platform, customer: Customer) -> dict[str, Any]:
    """The list that waits for a doctor, once the worker has made it."""
    assert appointments.request_booking(customer, hospital.in_days(5)).status_code == 201
    doctor = hospital.staff(platform, "doctor")
    query = {"person_id": customer.person_id}

    def draft() -> Any:
        found = doctor.get("/api/admin/health/checklists", params=query).json()["items"]
        return next((one for one in found if one["booking_id"]), None)

    made: dict[str, Any] = eventually(draft)
    return made


def test_somebody_is_put_on_record_found_and_corrected(
    staff_page: Visit, platform: Platform, watch: Watch
) -> None:
    phone = f"1590{secrets.randbelow(10**7):07d}"
    page = staff_page("doctor", "/health/customers")
    page.get_by_role("button", name="建档").click()
    form = page.get_by_role("dialog", name="建档")
    form.get_by_label("姓名").fill("司马相如")
    form.get_by_label("电话").fill(phone)
    # A day nobody else here was born on: `sign_up` counts through the numbers of 17 May.
    number = hospital.citizen_number(hospital.date(1979, 3, 28), "1", secrets.randbelow(400))
    form.get_by_label("证件号码").fill(number)
    form.get_by_label("证件号码").blur()
    # The number tells both.
    expect(form.get_by_role("radio", name="男")).to_be_checked()
    expect(form.get_by_label("出生日期")).to_have_value("1979-03-28")
    assert_accessible(page)
    form.get_by_role("button", name="建档").click()
    expect(page.get_by_role("heading", name="司马相如")).to_be_visible()
    expect(page.get_by_text("还没有记录")).to_be_visible()

    page.get_by_role("menuitem", name="客户").click()
    page.get_by_label("查找客户").fill(phone)
    row = page.get_by_role("row", name=re.compile("司"))
    expect(row).to_have_count(1)
    assert phone not in page.url
    row.click()
    page.get_by_role("tab", name="档案").click()
    page.get_by_role("button", name="修改", exact=True).click()
    page.get_by_label("职业").fill("文书")

    # A colleague is faster.
    watch.expects(409)
    url = f"/api/admin/people/persons/{page.url.rsplit('/', 1)[1].partition('?')[0]}"
    colleague = hospital.staff(platform, "health_manager")
    assert colleague.patch(url, json={"version": 1, "address": "成都市琴台路"}).status_code == 200
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("地址改为“成都市琴台路”")).to_be_visible()
    page.get_by_role("button", name="以新内容为准，保留我的修改").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("button", name="修改", exact=True)).to_be_visible()
    saved = colleague.get(url).json()
    assert (saved["occupation"], saved["address"]) == ("文书", "成都市琴台路")


def test_a_doctor_reads_results_corrections_and_the_report(
    staff_page: Visit, platform: Platform, vendor: Vendor
) -> None:
    customer = sign_up(platform, "卓文君", "2")
    examined(vendor, customer)
    page = staff_page("doctor", f"/health/customers/{customer.person_id}")
    timeline = page.get_by_role("region", name="2026 年")
    timeline.get_by_role("button", name="体检结果 2 项，异常 1 项").click()

    expect(page.get_by_role("listitem").filter(has_text="空腹血糖显著升高")).to_be_visible()
    abnormal = page.get_by_role("table", name="异常结果")
    row = abnormal.get_by_role("row").nth(1)
    expect(row).to_contain_text("18.3")
    expect(row).to_contain_text("危急偏高")
    expect(row.get_by_role("cell").last).to_have_text("5.4")
    row.get_by_role("button").click()
    history = page.get_by_role("dialog")
    expect(history.get_by_text("第 2 版 修改：7.9 mmol/L → 18.3 mmol/L")).to_be_visible()
    history.get_by_role("button", name="看表格").click()
    expect(history.get_by_role("figure").get_by_role("row")).to_have_count(3)
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(history).to_be_hidden()

    page.get_by_role("tab", name="报告").click()
    expect(page.frame_locator("iframe[sandbox='']").get_by_text("建议内分泌科就诊")).to_be_visible()
    assert "被改了" not in page.title()
    page.get_by_role("tab", name="风险评估").click()
    expect(page.get_by_text("缺少：").first).to_be_visible()
    assert_accessible(page)


def test_a_doctor_goes_through_a_list_and_sends_it(staff_page: Visit, platform: Platform) -> None:
    customer = sign_up(platform, "班昭", "2")
    drawn = drawn_up(platform, customer)
    page = staff_page("doctor", f"/health/checklists?open={drawn['id']}")
    expect(page.get_by_role("heading", name="班昭")).to_be_visible()
    expect(page.get_by_text("缺少：").first).to_be_visible()
    page.get_by_role("button", name="添加项目").click()
    dialog = page.get_by_role("dialog", name="添加项目")
    dialog.get_by_label("项目").fill("癌胚抗原")
    page.get_by_role("option", name=re.compile("^癌胚抗原")).first.click()
    dialog.get_by_label("添加的理由").fill("本人要求")
    dialog.get_by_role("button", name="添加", exact=True).click()
    added = page.get_by_role("checkbox", name="癌胚抗原")
    expect(added).to_be_checked()
    expect(page.get_by_text(re.compile("医生添加 1 项"))).to_be_visible()
    assert_accessible(page)
    # The box itself is drawn over.
    added.locator("..").click()
    expect(page.get_by_text("；未选的 1 项不发送")).to_be_visible()
    added.locator("..").click()
    expect(added).to_be_checked()

    page.get_by_role("button", name="确认并发送").click()
    sure = page.get_by_role("dialog", name="确认并发送班昭的体检清单")
    expect(sure).to_contain_text(f"预约 {hospital.in_days(5)}")
    sure.get_by_role("button", name="确认并发送").click()
    expect(page.get_by_text(re.compile("已由王医生于 .* 确认发送"))).to_be_visible()
    expect(page.get_by_role("button", name="添加项目")).to_have_count(0)


def test_of_two_doctors_who_confirm_at_once_one_is_told_who_was_faster(
    staff_page: Visit, platform: Platform, watch: Watch
) -> None:
    watch.expects(409)
    drawn = drawn_up(platform, sign_up(platform, "蔡琰", "2"))
    path = f"/health/checklists?open={drawn['id']}"
    first, second = staff_page("doctor", path), staff_page("health_manager", path)
    for page in (first, second):
        page.get_by_role("button", name="确认并发送").click()
        expect(page.get_by_role("dialog", name="确认并发送蔡琰的体检清单")).to_be_visible()
    for page in (first, second):
        page.get_by_role("dialog").get_by_role("button", name="确认并发送").click()
    expect(first.get_by_text(re.compile("已由王医生于 .* 确认发送"))).to_be_visible()
    lost = second.get_by_role("alert").filter(
        has_text=re.compile("已由王医生于 .* 确认发送。下面是已发送的清单")
    )
    expect(lost).to_be_visible()
    expect(second.get_by_role("button", name="确认并发送")).to_have_count(0)


def test_an_important_abnormal_result_is_told_followed_up_and_closed(
    staff_page: Visit, platform: Platform, vendor: Vendor
) -> None:
    customer = sign_up(platform, "许穆", "2")
    examined(vendor, customer)
    found = eventually(lambda: findings(platform, customer))[0]
    page = staff_page("doctor", f"/health/findings?open={found['id']}")
    drawer = page.get_by_role("dialog", name="重要异常结果")
    expect(drawer.get_by_role("timer")).to_have_text(re.compile("剩 1 小时 59 分|剩 2 小时"))
    expect(drawer.get_by_role("cell", name="18.3 mmol/L")).to_be_visible()
    expect(drawer.get_by_role("button", name="关闭", exact=True)).to_have_count(0)
    steps = [
        ("登记通知", "已电话告知，请今日就诊"),
        ("登记本人已知晓", "本人表示下午去急诊"),
        ("登记随访", "已就诊，开始胰岛素治疗"),
    ]
    for action, said in steps:
        drawer.get_by_role("button", name=action).first.click()
        drawer.get_by_label("内容").fill(said)
        drawer.get_by_role("button", name="保存").click()
        expect(drawer.get_by_role("list", name="处置经过").get_by_text(said)).to_be_visible()
    assert_accessible(page)
    drawer.get_by_role("button", name="关闭", exact=True).click()
    drawer.get_by_label("关闭的原因").fill("已规律治疗")
    drawer.get_by_role("form").get_by_role("button", name="关闭").click()
    expect(drawer.get_by_text("按时通知")).to_be_visible()
    expect(drawer.get_by_role("list", name="处置经过").get_by_text("王医生")).to_have_count(4)


def test_what_only_a_doctor_sees_is_recorded_by_hand(staff_page: Visit, platform: Platform) -> None:
    customer = sign_up(platform, "谢道韫", "2")
    page = staff_page("health_manager", f"/health/customers/{customer.person_id}")
    page.get_by_role("link", name="登记异常").click()
    form = page.get_by_role("dialog", name="登记异常")
    expect(form.get_by_text("谢道韫")).to_be_visible()
    choose(form, "属于", "A 类 · 心电图急症")
    form.get_by_label("所见").fill("III 度房室传导阻滞，心室率 38 次/分")
    form.get_by_role("button", name="登记").click()
    detail = page.get_by_role("dialog", name="重要异常结果")
    expect(detail.get_by_text("III 度房室传导阻滞，心室率 38 次/分")).to_be_visible()
    assert len(findings(platform, customer)) == 1


def test_who_has_no_part_in_a_customer_is_told_so(
    staff_page: Visit, platform: Platform, watch: Watch
) -> None:
    watch.expects(404)
    customer = sign_up(platform, "左芬", "2")
    page = staff_page(doctor_of_own_patients(platform), f"/health/customers/{customer.person_id}")
    expect(page.get_by_text("看不到这位客户")).to_be_visible()
    expect(page.get_by_text("左芬")).to_have_count(0)
    page.get_by_role("button", name="回到客户列表").click()
    expect(page.get_by_text("还没有客户")).to_be_visible()


def test_the_whole_id_number_is_shown_to_whoever_may_see_it_and_asks(
    staff_page: Visit, platform: Platform
) -> None:
    customer = sign_up(platform, "鲍令晖", "2")
    page = staff_page("customer_service", f"/health/customers/{customer.person_id}")
    expect(page.get_by_text(customer.person["id_number"])).to_have_count(0)
    expect(page.get_by_role("tab", name="体检结果")).to_have_count(0)
    page.get_by_role("button", name="查看完整号码").click()
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.get_by_text(customer.person["id_number"])).to_be_visible()
    page.get_by_role("button", name="隐藏").click()
    expect(page.get_by_text(customer.person["id_number"])).to_have_count(0)


def test_rules_say_where_they_come_from(staff_page: Visit) -> None:
    page = staff_page("doctor", "/health/rules")
    expect(page.get_by_role("row", name=re.compile("外周动脉疾病风险 年龄 ≥ 50"))).to_be_visible()
    page.get_by_role("tab", name="异常结果规则").click()
    expect(page.get_by_text(re.compile("其中 [0-9]+ 条待院方确认"))).to_be_visible()
    page.get_by_role("tab", name="风险模型").click()
    expect(page.get_by_role("cell", name="尚未签字确认")).to_have_count(9)
    assert_accessible(page)


def doctor_of_own_patients(platform: Platform) -> httpx.Client:
    """A session of a new doctor who sees only those he answers for: nobody yet."""
    admin = hospital.staff(platform, "admin")
    username = f"own.{secrets.token_hex(3)}"
    accounts = "/api/admin/accounts"
    given = {
        "username": username,
        "display_name": "只看本人病人的医生",
        "institution_id": hospital.institution(platform),
    }
    made = admin.post(f"{accounts}/accounts", json=given).json()
    role = next(one["id"] for one in admin.get(f"{accounts}/roles").json() if one["code"] == "doctor")
    granted = {"grants": [{"role_id": role, "scope": "own"}]}
    answer = admin.put(f"{accounts}/accounts/{made['id']}/grants", json=granted)
    assert answer.status_code < 300, answer.text
    client = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    first = client.post("/api/session/login", json={"login": username, "password": made["password"]}).json()
    changed = client.post(
        "/api/session/password",
        json={"current": made["password"], "new": PASSWORD},
        headers={"Authorization": f"Bearer {first['token']}"},
    )
    assert changed.status_code == 204, changed.text
    again = client.post("/api/session/login", json={"login": username, "password": PASSWORD}).json()
    client.headers["Authorization"] = f"Bearer {again['token']}"
    return client
