"""What an exam finds: plausible results for a person, the same ones every time for the same exam number.

Nothing here is medicine. Numbers are drawn around the `typical` span of the catalogue, drift a little with age, and
agree with each other where a report would show that they don't (BMI, A/G, the five cell shares, red cell indices).
"""

import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from kanghu_sandbox.wire.messages import Person, parse_date

from . import clock
from .catalogue import Item, Range

ODD_SHARE = 0.12  # share of words (dipsticks, findings) that aren't the normal one
Numbers = Mapping[str, float]

# Code → what it is worked out from. In the order in which they may be worked out.
DERIVED: dict[str, Callable[[Numbers], float]] = {
    "BMI-01": lambda n: n["TZ-KG"] / (n["SG-CM"] / 100) ** 2,
    "YTB": lambda n: n["YW-CM"] / n["TW-CM"],
    "NK-HR": lambda n: n["MB"],
    "XCG04": lambda n: n["XCG03"] * 100 / n["XCG07"],
    "XCG05": lambda n: n["XCG04"] * 10 / n["XCG02"],
    "XCG06": lambda n: n["XCG03"] / n["XCG02"],
    "XCG10": lambda n: 100 - n["XCG09"] - n["XCG11"] - n["XCG12"] - n["XCG13"],
    "XCG14": lambda n: n["XCG01"] * n["XCG09"] / 100,
    "XCG15": lambda n: n["XCG01"] * n["XCG10"] / 100,
    "GLB-S": lambda n: n["TP-S"] - n["ALB-S"],
    "AG-S": lambda n: n["ALB-S"] / n["GLB-S"],
    "IBIL-X": lambda n: n["TBIL-X"] - n["DBIL-X"],
}

_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")


def age_on(birth_date: str, day: str) -> int:
    """Full years between two days written YYYYMMDD."""
    born, then = parse_date(birth_date), parse_date(day)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def perform(
    items: list[Item], catalogue: Mapping[str, Item], person: Person, exam_no: str, day: date
) -> list[dict[str, Any]]:
    """Results (without sequence) of `items` for one exam. Items that aren't for the person's sex are left out."""
    age = age_on(person.birth_date, day.strftime("%Y%m%d"))
    numbers = _numbers(catalogue, person.sex, age, exam_no)
    return [
        result_of(item, _value(item, numbers, person.sex, exam_no), person.sex, age, exam_no, day)
        for item in items
        if item.is_for(person.sex)
    ]


def result_of(item: Item, value: str, sex: str, age: int, exam_no: str, day: date) -> dict[str, Any]:
    """One result as US-H3 carries it, flagged against the reference range of the person."""
    fitting = item.range_for(sex, age)
    dice = random.Random(f"{exam_no}/{item.department}")
    drawn = datetime.combine(day, time(dice.randint(8, 10), dice.randint(0, 59)), clock.SHANGHAI)
    result: dict[str, Any] = {
        "item_code": item.item_code,
        "item_name": item.name,
        "value": value,
        "value_type": item.result_type,
        "abnormal_flag": flag(item, value, fitting),
        "performed_at": min(drawn, clock.now()).isoformat(timespec="seconds"),
        "department": item.department,
        "operator": dice.choice(("周敏", "孙涛", "吴静")),
        "reviewer": dice.choice(("郑国华", "冯丽")),
    }
    optional = {
        "unit": item.unit,
        "specimen": item.specimen,
        "method": item.method,
        "reference_range": fitting.printed() if fitting else "",
    }
    result |= {name: text for name, text in optional.items() if text}
    if findings := SUB_FINDINGS.get(value):
        result["sub_findings"] = [dict(one) for one in findings]
    if item.category_code == "XR":
        result["images"] = [_image(exam_no)]
    return result


def flag(item: Item, value: str, fitting: Range | None) -> str:
    """N, H, L or A of a printed value. What lies below the detection limit is never too low; words for a number are A."""
    if item.result_type != "numeric":
        return "N" if value == item.normal_values else "A"
    if fitting is None:
        return "N"
    number = number_in(value)
    if number is None:
        return "A"
    if fitting.high and number > float(fitting.high):
        return "H"
    if fitting.low and number < float(fitting.low) and not value.startswith("<"):
        return "L"
    return "N"


def number_in(printed: str) -> float | None:
    """The number in a printed value: full-width digits, a leading < or > and a power of ten are understood."""
    mantissa, _, power = printed.translate(_HALF_WIDTH).lstrip("<>").partition("×10^")
    try:
        return float(mantissa) * 10 ** int(power or 0)
    except ValueError:
        return None


def _numbers(catalogue: Mapping[str, Item], sex: str, age: int, exam_no: str) -> dict[str, float]:
    """A number for every numeric item, whether booked or not: what is derived needs its parts."""
    numbers: dict[str, float] = {}
    for item in catalogue.values():
        typical = item.typical_female if sex == "2" else item.typical_male
        if item.result_type != "numeric" or not typical:
            continue
        low, _, high = typical.partition("-")
        # Two standard deviations to either end: about one value in twenty falls outside the usual.
        middle, spread = (float(low) + float(high)) / 2, (float(high) - float(low)) / 4
        drawn = random.Random(f"{exam_no}/{item.item_code}").gauss(middle, spread)
        drawn += item.drift_per_decade * (age - 40) / 10
        numbers[item.item_code] = round(max(drawn, float(low) / 2), item.decimals)
    for code, work_out in DERIVED.items():
        numbers[code] = round(work_out(numbers), catalogue[code].decimals)
    return numbers


def _value(item: Item, numbers: Numbers, sex: str, exam_no: str) -> str:
    if item.result_type == "numeric":
        return printed(item, numbers[item.item_code])
    dice = random.Random(f"{exam_no}/{item.item_code}")
    if item.other_values and dice.random() < ODD_SHARE:
        return dice.choice(item.other_values)
    return item.normal_values


def printed(item: Item, number: float) -> str:
    """A number as this centre prints it: <limit, full-width digits or a power of ten where the item asks for that."""
    if item.detection_limit and number < float(item.detection_limit):
        return f"<{item.detection_limit}"
    text = f"{number:.{item.decimals}f}"
    if item.print_as == "fullwidth":
        return text.translate(_FULL_WIDTH)
    return f"{text}×10^9" if item.print_as == "power9" else text


def _finding(name: str, value: str, site: str = "") -> dict[str, str]:
    return {"name": name, "value": value} | ({"site": site} if site else {})


# 语义扩展: what a sentence of the doctor says, taken apart.
SUB_FINDINGS: dict[str, tuple[dict[str, str], ...]] = {
    "双肺呼吸音清": (_finding("呼吸音", "正常", "双肺"),),
    "双肺呼吸音粗": (_finding("呼吸音", "增粗", "双肺"),),
    "右下肺呼吸音减弱": (_finding("呼吸音", "减弱", "右肺下叶"),),
    "未闻及干湿性啰音": (_finding("罗音", "无"),),
    "右下肺闻及少许湿啰音": (_finding("罗音", "湿罗音", "右肺下叶"), _finding("罗音程度", "少许")),
    "双肺散在干啰音": (_finding("罗音", "干罗音", "双肺"), _finding("罗音分布", "散在")),
}


def _image(exam_no: str) -> dict[str, str]:
    """Where the picture of a chest X-ray would be found (WS 538). UIDs under 2.25 need no registration."""
    root = f"2.25.{int(random.Random(exam_no).getrandbits(96))}"
    return {
        "study_uid": root,
        "series_uid": f"{root}.1",
        "instance_uid": f"{root}.1.1",
        "modality": "DX",
        "body_part": "CHEST",
        "url": f"https://pacs.exam-centre.example/studies/{root}",
    }
