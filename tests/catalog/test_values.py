"""Printed values: what vendors really write, and that nothing they write can break the reader."""

import timeit
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kanghu.modules.catalog.values import parse


@pytest.mark.parametrize(
    ("printed", "number", "comparator"),
    [
        ("5.2", "5.2", ""),
        (" 5.20 ", "5.20", ""),
        ("０．０１", "0.01", ""),
        ("<0.01", "0.01", "<"),
        ("＜0.01", "0.01", "<"),
        ("＞１００", "100", ">"),
        ("≤5", "5", "<="),
        ("≥ 60", "60", ">="),
        ("小于0.5", "0.5", "<"),
        ("不大于1", "1", "<="),
        ("-1.5", "-1.5", ""),
        ("−2.5", "-2.5", ""),
        ("1,234.5", "1234.5", ""),
        ("1.2×10^9", "1.2E+9", ""),
        ("1.2x10^9", "1.2E+9", ""),
        ("1.2＊10^9", "1.2E+9", ""),
        ("1.2×10⁹", "1.2E+9", ""),
        ("<5.00×10^2", "5.00E+2", "<"),
        ("1.5E-3", "0.0015", ""),
        ("10^6", "1E+6", ""),
        ("5.8↑", "5.8", ""),
        ("3.1 ↓", "3.1", ""),
        (".5", "0.5", ""),
    ],
)
def test_numbers(printed: str, number: str, comparator: str) -> None:
    value = parse(printed)
    assert (value.kind, value.number, value.comparator, value.unit) == (
        "numeric",
        Decimal(number),
        comparator,
        "",
    )


@pytest.mark.parametrize(
    ("printed", "number", "unit"),
    [
        ("5.2mmol/L", "5.2", "mmol/L"),
        ("<0.01 ng/mL", "0.01", "ng/mL"),
        ("72次/分", "72", "/min"),
        ("6.5×10^9/L", "6.5", "10*9/L"),
        ("4.5 × 10¹²/L", "4.5", "10*12/L"),
        ("<5×10^2 IU/mL", "5E+2", "[IU]/mL"),
        ("36.5℃", "36.5", "Cel"),
    ],
)
def test_a_unit_behind_the_number_is_recognised(printed: str, number: str, unit: str) -> None:
    value = parse(printed)
    assert (value.number, value.unit) == (Decimal(number), unit)


@pytest.mark.parametrize(
    ("printed", "power"), [("1.2×10^9", 9), ("10^6", 6), ("1.2E9", 0), ("1.2", 0), ("6.5×10^9/L", 0)]
)
def test_a_printed_power_of_ten_is_told(printed: str, power: int) -> None:
    assert parse(printed).power == power


@pytest.mark.parametrize(
    ("printed", "code", "rank"),
    [
        *[
            (text, "NEG", 0)
            for text in ("阴性(-)", "阴性", "阴性（－）", "-", "(-)", "－", "Negative", "NEG", "未检出")
        ],
        *[(text, "TRACE", 1) for text in ("±", "+-", "(±)", "可疑", "Trace")],
        *[(text, "WEAK", 2) for text in ("弱阳性", "弱阳性(±)", "弱阳")],
        *[(text, "POS", 3) for text in ("阳性", "Positive")],
        *[(text, "1+", 3) for text in ("+", "阳性(+)", "1+", "+1", "＋", "(+)")],
        *[(text, "2+", 4) for text in ("++", "2+", "+2", "阳性(++)", "＋＋")],
        *[(text, "3+", 5) for text in ("+++", "3+", "阳性（+++）")],
        *[(text, "4+", 6) for text in ("++++", "4+")],
        *[(text, "GRADE-1", 1) for text in ("Ⅰ度", "I度", "Ⅰ°")],
        *[(text, "GRADE-2", 2) for text in ("Ⅱ度", "II度")],
    ],
)
def test_reactions_and_grades(printed: str, code: str, rank: int) -> None:
    value = parse(printed)
    assert (value.kind, value.code, value.rank) == ("ordinal", code, rank)


def test_reactions_are_in_order() -> None:
    ranks = [parse(text).rank for text in ("阴性", "±", "弱阳性", "+", "++", "+++", "++++")]
    assert ranks == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("printed", ["1:160", "1：160", "１：１６０", "1∶160", "阳性(1:160)"])
def test_titres(printed: str) -> None:
    value = parse(printed)
    assert (value.kind, value.code, value.scale, value.rank) == ("ordinal", "1:160", "titre", 160)


def test_a_titre_bound_keeps_its_sign() -> None:
    assert (parse("<1:20").comparator, parse("<1:20").code) == ("<", "1:20")


@pytest.mark.parametrize(
    ("printed", "code", "number"),
    [
        ("阴性(0.02)", "NEG", "0.02"),
        ("0.02 阴性(-)", "NEG", "0.02"),
        ("阳性 250.1", "POS", "250.1"),
        ("阴性(<0.05)", "NEG", "0.05"),
    ],
)
def test_a_verdict_with_its_signal(printed: str, code: str, number: str) -> None:
    value = parse(printed)
    assert (value.kind, value.code, value.number) == ("ordinal", code, Decimal(number))


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("正常", "NORMAL"),
        ("未见异常", "NORMAL"),
        ("异常", "ABNORMAL"),
        ("无", "ABSENT"),
        ("有", "PRESENT"),
        ("AB型", "ABO_AB"),
    ],
)
def test_codes(printed: str, code: str) -> None:
    assert (parse(printed).kind, parse(printed).code) == ("coded", code)


@pytest.mark.parametrize(
    "printed",
    [
        "见报告", "", "--", "—", "120/80", "0-2", "5,2", "1×109", "1.2.3", "3个月", "1:0", "H", "双肺呼吸音清", "溶血",
        "1e999", "٣", "½", "1 2", "心律齐，未闻及杂音" * 20, "阴性(见报告)", "5.2 foo", "\x00", "x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_surely_a_value_stays_text(printed: str) -> None:
    value = parse(printed)
    assert (value.kind, value.text, value.number) == ("text", printed.strip(), None)


_PIECES = st.lists(
    st.sampled_from(
        [
            "<",
            "＞",
            "≤",
            "5",
            "１",
            ".",
            ",",
            "×10^",
            "⁹",
            "E",
            "-",
            "+",
            "±",
            "阴性",
            "阳性",
            "(",
            "）",
            "1:",
            " ",
            "mg/dL",
            "度",
            "↑",
            "见",
        ]
    ),
    max_size=8,
).map("".join)


@given(st.one_of(st.text(max_size=60), _PIECES))
@example("0E-30")
@example("阴性(1E+5 mg/dL)")
@example("<10^2")
@example("-0")
@example("阴性(-1)")
def test_parse_never_raises_and_its_text_reads_the_same_again(printed: str) -> None:
    value = parse(printed)
    again = parse(value.text)
    assert again == value
    assert again.text == value.text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10_000, max_value=10_000))
def test_any_printed_decimal_is_read_exactly(number: Decimal) -> None:
    assert parse(f"{number:f}").number == number


def test_sixty_values_cost_less_than_two_milliseconds() -> None:
    printed = ["5.2", "阴性(-)", "<0.01", "1:160", "1.2×10^9", "见报告"] * 10
    best = min(timeit.repeat(lambda: [parse(text) for text in printed], number=20, repeat=5)) / 20
    assert best < 0.002, f"{best * 1e6:.0f} µs"
