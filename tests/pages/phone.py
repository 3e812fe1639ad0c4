"""What a customer does with their thumbs, on whatever page of the app they are."""

import re
from datetime import date

from playwright.sync_api import Locator, Page, expect


def here(page: Page) -> Locator:
    """The page in front; the one behind stays alive."""
    return page.locator(".page-root:visible")


def press(page: Page, text: str) -> None:
    here(page).get_by_role("button", name=text, exact=True).click()


def day_cell(page: Page, day: date) -> Locator:
    return here(page).get_by_role("radio", name=re.compile(f"^(?:.*年)?{day.month}月{day.day}日"))


def answer_all(page: Page, answer: str = "完全不会") -> None:
    for group in here(page).get_by_role("radiogroup").all():
        group.get_by_role("radio", name=answer).click()


_READ_ON = """text => {
    text.parentElement.parentElement.scrollTop = 99999
    return [...document.querySelectorAll('[role=button]')].some((one) => one.innerText.trim() === '同意并签约')
}"""


def read_and_sign(page: Page) -> None:
    """Down to the last line of the agreement: the button is dead before."""
    text = here(page).get_by_label("协议全文").locator(".text__inner").element_handle()
    # Frame by frame: the text grows while it is drawn.
    page.wait_for_function(_READ_ON, arg=text)
    press(page, "同意并签约")


def fill_the_questionnaire(page: Page) -> None:
    """Hands in too early, follows the list of what is missing, then hands in."""
    form = here(page)
    for name, value in {"您的身高是多少？": "172", "您的体重是多少？": "80"}.items():
        form.get_by_label(name).fill(value)
    while form.get_by_role("button", name="下一步").is_visible():
        press(page, "下一步")
    expect(form.get_by_text("已保存")).to_be_visible()
    expect(form.get_by_text("27 kg/m²")).to_be_visible()
    press(page, "提交")
    for question, answer in (
        ("您长期居住在长江以北吗？", "是"),
        ("您长期居住在城镇吗？", "是"),
        ("医生曾经说您患有下列疾病吗？（可多选）", "以上都没有"),
        ("最近两周，您吃过降血压的药吗？", "否"),
        ("您吸烟吗？", "从不吸烟"),
    ):
        form.get_by_role("alert").get_by_text(question).click()
        form.get_by_label(question, exact=True).get_by_text(answer, exact=True).click()
    while form.get_by_role("button", name="下一步").is_visible():
        press(page, "下一步")
    press(page, "提交")
