"""The pure rules of templates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.notices.policy import MissingPlaceholder, kept_data, render, text_problems
from kanghu.modules.notices.service.templates import shipped_templates


@pytest.mark.parametrize(
    ("text", "data", "rendered"),
    [
        ("没有占位符", {}, "没有占位符"),
        ("{day} 见", {"day": date(2026, 12, 1)}, "2026年12月1日 见"),
        ("{n} 项，共 {n} 项", {"n": 3, "more": 1}, "3 项，共 3 项"),
        ("{n} 项", {"n": 0}, "0 项"),
        ("{name}，您好", {"name": "{n}"}, "{n}，您好"),
        ("{name}", {"name": "{0.__class__}"}, "{0.__class__}"),
    ],
)
def test_render(text: str, data: dict[str, object], rendered: str) -> None:
    assert render(text, data) == rendered


@pytest.mark.parametrize("data", [{}, {"name": None}, {"name": ""}])
def test_render_without_a_value(data: dict[str, object]) -> None:
    with pytest.raises(MissingPlaceholder, match="name"):
        render("{name}，您好", data)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("{day} 见", []),
        ("{天} 见", ["没有“{天}”这个占位符，可用的有：day"]),
        ("{day!r} {day}", ["没有“{day!r}”这个占位符，可用的有：day"]),
        ("{day", ["大括号不成对"]),
        ("{{day}}", ["大括号不成对"]),
        ("{}", ["没有“{}”这个占位符，可用的有：day"]),
    ],
)
def test_text_problems(text: str, problems: list[str]) -> None:
    assert text_problems(text, {"day": {}}) == problems


@given(st.text(alphabet="{}day ", max_size=20))
def test_text_without_problems_can_always_be_rendered(text: str) -> None:
    if not text_problems(text, {"day": {}}):
        assert "{" not in render(text, {"day": "今天"})


def test_only_what_is_declared_harmless_is_kept_in_clear() -> None:
    declared = {"day": {"personal": False}, "name": {"personal": True}, "unsure": {}}
    data = {"day": date(2026, 12, 1), "name": "张三", "unsure": "x", "phone": "13800000000"}
    assert kept_data(data, declared) == {"day": "2026年12月1日"}


def test_shipped_templates_use_their_placeholders_and_no_others() -> None:
    codes = [template["code"] for template in shipped_templates()]
    assert codes == [
        "guide_received", "results_received", "report_received", "booking_confirmed", "booking_failed",
        "booking_waiting", "abnormal_result", "checklist_ready", "abnormal_found", "finding_overdue",
        "message_waiting", "identity_passed", "identity_refused",
    ]  # fmt: skip
    for template in shipped_templates():
        text = template["title"] + template["body"]
        assert text_problems(text, template["placeholders"]) == []
        assert all("{" + name + "}" in text for name in template["placeholders"])
