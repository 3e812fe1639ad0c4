"""US-K1 and US-K2 over a real socket: what is found, made, refused and never done twice."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .conftest import RunningCentre

ITEMS = [{"item_code": "GLU0", "name": "葡萄糖(空腹)", "category": "糖代谢", "optional": False}]


def day(offset: int) -> str:
    return (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=offset)).strftime("%Y%m%d")


def appointment(account: str, person: dict[str, Any], offset: int = 1, **changes: Any) -> dict[str, Any]:
    wanted = {"exam_account": account, "person": person, "appointment_date": day(offset), "items": ITEMS}
    return wanted | changes


async def account_of(centre: RunningCentre, person: dict[str, Any]) -> str:
    return str((await centre.bind(person)).json()["data"]["exam_account"])


# US-K1


async def test_somebody_known_is_found(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    answer = await centre.bind(zhang)
    assert answer.status_code == 200
    assert answer.json()["accepted"] is True
    assert answer.json()["messages"] == []
    people = await centre.control("GET", "/persons")
    assert answer.json()["data"]["exam_account"] in {one["exam_account"] for one in people}
    assert len(people) == 8


async def test_a_stranger_gets_an_account_and_103(centre: RunningCentre, stranger: dict[str, Any]) -> None:
    first = (await centre.bind(stranger)).json()
    [message] = first["messages"]
    assert first["accepted"] is True
    assert (message["code"], message["level"]) == ("103", "info")
    assert message["text"].startswith("𬀩·古丽，2，19900228，")
    assert message["text"].endswith("，查无账号")
    assert stranger["id_number"] not in message["text"]
    # The second time she is known: the same account, and nothing to say.
    second = (await centre.bind(stranger)).json()
    assert second["data"] == first["data"]
    assert second["messages"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "张 建 国"},
        {"id_number": "１１０１０１１９６８０３１５００１６"},
    ],
)
async def test_another_spelling_is_the_same_person(
    centre: RunningCentre, zhang: dict[str, Any], change: dict[str, str]
) -> None:
    assert (await centre.bind(zhang | change)).json()["data"]["exam_account"] == await account_of(
        centre, zhang
    )


async def test_old_15_digit_number_is_the_same_person(centre: RunningCentre) -> None:
    """Known by 310101551230009; comes with the 18-digit number."""
    chen = {"name": "陈志强", "sex": "1", "birth_date": "19551230", "id_type": "01"}
    old = (await centre.bind(chen | {"id_number": "310101551230009"})).json()
    new = (await centre.bind(chen | {"id_number": "310101195512300099"})).json()
    assert old["messages"] == new["messages"] == []
    assert old["data"] == new["data"]


async def test_other_dot_in_a_name_is_the_same_person(centre: RunningCentre) -> None:
    person = {"sex": "2", "birth_date": "19800101", "id_type": "01", "id_number": "650121198001010126"}
    answers = [
        (await centre.bind(person | {"name": name})).json()
        for name in ("阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽．买买提")
    ]
    assert [answer["messages"] for answer in answers] == [[], [], []]


async def test_104_when_the_document_belongs_to_somebody_else(
    centre: RunningCentre, zhang: dict[str, Any]
) -> None:
    answer = (await centre.bind(zhang | {"name": "李四", "birth_date": "19700101"})).json()
    [message] = answer["messages"]
    assert answer["accepted"] is False
    assert answer["data"] == {}
    assert (message["code"], message["level"]) == ("104", "error")
    assert message["text"].startswith("绑定失败！")
    assert message["details"]["fields"] == ["name", "birth_date"]
    assert "张建国" not in str(answer)
    assert "19680315" not in str(answer)


async def test_parallel_strangers_get_one_account_each(
    centre: RunningCentre, stranger: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(centre.bind(stranger) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["exam_account"] for answer in answers}) == 1
    assert sum(bool(answer.json()["messages"]) for answer in answers) == 1


# US-K2


async def test_booking_gives_an_exam_number(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    account = await account_of(centre, zhang)
    answer = (await centre.call("/appointments", appointment(account, zhang))).json()
    assert answer["accepted"] is True
    [booking] = await centre.control("GET", "/appointments")
    assert booking["exam_no"] == answer["data"]["exam_no"]
    assert (booking["exam_account"], booking["appointment_date"]) == (account, day(1))
    assert booking["items"] == ["GLU0"]


@pytest.mark.parametrize(("offset", "good"), [(-1, False), (0, True), (14, True), (15, False)])
async def test_today_to_today_plus_14(
    centre: RunningCentre, zhang: dict[str, Any], offset: int, good: bool
) -> None:
    account = await account_of(centre, zhang)
    answer = (await centre.call("/appointments", appointment(account, zhang, offset))).json()
    assert answer["accepted"] is good
    if not good:
        [message] = answer["messages"]
        assert (message["code"], message["level"]) == ("201", "error")
        assert message["text"] == f"请输入{day(0)}至{day(14)}的任意日期。"
        assert await centre.control("GET", "/appointments") == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exam_account": "TJ99999999"}, "体检账号不存在"),
        ({"items": []}, "体检项目清单为空"),
        ({"items": [{"item_code": "NO-SUCH"}]}, "本中心没有这些项目：NO-SUCH"),
        ({"items": [{"item_code": "CA153"}]}, "这些项目不适用于该性别"),
    ],
)
async def test_202_says_why(
    centre: RunningCentre, zhang: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    account = await account_of(centre, zhang)
    answer = (await centre.call("/appointments", appointment(account, zhang, **change))).json()
    [message] = answer["messages"]
    assert answer["accepted"] is False
    assert (message["code"], message["level"]) == ("202", "error")
    assert message["text"].startswith("体检预约失败。" + reason)
    assert await centre.control("GET", "/appointments") == []


async def test_202_for_another_persons_account(
    centre: RunningCentre, zhang: dict[str, Any], stranger: dict[str, Any]
) -> None:
    answer = (
        await centre.call("/appointments", appointment(await account_of(centre, zhang), stranger))
    ).json()
    assert answer["messages"][0]["code"] == "202"
    assert "张建国" not in str(answer)


async def test_items_without_a_code_are_left_to_the_desk(
    centre: RunningCentre, zhang: dict[str, Any]
) -> None:
    unmatched = {"item_code": "", "name": "骨密度", "category": "功能检查", "optional": True}
    account = await account_of(centre, zhang)
    answer = (
        await centre.call("/appointments", appointment(account, zhang, items=[unmatched, *ITEMS]))
    ).json()
    assert answer["accepted"] is True
    assert answer["data"]["unmatched_items"] == ["骨密度"]
    [booking] = await centre.control("GET", "/appointments")
    assert (booking["items"], booking["unmatched"]) == (["GLU0"], ["骨密度"])
    nothing = (await centre.call("/appointments", appointment(account, zhang, items=[unmatched]))).json()
    assert nothing["messages"][0]["code"] == "202"


async def test_a_booking_needs_no_document(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    """Null counts as not sent; the rest of the identity must still agree."""
    account = await account_of(centre, zhang)
    bare = zhang | {"id_type": None, "id_number": None, "phone": None}
    assert (await centre.call("/appointments", appointment(account, bare))).json()["accepted"] is True
    wrong = appointment(account, bare | {"birth_date": "19680316"})
    assert (await centre.call("/appointments", wrong)).json()["messages"][0]["details"] == {
        "fields": ["birth_date"]
    }


async def test_two_exams_on_one_day_are_two_exams(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    wanted = appointment(await account_of(centre, zhang), zhang)
    numbers = [
        (await centre.call("/appointments", wanted, request_id=key)).json()["data"]["exam_no"] for key in "ab"
    ]
    assert len(set(numbers)) == 2


async def test_50_parallel_bookings_never_overbook(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    wanted = appointment(await account_of(centre, zhang), zhang, 3)
    await centre.control("PUT", f"/days/{day(3)}", {"capacity": 7})
    answers = await asyncio.gather(*(centre.call("/appointments", wanted) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    good = [answer.json() for answer in answers if answer.json()["accepted"]]
    full = [answer.json() for answer in answers if not answer.json()["accepted"]]
    assert len(good) == 7
    assert len({answer["data"]["exam_no"] for answer in good}) == 7
    assert {answer["messages"][0]["code"] for answer in full} == {"202"}
    assert {answer["messages"][0]["text"] for answer in full} == {f"体检预约失败。{day(3)}已约满"}
    assert len(await centre.control("GET", "/appointments")) == 7


# X-Request-Id


async def test_the_same_id_gives_the_first_answer(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    wanted = appointment(await account_of(centre, zhang), zhang)
    answers = await asyncio.gather(
        *(centre.call("/appointments", wanted, request_id="booking-1") for _ in range(10))
    )
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["request_id"] == "booking-1"
    assert len(await centre.control("GET", "/appointments")) == 1


async def test_the_same_id_with_another_message_is_409(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    account = await account_of(centre, zhang)
    await centre.call("/appointments", appointment(account, zhang, 1), request_id="booking-1")
    answer = await centre.call("/appointments", appointment(account, zhang, 2), request_id="booking-1")
    assert answer.status_code == 409
    assert answer.json()["messages"][0]["code"] == "transport.request_id_reused"
    assert len(await centre.control("GET", "/appointments")) == 1


async def test_a_refusal_is_remembered_too(centre: RunningCentre, zhang: dict[str, Any]) -> None:
    wanted = appointment(await account_of(centre, zhang), zhang, 1)
    await centre.control("PUT", f"/days/{day(1)}", {"capacity": 0})
    first = await centre.call("/appointments", wanted, request_id="booking-1")
    await centre.control("PUT", f"/days/{day(1)}", {"capacity": 5})
    again = await centre.call("/appointments", wanted, request_id="booking-1")
    assert first.json()["messages"][0]["code"] == "202"
    assert again.text == first.text
