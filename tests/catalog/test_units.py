"""Units: vendor spellings, exact conversion, and above all the refusals."""

import csv
import re
from decimal import Decimal
from fractions import Fraction
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.catalog import units
from kanghu.modules.catalog.units import conversion, convert, normalise, parse, printed

DATA = resources.files("kanghu.modules.catalog") / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("printed", "ucum"),
    [
        ("10^9/L", "10*9/L"), ("×10^9/L", "10*9/L"), ("*10^9/L", "10*9/L"), ("10⁹/L", "10*9/L"), ("10*9/L", "10*9/L"),
        ("10E9/L", "10*9/L"), ("×109/L", "10*9/L"), ("X10^12/L", "10*12/L"), ("10^3/uL", "10*3/uL"), ("10^3/μL", "10*3/uL"),
        ("µmol/L", "umol/L"), ("μmol/L", "umol/L"), ("umol/l", "umol/L"), ("UMOL/L", "umol/L"), ("mmol／L", "mmol/L"),
        ("ｍｍｏｌ／Ｌ", "mmol/L"), ("mg/dl", "mg/dL"), ("MG/DL", "mg/dL"), ("mmHg", "mm[Hg]"), ("次/分", "/min"),
        ("次／分钟", "/min"), ("bpm", "/min"), ("℃", "Cel"), ("°C", "Cel"), ("g/l", "g/L"), ("IU/L", "[IU]/L"), ("mIU/L", "m[IU]/L"),
        ("μIU/mL", "u[IU]/mL"), ("uIU/ml", "u[IU]/mL"), ("U/mL", "U/mL"), ("kU/L", "kU/L"), ("％", "%"), ("个/HPF", "/[HPF]"),
        ("/HP", "/[HPF]"), ("mm/h", "mm/h"), ("mm/1h", "mm/h"), ("kg/m²", "kg/m2"), ("Kg/㎡", "kg/m2"), ("mg/24h", "mg/(24.h)"),
        ("ml/min/1.73m²", "mL/min/{1.73_m2}"), ("mL/(min·1.73m^2)", "mL/min/{1.73_m2}"), ("mg/L FEU", "mg/L{FEU}"),
        ("μg/mL(FEU)", "ug/mL{FEU}"), ("mmol/mol", "mmol/mol"), ("mEq/L", "meq/L"), ("pg/ml", "pg/mL"), ("fl", "fL"), ("FL", "fL"),
        ("cm", "cm"), ("公斤", "kg"), ("秒", "s"), ("拷贝/mL", "{copies}/mL"), ("", ""), ("  ", ""), ("PH", "[pH]"), ("mcg/L", "ug/L"),
    ],
)  # fmt: skip
def test_spellings(printed: str, ucum: str) -> None:
    assert normalise(printed) == ucum


@pytest.mark.parametrize(
    "printed",
    ["G/L", "M/L", "foo", "mmol//L", "/", "109/uL", "mg/dL/x/y", "见报告", "10^5/L", "。", "x" * 500],
)
def test_what_is_not_known_for_sure_is_refused(printed: str) -> None:
    assert normalise(printed) is None


@given(st.text(max_size=45))
def test_normalise_never_raises_and_what_it_returns_is_settled(printed: str) -> None:
    ucum = normalise(printed)
    if ucum:
        assert normalise(ucum) == ucum
        parse(ucum)


@given(st.text(alphabet="mgukLdl/.()10*{}[]IUmol%2 -", max_size=14))
def test_parse_raises_nothing_but_unknown_unit(text: str) -> None:
    try:
        parse(text)
    except units.UnknownUnit:
        return


def test_every_unit_of_the_catalogue_is_read_and_is_its_own_normal_form() -> None:
    for item in rows("items.csv"):
        if item["unit"]:
            parse(item["unit"])
            assert normalise(item["unit"]) == item["unit"], item["code"]


@pytest.mark.parametrize(
    ("item", "number", "printed", "standard", "expected"),
    [
        ("LAB.FPG", "100", "mg/dL", "mmol/L", "5.551"),
        ("LAB.CREA", "1", "mg/dL", "umol/L", "88.40"),
        ("LAB.TC", "200", "mg/dL", "mmol/L", "5.172"),
        ("LAB.TG", "150", "mg/dL", "mmol/L", "1.694"),
        ("LAB.UA", "7", "mg/dL", "umol/L", "416.4"),
        ("LAB.TBIL", "1", "mg/dL", "umol/L", "17.10"),
        ("LAB.UREA-BUN", "20", "mg{N}/dL", "mmol/L", "7.139"),
        ("LAB.CA", "10", "mg/dL", "mmol/L", "2.495"),
        ("LAB.CA", "5", "mEq/L", "mmol/L", "2.5"),
        ("LAB.K", "4.2", "mEq/L", "mmol/L", "4.2"),
        ("LAB.HGB", "14.2", "g/dL", "g/L", "142"),
        ("LAB.HCT", "45", "%", "L/L", "0.45"),
        ("LAB.WBC", "6500", "/uL", "10*9/L", "6.5"),
        ("LAB.WBC", "6.5", "10^3/uL", "10*9/L", "6.5"),
        ("LAB.RBC", "4.5", "10^6/uL", "10*12/L", "4.5"),
        ("LAB.TSH", "2.5", "μIU/mL", "m[IU]/L", "2.5"),
        ("LAB.TSH", "2.5", "mU/L", "m[IU]/L", "2.5"),
        ("LAB.ALT", "30", "IU/L", "U/L", "30"),
        ("LAB.CA125", "12.5", "IU/mL", "U/mL", "12.5"),
        ("LAB.ALT", "0.5", "μkat/L", "U/L", "30"),
        ("LAB.FT4", "1.2", "ng/dL", "pmol/L", "15.45"),
        ("LAB.25-OH-VD", "75", "nmol/L", "ng/mL", "30.05"),
        ("LAB.HBA1C", "48", "mmol/mol", "%", "6.543"),
        ("LAB.UACR", "3", "mg/mmol", "mg/g", "26.52"),
        ("LAB.MALB", "2", "mg/dL", "mg/L", "20"),
        ("LAB.D-D", "500", "ng/mL FEU", "mg/L{FEU}", "0.5"),
        ("LAB.UTP", "0.1", "g/24h", "mg/(24.h)", "100"),
        ("LAB.F-TPSA", "25", "%", "1", "0.25"),
        ("EXAM.SBP", "16", "kPa", "mm[Hg]", "120.0"),
        ("EXAM.TEMPERATURE", "98.6", "°F", "Cel", "37"),
        ("EXAM.HEIGHT", "1.7", "m", "cm", "170"),
        ("EXAM.PWV", "14", "m/s", "cm/s", "1400"),
    ],
)
def test_conversions(item: str, number: str, printed: str, standard: str, expected: str) -> None:
    assert {i["code"]: i["unit"] for i in rows("items.csv")}[item] == standard
    found = convert(Decimal(number), printed, standard, item)
    assert found is not None
    assert float(found) == pytest.approx(float(expected), rel=5e-4)


@pytest.mark.parametrize(
    ("item", "printed", "standard", "why"),
    [
        ("LAB.UREA-BUN", "mg/dL", "mmol/L", "urea or urea nitrogen: nobody can know"),
        ("LAB.EGFR", "mL/min", "mL/min/{1.73_m2}", "not per body surface"),
        ("LAB.D-D", "mg/L", "mg/L{FEU}", "FEU and DDU differ by two"),
        ("LAB.HBV-DNA", "copies/mL", "[IU]/mL", "depends on the assay"),
        ("LAB.INS", "pmol/L", "m[IU]/L", "6.0 or 6.945: no agreed factor"),
        ("LAB.LPA", "nmol/L", "mg/L", "depends on the isoform"),
        ("LAB.PRL", "mIU/L", "ng/mL", "depends on the assay"),
        ("LAB.CCP", "[IU]/mL", "U/mL", "arbitrary units of different makers"),
        ("LAB.RBC-U", "/uL", "/[HPF]", "depends on the microscope"),
        ("LAB.PDW", "%", "fL", "different quantities"),
        ("LAB.ALB", "mmol/L", "g/L", "no molar mass recorded"),
        ("LAB.HBA1C", "mol/mol", "%", "only the IFCC spelling has an equation"),
        ("LAB.FPG", "mg", "mmol/L", "an amount is no concentration"),
        ("LAB.TSH", "", "m[IU]/L", "no unit, no meaning"),
    ],
)
def test_refused_conversions(item: str, printed: str, standard: str, why: str) -> None:
    assert convert(Decimal(1), printed, standard, item) is None, why


def test_mistakes_of_the_general_library_do_not_happen_here() -> None:
    assert conversion("[IU]/mL", "10*9/L") is None
    assert conversion("/[HPF]", "%") is None


def test_identity_leaves_the_printed_number_alone() -> None:
    assert str(convert(Decimal("5.20"), "mmol／L", "mmol/L", "LAB.FPG")) == "5.20"


@given(
    st.sampled_from(["LAB.FPG", "LAB.CREA", "LAB.TC", "LAB.UA", "LAB.CA", "LAB.FT4"]),
    st.decimals(min_value=Decimal("0.01"), max_value=10_000, places=2),
)
def test_there_and_back_again(item: str, number: Decimal) -> None:
    there = conversion("mg/dL", "umol/L", item)
    back = conversion("umol/L", "mg/dL", item)
    assert there is not None
    assert back is not None
    assert there.factor * back.factor == 1
    assert back.apply(there.apply(number)) == pytest.approx(number, rel=Decimal("1e-8"))


# IUPAC abridged standard atomic weights.
_WEIGHTS = {
    **{"H": "1.008", "C": "12.011", "N": "14.007", "O": "15.999", "S": "32.06", "P": "30.974", "I": "126.90"},
    **{
        "Na": "22.990",
        "K": "39.098",
        "Cl": "35.45",
        "Ca": "40.078",
        "Mg": "24.305",
        "Fe": "55.845",
        "Cu": "63.546",
    },
    **{"Zn": "65.38", "Pb": "207.2", "Co": "58.933"},
}


def test_molar_masses_follow_from_the_formulas_and_every_row_has_a_source() -> None:
    codes = {item["code"] for item in rows("items.csv")}
    for row in rows("analytes.csv"):
        assert row["item_code"] in codes
        assert row["source"]
        if row["formula"]:
            atoms = re.findall(r"([A-Z][a-z]?)(\d*)", row["formula"])
            mass = sum(Fraction(_WEIGHTS[symbol]) * int(count or 1) for symbol, count in atoms)
            assert float(Fraction(row["molar_mass"])) == pytest.approx(float(mass), rel=5e-4), row[
                "item_code"
            ]


def test_a_unit_of_the_catalogue_is_printed_so_that_it_can_be_read_back() -> None:
    known = {row["unit"] for row in rows("items.csv")} - {"", "1", "[pH]"}
    assert len(known) > 30
    assert {unit: normalise(printed(unit)) for unit in known} == {unit: unit for unit in known}
    assert [printed(unit) for unit in ("mm[Hg]", "kg/m2", "10*9/L", "umol/L", "1")] == [
        "mmHg",
        "kg/m²",
        "10⁹/L",
        "μmol/L",
        "",
    ]
