"""Suggestions for 项目对照, measured on names as vendors write them."""

import csv
from importlib import resources
from pathlib import Path

import pytest

from kanghu.modules.catalog.suggest import StandardName, Suggester, VendorName

DATA = resources.files("kanghu.modules.catalog") / "data"


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    synonyms: dict[str, list[str]] = {}
    for row in _read("synonyms.csv"):
        synonyms.setdefault(row["item_code"], []).append(row["synonym"])
    return Suggester(
        StandardName(
            row["code"], row["name"], row["kind"], row["abbreviation"], row["unit"], row["specimen"],
            tuple(synonyms.get(row["code"], ())),
        )
        for row in _read("items.csv")
    )  # fmt: skip


def _table(kind: str) -> list[dict[str, str]]:
    with Path(__file__).with_name("vendor_names.csv").open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["kind"] == kind]


def _first(suggester: Suggester, row: dict[str, str]) -> str:
    found = suggester.suggest(
        VendorName(row["code"], row["name"], row["unit"], row["specimen"], row["category"], row["department"])
    )
    return found[0].item_code if found else ""


@pytest.mark.parametrize(("kind", "least"), [("catalogue", 0.95), ("hospital", 0.9), ("garbled", 0.9)])
def test_the_first_suggestion_is_right(suggester: Suggester, kind: str, least: float) -> None:
    """catalogue: a whole vendor dictionary; hospital: other hospitals' names; garbled: spelled wrongly or cut."""
    table = _table(kind)
    wrong = [
        (row["name"], row["expected"], got)
        for row in table
        if (got := _first(suggester, row)) != row["expected"]
    ]
    assert len(table) >= 30
    assert 1 - len(wrong) / len(table) >= least, wrong


def test_an_item_that_the_catalogue_does_not_have_is_not_claimed_with_confidence(
    suggester: Suggester,
) -> None:
    for row in _table("unknown"):
        found = suggester.suggest(VendorName(row["code"], row["name"], row["unit"], row["specimen"]))
        assert not found or found[0].score < 0.8, (row["name"], found[0])


@pytest.mark.parametrize(
    ("vendor", "code", "reasons"),
    [
        (
            VendorName("TBIL-X", "总胆红素(TBIL)", "µmol/L", "血清"),
            "LAB.TBIL",
            {"名称相同", "英文缩写一致", "单位相容", "标本一致"},
        ),
        (VendorName("1", "谷丙转氨酶", "IU/L"), "LAB.ALT", {"同义词", "单位相容"}),
        (VendorName("2", "甘油三脂值"), "LAB.TG", {"名称相近"}),
        (VendorName("3", "肌干"), "LAB.CREA", {"拼音相近"}),
    ],
)
def test_reasons_are_told(suggester: Suggester, vendor: VendorName, code: str, reasons: set[str]) -> None:
    best = suggester.suggest(vendor)[0]
    assert best.item_code == code
    assert reasons <= set(best.reasons)


def test_unit_and_specimen_decide_between_namesakes(suggester: Suggester) -> None:
    assert suggester.suggest(VendorName("1", "PCT", "ng/mL"))[0].item_code == "LAB.PCT"
    assert suggester.suggest(VendorName("1", "PCT", "%"))[0].item_code == "LAB.PCT-BLOOD"
    assert suggester.suggest(VendorName("1", "葡萄糖", "", "尿液"))[0].item_code == "LAB.GLU-U"
    assert suggester.suggest(VendorName("1", "葡萄糖", "mmol/L", "血清"))[0].item_code == "LAB.FPG"
    assert suggester.suggest(VendorName("1", "TG", "mmol/L"))[0].item_code == "LAB.TG"
    assert suggester.suggest(VendorName("1", "Tg", "ng/mL"))[0].item_code == "LAB.TG-THYROID"


def test_opposites_are_never_suggested_for_likeness(suggester: Suggester) -> None:
    for name, never in [
        ("右眼裸眼远视", "EXAM.VISION_LEFT"),
        ("乙肝病毒表面抗体", "LAB.HBSAG"),
        ("间接胆红", "LAB.DBIL"),
    ]:
        assert never not in {one.item_code for one in suggester.suggest(VendorName("1", name), limit=20)}


@pytest.mark.parametrize("name", ["", " ", "()", "（）", "?", "X" * 500, "😀", "\x00"])
def test_any_name_is_survived(suggester: Suggester, name: str) -> None:
    suggester.suggest(VendorName("", name))
