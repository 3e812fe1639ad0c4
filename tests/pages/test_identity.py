"""Proving who one is: a face on the service's page, and the equal way of pictures that two of staff look at."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages import identities
from tests.pages.accessibility import assert_accessible
from tests.pages.identities import PICTURE
from tests.pages.phone import here, press
from tests.pages.talks import masked, new_agent
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform
from tests.wire.hospital import Customer

Visit = Callable[..., Page]
IDENTITY = "/pkg-account/identity"


@pytest.fixture
def customer(platform: Platform) -> Customer:
    return hospital.sign_up(platform, identities.new_name(), "1")


def tick(page: Page, agreement: str) -> None:
    here(page).get_by_role("checkbox", name=f"同意{agreement}").click()


def test_a_face_is_shown_and_the_verdict_comes_back(
    platform: Platform, watch: Watch, customer_page: Visit, customer: Customer
) -> None:
    watch.visits(platform.sandbox)
    page = customer_page(customer.client, IDENTITY)
    expect(here(page).get_by_text("未核验")).to_be_visible()
    assert_accessible(page)
    press(page, "人脸核身")
    press(page, "同意并开始")
    expect(here(page).get_by_text("请先阅读并勾选同意")).to_be_visible()
    tick(page, "人脸信息处理单独同意书")
    assert_accessible(page)
    press(page, "同意并开始")
    page.get_by_role("button", name="无法判断为同一人").click()
    expect(here(page).get_by_role("alert")).to_contain_text("没有认出是本人")
    press(page, "人脸核身")
    page.get_by_role("button", name="成功").click()
    expect(here(page).get_by_text("已核验", exact=True)).to_be_visible()
    assert customer.client.get("/api/patient/people/identity").json()["assurance"]["way"] == "tencent_face"


def test_who_turns_back_from_the_face_goes_on_another_way(
    platform: Platform, watch: Watch, customer_page: Visit, customer: Customer
) -> None:
    watch.visits(platform.sandbox)
    identities.agree(customer.client, "face_check")
    page = customer_page(customer.client, IDENTITY)
    press(page, "人脸核身")
    page.get_by_role("button", name="不做了，返回").click()
    expect(here(page).get_by_text("还没有结果")).to_be_visible()
    assert_accessible(page)
    press(page, "用其他方式")
    expect(here(page).get_by_role("button", name="同意，去拍照")).to_be_visible()


def test_a_name_is_compared_with_its_number(customer_page: Visit, customer: Customer) -> None:
    page = customer_page(customer.client, IDENTITY)
    here(page).get_by_role("button", name=re.compile("只核对姓名与号码")).click()
    tick(page, "身份核验同意书")
    press(page, "同意并核对")
    expect(here(page).get_by_text("已实名", exact=True)).to_be_visible()
    expect(here(page).get_by_role("button", name="人脸核身", exact=True)).to_be_visible()


def test_pictures_of_the_card_lead_as_far_in_two_taps(
    platform: Platform, customer_page: Visit, staff_page: Visit, customer: Customer
) -> None:
    phone = customer_page(customer.client, IDENTITY)
    press(phone, "用其他方式")  # one tap
    tick(phone, "身份核验同意书")
    press(phone, "同意，去拍照")
    press_picture(phone, "有照片和姓名的一面")
    press(phone, "提交")
    expect(here(phone).get_by_text("还没有拍有国徽和有效期限的一面")).to_be_visible()
    press_picture(phone, "有国徽和有效期限的一面")
    assert_accessible(phone)
    press(phone, "提交")
    expect(here(phone).get_by_text("正在由工作人员核对")).to_be_visible()

    for who, button, said in (
        ("核对员小甲", "核对相符", "等待另一位同事复核"),
        ("核对员小乙", "复核相符，通过", "复核通过"),
    ):
        desk = open_card(staff_page, new_agent(platform, who, on_duty=False), customer)
        drawer = desk.get_by_role("dialog", name="核对证件")
        expect(drawer.get_by_text(customer.person["id_number"])).to_be_visible()
        expect(drawer.get_by_role("img", name=re.compile("有国徽"))).to_be_visible()
        assert_accessible(desk)
        drawer.get_by_role("button", name=button, exact=True).click()
        expect(desk.get_by_text(said).first).to_be_visible()

    expect(drawer.get_by_text("照片已删除")).to_be_visible()
    expect(here(phone).get_by_text("已核验", exact=True)).to_be_visible()


def test_a_refused_card_says_what_to_do(
    platform: Platform, customer_page: Visit, staff_page: Visit, customer: Customer
) -> None:
    identities.send_card(customer.client)
    desk = open_card(staff_page, new_agent(platform, "核对员小丙", on_duty=False), customer)
    drawer = desk.get_by_role("dialog", name="核对证件")
    drawer.get_by_role("button", name="退回…").click()
    drawer.get_by_role("button", name="退回", exact=True).click()
    expect(drawer.get_by_text("请选择原因")).to_be_visible()
    drawer.get_by_text("照片不清楚或不完整").click()
    drawer.get_by_role("button", name="退回", exact=True).click()
    expect(desk.get_by_text("已退回，客户会收到原因")).to_be_visible()
    phone = customer_page(customer.client, IDENTITY)
    expect(here(phone).get_by_role("alert")).to_contain_text("重新拍摄")


def press_picture(page: Page, title: str) -> None:
    with page.expect_file_chooser() as chooser:
        here(page).get_by_role("button", name=f"拍摄{title}").click()
    chooser.value.set_files({"name": "card.png", "mimeType": "image/png", "buffer": PICTURE})
    expect(here(page).get_by_role("button", name=f"重拍{title}")).to_be_visible()


def open_card(staff_page: Visit, who: httpx.Client, customer: Customer) -> Page:
    page = staff_page(who, "/health/identity")
    page.get_by_role("row", name=re.compile(re.escape(masked(customer.person["name"])))).click()
    expect(page.get_by_role("dialog", name="核对证件")).to_be_visible()
    return page
