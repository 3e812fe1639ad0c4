"""群发: one prepares and looks, another releases, the phones show it, WeChat's report comes back."""

import re
import secrets
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.test_admin_fans import follower, official
from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import staff

Visit = Callable[..., Page]


def test_one_prepares_another_releases_and_the_phones_show_it(staff_page: Visit, platform: Platform) -> None:
    admin, account = official(platform)
    fans = [follower(platform), follower(platform)]
    place = f"/api/admin/wechat/accounts/{account}/fans"
    eventually(lambda: set(fans) <= {fan["openid"] for fan in admin.get(place).json()["items"]})
    name = f"体检月{secrets.token_hex(3)}"

    page = staff_page("admin", "/wechat/broadcasts")
    page.get_by_role("button", name="拟定群发").click()
    form = page.get_by_role("dialog", name="拟定群发")
    form.get_by_label("名称").fill(name)
    form.get_by_text("指定的粉丝").click()
    form.get_by_label("粉丝的 OpenID").fill("\n".join([*fans, "oNobodyThatWeKnow"]))
    form.get_by_label("文字", exact=True).last.fill("十二月体检八折")
    assert_accessible(page)
    form.get_by_role("button", name="保存，等待放行").click()
    mine = page.get_by_role("dialog", name="群发")
    expect(mine.get_by_text("2 位粉丝会收到")).to_be_visible()
    expect(mine.get_by_text("不是这个公众号的粉丝：1 位")).to_be_visible()
    expect(mine.get_by_role("button", name="核对无误，放行")).to_be_disabled()
    mine.get_by_label("粉丝的 OpenID").fill(fans[0])
    mine.get_by_role("button", name="发送预览").click()
    expect(page.get_by_text("已发给这位粉丝")).to_be_visible()
    assert_accessible(page)

    other = staff_page("it_staff", "/wechat/broadcasts")
    other.get_by_role("row").filter(has_text=name).click()
    theirs = other.get_by_role("dialog", name="群发")
    theirs.get_by_role("button", name="核对无误，放行").click()
    question = other.get_by_role("dialog", name=re.compile("^放行"))
    expect(question.get_by_text("2 位粉丝将立即收到")).to_be_visible()
    question.get_by_role("button", name="放行", exact=True).click()
    parts = theirs.get_by_role("list", name="各批")
    expect(parts.get_by_text("微信已接收")).to_be_visible()
    expect(parts.get_by_text("微信：已发完，成功 2 人")).to_be_visible()
    assert_accessible(other)
    assert (
        staff(platform, "it_staff").get(f"/api/admin/wechat/accounts/{account}/broadcasts").status_code == 200
    )
