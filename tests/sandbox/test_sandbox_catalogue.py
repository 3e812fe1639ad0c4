"""The centre's items and what its exams find: pure rules, over every item, both sexes and all ages."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu_sandbox.exam_centre import catalogue, identity, simulation
from kanghu_sandbox.exam_centre.data import rows
from kanghu_sandbox.exam_centre.pdf import write_pdf
from kanghu_sandbox.exam_centre.service.book_exam import bookable_days
from kanghu_sandbox.exam_centre.service.run_exam import split
from kanghu_sandbox.wire.messages import Person

ITEMS = catalogue.shipped()
EXAM_DAY = date(2026, 11, 20)


def somebody(sex: str, born: int) -> Person:
    return Person.model_validate({"name": "某人", "sex": sex, "birth_date": f"{born}0615"})


def full_exam(sex: str, born: int, exam_no: str) -> dict[str, dict[str, object]]:
    results = simulation.perform(list(ITEMS.values()), ITEMS, somebody(sex, born), exam_no, EXAM_DAY)
    return {str(one["item_code"]): one for one in results}


def test_size_and_shape_of_the_catalogue() -> None:
    assert len(ITEMS) >= 75
    assert len(rows("catalogue.csv")) == len(ITEMS), "a code stands twice"
    assert {item.result_type for item in ITEMS.values()} == {"numeric", "ordinal", "coded", "text"}
    departments = {item.department for item in ITEMS.values()}
    assert {"检验科", "内科", "心电图室", "放射科", "超声科", "一般检查室"} <= departments
    assert {"mg/dL", "10^9/L", "µmol/L", "μmol/L"} <= {item.unit for item in ITEMS.values()}
    assert any(re.search("[Ａ-Ｚａ-ｚ]", item.name) for item in ITEMS.values())


def test_every_range_belongs_to_an_item_and_names_its_source() -> None:
    for row in rows("reference_ranges.csv"):
        assert row["item_code"] in ITEMS
        assert row["source"], row
        assert row["confidence"] in {"seen", "seen-2"}, row
        assert row["low"] or row["high"] or row["text"]


@given(st.sampled_from("12"), st.integers(1926, 2008), st.integers(0, 10**6))
def test_a_full_exam_is_plausible(sex: str, born: int, number: int) -> None:
    results = full_exam(sex, born, f"20261120{number:06d}")
    assert len(results) >= 60
    for code, one in results.items():
        item = ITEMS[code]
        assert item.is_for(sex)
        assert one["value"]
        assert one["abnormal_flag"] in ("N", "H", "L", "A")
        if item.result_type == "numeric":
            value = simulation.number_in(str(one["value"]))
            assert value is not None, one
            assert value > 0 or item.unit == "个/HP", one  # a field of view may show no cell at all
        else:
            assert one["value"] in (item.normal_values, *item.other_values)

    def number_of(code: str) -> float:
        found = simulation.number_in(str(results[code]["value"]))
        assert found is not None
        return found

    shares = sum(number_of(code) for code in ("XCG09", "XCG10", "XCG11", "XCG12", "XCG13"))
    assert shares == pytest.approx(100, abs=0.1)
    assert number_of("BMI-01") == pytest.approx(
        number_of("TZ-KG") / (number_of("SG-CM") / 100) ** 2, abs=0.06
    )
    assert number_of("TP-S") == pytest.approx(number_of("ALB-S") + number_of("GLB-S"), abs=0.06)
    assert number_of("TBIL-X") == pytest.approx(number_of("DBIL-X") + number_of("IBIL-X"), abs=0.06)
    assert number_of("SBP-L") > number_of("DBP-L")


def test_an_exam_is_the_same_when_asked_again_and_another_differs() -> None:
    one, again, other = (full_exam("1", 1970, number) for number in ("A1", "A1", "A2"))
    assert one == again
    assert {code: r["value"] for code, r in one.items()} != {code: r["value"] for code, r in other.items()}


def test_values_come_in_every_printed_form() -> None:
    """Over a few dozen exams: below a limit, titres, powers of ten, full-width digits, plus signs, sentences."""
    values = {
        str(one["value"]) for number in range(60) for one in full_exam("2", 1975, f"E{number}").values()
    }
    for form in (
        r"<\d",
        r"1:\d+",
        r"\d+×10\^9$",
        r"[０-９]．[０-９]",
        r"[12]\+",
        r"阴性\(-\)",
        r"脂肪肝（轻度）",
    ):
        assert any(re.match(form, value) for value in values), form


def test_lungs_carry_structured_findings() -> None:
    item = ITEMS["NK-LY"]
    wet = simulation.result_of(item, "右下肺闻及少许湿啰音", "1", 50, "E1", EXAM_DAY)
    assert wet["sub_findings"][0] == {"name": "罗音", "value": "湿罗音", "site": "右肺下叶"}
    for code in ("NK-HXY", "NK-LY"):
        for value in (ITEMS[code].normal_values, *ITEMS[code].other_values):
            assert value in simulation.SUB_FINDINGS


@pytest.mark.parametrize(
    ("code", "sex", "age", "value", "expected"),
    [
        ("GLU0", "1", 40, "110", "N"),
        ("GLU0", "1", 40, "111", "H"),
        ("GLU0", "1", 40, "69", "L"),
        ("GLU0", "1", 40, "溶血", "A"),
        ("GLU0", "1", 12, "300", "N"),  # no range for a child: nothing to compare with
        ("XCG03", "1", 40, "120", "L"),
        ("XCG03", "2", 40, "120", "N"),
        ("CR-X", "1", 59, "1.20", "H"),
        ("CR-X", "1", 60, "1.20", "N"),
        ("NCG02", "1", 40, "８．５", "H"),
        ("TSH-U", "1", 40, "<0.010", "N"),
        ("NCG03", "1", 40, "阴性(-)", "N"),
        ("NCG03", "1", 40, "1+", "A"),
    ],
)
def test_flags(code: str, sex: str, age: int, value: str, expected: str) -> None:
    item = ITEMS[code]
    assert simulation.flag(item, value, item.range_for(sex, age)) == expected


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("5.6", 5.6),
        ("５．６", 5.6),
        ("<0.01", 0.01),
        (">1000", 1000),
        ("1.2×10^9", 1.2e9),
        ("阴性", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_printed(printed: str, number: float | None) -> None:
    assert simulation.number_in(printed) == (None if number is None else pytest.approx(number))


def test_age() -> None:
    assert simulation.age_on("19680315", "20260314") == 57
    assert simulation.age_on("19680315", "20260315") == 58


def test_id_numbers() -> None:
    assert identity.id_key("01", "310101551230009") == "310101195512300099"
    assert identity.id_key("01", " 11010119680315001x ") == "11010119680315001X"
    assert identity.id_key("03", "310101551230009") == "310101551230009", "a passport isn't an identity card"
    assert identity.masked("110101196803150016") == "1101************16"


def test_bookable_days() -> None:
    assert bookable_days(date(2026, 12, 25)) == (date(2026, 12, 25), date(2027, 1, 8))


@given(st.integers(0, 5000), st.integers(1, 200))
def test_split_loses_nothing_and_keeps_the_limit(count: int, parts: int) -> None:
    results = [{"n": number} for number in range(count)]
    pieces = split(results, parts)
    assert [one for piece in pieces for one in piece] == results
    assert all(1 <= len(piece) <= 2000 for piece in pieces)
    if parts <= count <= 2000:
        assert 1 <= len(pieces) <= parts


def test_pdf_points_where_its_objects_are() -> None:
    written = write_pdf([f"第{number}行 𬀩 (括号) \\ 反斜杠" for number in range(120)])
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", written)[1])  # type: ignore[index]
    assert written[start:].startswith(b"xref\n0 ")
    offsets = [int(one) for one in re.findall(rb"(\d{10}) 00000 n ", written[start:])]
    for number, offset in enumerate(offsets, start=1):
        assert written[offset:].startswith(b"%d 0 obj\n" % number)
    assert b"/Count 3 " in written
    for length, content in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", written, re.DOTALL):
        assert len(content) == int(length)
    assert "第1行 〓".encode("utf-16-be").hex().encode() in written
