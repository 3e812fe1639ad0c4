"""The IT desk's day: mapping by keyboard, the staging queue, the vendors, their credentials, the message log, bookings."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import Customer, new_exam_no, result, results_body
from tests.wire.scripted import ScriptedVendor, scripted_vendor

Visit = Callable[..., Page]
Opener = Callable[[BrowserContext, str], Page]


@pytest.fixture(scope="module")
def script(platform: Platform) -> Iterator[ScriptedVendor]:
    with scripted_vendor(platform) as found:
        yield found


@pytest.fixture(scope="module")
def customer(platform: Platform, script: ScriptedVendor) -> Customer:
    made = hospital.sign_up(platform, "沈对接", "1", date(1985, 3, 3), bind=False)
    script.say({"exam_account": f"P{made.person_id[-12:]}"})
    assert made.bind(script.vendor_id).status_code == 201
    return made


def dictionary(script: ScriptedVendor, *items: tuple[str, str, str], change: str = "1") -> None:
    """US-H5: code, name, unit."""
    lines = [
        {"item_code": code, "name": name, "category_code": "A", "category_name": "检验", "department": "检验科",
         "result_type": "numeric", "unit": unit, "specimen": "血清", "reference_ranges": [], "active": True}
        for code, name, unit in items
    ]  # fmt: skip
    script.vendor().push("item-changes", {"change": change, "items": lines})


def mapping_of(platform: Platform, script: ScriptedVendor, code: str) -> dict[str, Any]:
    address = f"/api/admin/catalog/vendors/{script.vendor_id}/items"
    items = hospital.staff(platform, "it_staff").get(address, params={"q": code}).json()["items"]
    return next(item for item in items if item["code"] == code)


def option(page: Page, code: str) -> Locator:
    return page.get_by_role("option").filter(has_text=code)


def desk_of(script: ScriptedVendor, **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"vendor": script.vendor_id, **more}.items())
    return f"/exchange/mappings?{query}"


def test_an_item_is_mapped_by_keyboard_and_its_results_are_released(
    staff_page: Visit, platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    code, exam_no = f"HCY-{new_exam_no()}", new_exam_no()
    dictionary(script, (code, "同型半胱氨酸(Hcy)", "umol/L"))
    script.vendor().push("results", results_body(customer, exam_no, result(code, "9", unit="umol/L")))
    page = staff_page("it_staff", desk_of(script, q="txbg", item=code))  # found by its initials in pinyin
    expect(option(page, code)).to_be_visible()
    expect(page.get_by_text("对照后将释放 1 条等待中的结果")).to_be_visible()
    first = page.get_by_role("button", name=re.compile("同型半胱氨酸.*LAB"))
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("名称相同").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("listbox").press("Enter")
    expect(page.get_by_role("status").filter(has_text="已释放 1 条结果")).to_be_visible()
    assert mapping_of(platform, script, code)["status"] == "confirmed"
    assert list(eventually(lambda: customer.results(exam_no))) == [code]
    page.keyboard.press("u")
    expect(page.get_by_text("已撤销")).to_be_visible()
    assert mapping_of(platform, script, code)["status"] == "unmapped"
    expect(option(page, code)).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("已认定无对应")).to_be_visible()
    assert mapping_of(platform, script, code)["status"] == "rejected"


def test_many_are_confirmed_at_once_and_conflicts_are_left_out(
    staff_page: Visit, platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    mark = new_exam_no()[-6:]
    sure, twin, odd = f"B1-{mark}", f"B2-{mark}", f"B3-{mark}"
    dictionary(script, (sure, "铁蛋白", "ng/mL"), (twin, "总胆红素", "umol/L"), (odd, "总胆红素", "箱"))
    script.vendor().push("results", results_body(customer, new_exam_no(), result(sure, "9", unit="ng/mL")))
    page = staff_page("it_staff", desk_of(script, q=mark))
    for code in (sure, twin, odd):
        page.get_by_role("listbox").press("Space")
        expect(option(page, code)).to_have_attribute("aria-selected", "true")
        page.get_by_role("listbox").press("ArrowDown")
    page.keyboard.press("b")
    dialog = page.get_by_role("dialog", name="批量确认对照")
    expect(dialog.get_by_text("完成这些对照后将释放 1 条等待中的结果，涉及 1 人")).to_be_visible()
    row_of_twin, row_of_odd = (
        dialog.get_by_role("row", name=f"对照 总胆红素 {code}") for code in (twin, odd)
    )
    expect(row_of_twin).to_contain_text(f"与 {odd} 选了同一个标准项目")
    expect(row_of_odd).to_contain_text("无法识别")
    dialog.get_by_role("button", name="确认 1 条对照").click()
    expect(page.get_by_text("已确认 1 条对照")).to_be_visible()
    found = [mapping_of(platform, script, code)["status"] for code in (sure, twin, odd)]
    assert found == ["confirmed", "unmapped", "unmapped"]


def test_what_the_vendor_changed_meanwhile_is_told_before_it_is_confirmed(
    visitors: Visitors, open_page: Opener, platform: Platform, script: ScriptedVendor, watch: Watch
) -> None:
    code = f"CHG-{new_exam_no()}"
    dictionary(script, (code, "肌酐", "umol/L"))
    context = visitors.at_desk("it_staff")
    context.route("**/api/live", lambda route: None)  # no news reaches this page
    page = open_page(context, f"/admin{desk_of(script, q=code)}")
    expect(page.get_by_role("button", name=re.compile("肌酐.*LAB.CREA"))).to_be_visible()
    dictionary(script, (code, "肌酐", "mg/dL"), change="2")
    watch.expects(422)
    page.get_by_role("listbox").press("Enter")
    alert = page.get_by_role("alert").filter(has_text="您查看之后厂家改了这个项目")
    expect(alert).to_contain_text("单位：umol/L → mg/dL")
    assert mapping_of(platform, script, code)["status"] == "unmapped"
    expect(
        page.get_by_role("button", name="确认对照")
    ).to_be_enabled()  # the suggestions for what changed are there
    page.get_by_role("listbox").press("Enter")
    expect(page.get_by_role("status").filter(has_text=code)).to_be_visible()
    assert mapping_of(platform, script, code)["status"] == "confirmed"


def test_a_waiting_result_gets_its_exam_and_another_is_dropped(
    staff_page: Visit, platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    optional(platform, script.vendor_id)
    mark = new_exam_no()[-8:]
    lost, junk, exams = f"LOST-{mark}", f"JUNK-{mark}", [new_exam_no(), new_exam_no()]
    for exam_no in exams:
        script.vendor().push("results", results_body(customer, exam_no, result(junk, "1")))
    script.vendor().push("results", results_body(customer, None, result(lost, "7")))
    filtered = f"/exchange/staged-results?view=single&vendor_item_code={lost}"
    page = staff_page("it_staff", filtered)
    page.get_by_role("row").filter(has_text=lost).click()
    drawer = page.get_by_role("dialog", name="待处理结果")
    expect(drawer.get_by_text("无法确定属于哪次体检")).to_be_visible()
    drawer.get_by_text(f"体检编号 {exams[0]}").click()
    drawer.get_by_role("button", name="归入这次体检").click()
    page.get_by_role("dialog", name="归入").get_by_role("button", name="归入这次体检").click()
    expect(page.get_by_text("已归入")).to_be_visible()
    page.goto(f"/admin/exchange/staged-results?view=single&vendor_item_code={junk}")
    page.get_by_role("row").filter(has_text=junk).first.click()
    drawer.get_by_role("button", name="放弃这条结果").click()
    sure = page.get_by_role("dialog", name="放弃")
    expect(sure.get_by_role("button", name="放弃", exact=True)).to_be_disabled()
    sure.get_by_label("放弃原因").fill("厂家测试数据")
    sure.get_by_role("button", name="放弃", exact=True).click()
    expect(page.get_by_text("已放弃")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=junk)).to_have_count(1)
    page.get_by_text("按项目", exact=True).click()
    row = page.get_by_role("row").filter(has_text=junk)
    expect(row).to_contain_text("1 条")
    row.get_by_role("button", name="去对照").click()
    expect(option(page, junk)).to_have_class(re.compile("current"))


def optional(platform: Platform, vendor_id: str) -> None:
    """This vendor may leave the exam number out."""
    desk = hospital.staff(platform, "it_staff")
    known = desk.get(f"/api/admin/exchange/vendors/{vendor_id}").json()
    del known["id"], known["institution_id"]
    changed = desk.put(f"/api/admin/exchange/vendors/{vendor_id}", json={**known, "exam_no_optional": True})
    assert changed.status_code == 200, changed.text


def test_a_vendor_is_registered_changed_and_watched(staff_page: Visit, script: ScriptedVendor) -> None:
    title = f"城东体检中心{secrets.token_hex(3)}"
    page = staff_page("it_staff", "/exchange/vendors")
    page.get_by_role("button", name="登记体检系统").click()
    form = page.get_by_role("dialog", name="登记体检系统")
    form.get_by_label("名称").fill(title)
    form.get_by_label("对方地址").fill("https://exam.example.cn/api")
    form.get_by_label("我方应用编号").fill("kanghu")
    form.get_by_label("我方密钥").fill("a-long-secret")
    form.get_by_role("button", name="登记").click()
    drawer = page.get_by_role("dialog", name="体检系统", exact=True)
    expect(drawer.get_by_text("近 24 小时没有调用")).to_be_visible()
    drawer.get_by_role("button", name="修改设置").click()
    change = page.get_by_role("dialog", name="修改体检系统")
    change.get_by_text("推送时可以不带体检编号").click()
    change.get_by_role("button", name="保存").click()
    drawer.get_by_role("tab", name="设置").click()
    expect(drawer.get_by_text("可省略：")).to_be_visible()
    dictionary(script, ("H-1", "钾", "mmol/L"))
    page.goto(f"/admin/exchange/vendors?open={script.vendor_id}")
    line = drawer.get_by_role("row", name=re.compile("H5 变更项目明细"))
    expect(line.get_by_role("img", name=re.compile("近 24 小时"))).to_be_visible()
    assert_accessible(page)


def test_a_credential_is_issued_once_seen_rotated_and_revoked(
    staff_page: Visit, script: ScriptedVendor
) -> None:
    app_id = f"desk-{secrets.token_hex(4)}"
    page = staff_page("it_staff", "/exchange/apps")
    page.get_by_role("button", name="发放凭证").click()
    form = page.get_by_role("dialog", name="发放接口凭证")
    form.get_by_label("应用编号").fill(app_id)
    form.get_by_label("名称").fill("联调")
    form.get_by_label("允许的来源地址").fill("10.1.2.0/24\n127.0.0.1")
    form.get_by_role("button", name="发放").click()
    once = page.get_by_role("dialog", name="请现在保存密钥")
    secret = once.get_by_test_id("secret").inner_text()
    assert len(secret) > 30
    page.keyboard.press("Escape")
    expect(once.get_by_role("button", name="关闭")).to_be_disabled()
    once.get_by_text("我已保存").click()
    once.get_by_role("button", name="关闭").click()
    drawer = page.get_by_role("dialog", name="接口凭证", exact=True)
    expect(drawer.get_by_text("有效 1 把")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    drawer.get_by_role("button", name="更换密钥").click()
    page.get_by_role("dialog", name="更换密钥").get_by_role("button", name="更换", exact=True).click()
    assert once.get_by_test_id("secret").inner_text() != secret
    once.get_by_text("我已保存").click()
    once.get_by_role("button", name="关闭").click()
    expect(drawer.get_by_text("即将失效")).to_be_visible()
    expect(drawer.get_by_role("button", name="更换密钥")).to_be_disabled()
    drawer.get_by_role("row").filter(has_text="即将失效").get_by_role("button", name="吊销").click()
    page.get_by_role("dialog", name="吊销这把密钥").get_by_role("button", name="吊销", exact=True).click()
    expect(drawer.get_by_text("已吊销")).to_be_visible()
    expect(drawer.get_by_text("有效 1 把")).to_be_visible()


def test_a_message_is_found_opened_masked_and_processed_again(
    staff_page: Visit, script: ScriptedVendor, customer: Customer
) -> None:
    code, key = f"MSG-{new_exam_no()}", f"desk-{secrets.token_hex(6)}"
    body = results_body(customer, new_exam_no(), result(code, "3"))
    script.vendor().push("results", body, **{"X-Request-Id": key})
    page = staff_page("it_staff", f"/exchange/messages?code=501&vendor_id={script.vendor_id}")
    page.get_by_label("对方请求编号（X-Request-Id）").fill(key)
    expect(page).to_have_url(re.compile(f"request_id={key}"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("row").nth(1).click()
    drawer = page.get_by_role("dialog", name="报文", exact=True)
    expect(drawer.get_by_text("到「项目对照」为这些项目建立对照")).to_be_visible()
    request = drawer.get_by_label("请求", exact=True)
    expect(request).to_contain_text("沈*接")
    expect(request).not_to_contain_text("沈对接")
    assert_accessible(page)
    drawer.get_by_role("button", name="显示完整内容").click()
    expect(request).to_contain_text("沈对接")
    drawer.get_by_role("button", name="重新处理").click()
    again = page.get_by_role("dialog", name="重新处理这条报文")
    again.get_by_role("button", name="重新处理").click()
    difference = again.get_by_label("应答的前后对比")
    expect(difference).to_contain_text('"code": "501"')


def test_bookings_are_listed_and_a_day_gets_its_places(
    staff_page: Visit, script: ScriptedVendor, customer: Customer
) -> None:
    script.vendor().push("results", results_body(customer, new_exam_no(), result("BK-1", "1")))
    page = staff_page("doctor", f"/exchange/bookings?vendor_id={script.vendor_id}&state=booked")
    row = page.get_by_role("row").filter(has_text="沈对接").first
    expect(row.get_by_role("link", name="沈对接")).to_be_visible()
    row.get_by_text("已预约").click()
    expect(page.get_by_role("dialog", name="体检预约").get_by_text("等待客户到检")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("open="))
    page.goto(f"/admin/exchange/bookings?vendor_id={script.vendor_id}")
    page.get_by_role("button", name="每日名额").click()
    drawer = page.get_by_role("dialog", name="每日名额")
    day = hospital.in_days(9).isoformat()
    drawer.get_by_role("button", name=re.compile(day)).click()
    change = page.get_by_role("dialog", name=f"{day} 的名额")
    change.get_by_role("spinbutton", name="名额").fill("37")
    change.get_by_role("button", name="保存").click()
    expect(drawer.get_by_role("button", name=f"{day}，名额 37，已约 0")).to_be_visible()
