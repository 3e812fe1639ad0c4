"""The shipped data: codes that never change, references that hold, loading that repeats without effect."""

from collections import Counter

import pytest

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import public, seed
from kanghu.modules.catalog.seed import parse_ages, read

FIXED = [
    "LAB.TC",
    "LAB.TG",
    "LAB.HDL-C",
    "LAB.LDL-C",
    "LAB.FPG",
    "LAB.2HPG",
    "LAB.HBA1C",
    "LAB.CREA",
    "LAB.UA",
    "LAB.ALT",
    "LAB.AST",
    "LAB.GGT",
    "LAB.TBIL",
    "LAB.ALB",
    "LAB.PLT",
    "LAB.WBC",
    "LAB.HGB",
    "LAB.K",
    "LAB.NA",
    "LAB.UACR",
    "LAB.MALB",
    "LAB.PRO",
    "LAB.FOBT",
    "LAB.AFP",
    "LAB.CEA",
    "LAB.HBSAG",
    "LAB.HCY",
    "LAB.PCT",
    "LAB.PCT-BLOOD",
    "EXAM.HEIGHT",
    "EXAM.WEIGHT",
    "EXAM.BMI",
    "EXAM.WAIST",
    "EXAM.HIP",
    "EXAM.WHR",
    "EXAM.SBP",
    "EXAM.DBP",
    "EXAM.PULSE",
    "EXAM.HEART_RATE",
    "EXAM.ECG",
    "EXAM.CHEST_XRAY",
    "EXAM.LDCT",
    "EXAM.ABDOMEN_US",
    "EXAM.LUNG_BREATH_SOUND",
    "EXAM.LUNG_RALES",
    "EXAM.MAMMOGRAPHY",
    "EXAM.CAROTID_US",
    "EXAM.SPIROMETRY",
    "EXAM.C13_14_BREATH",
    "EXAM.ABI",
    "EXAM.PWV",
    "EXAM.ABPM",
    "EXAM.BMD",
]


def test_codes_are_unique_and_those_that_others_rely_on_are_there() -> None:
    codes = Counter(row["code"] for row in read("items.csv"))
    assert max(codes.values()) == 1
    assert set(FIXED) <= set(codes)


def test_every_lab_and_exam_row_of_the_sources_is_an_item() -> None:
    items = read("items.csv")
    labs = {(row["name"], row["abbreviation"]) for row in items if row["kind"] == "lab"}
    assert {(row["name_zh"], row["abbreviation"]) for row in read("lab_items.csv")} == labs
    names = {row["name"] for row in items} | {
        "宫颈细胞学 TCT/涂片",
        "HPV核酸检测",
    }  # these two are LAB.TCT and LAB.HPV
    exams = {row["name"] for row in read("exam_items.csv") if row["result_type"] != "package"}
    assert exams <= names
    packages = {row["name"] for row in read("exam_items.csv") if row["result_type"] == "package"}
    assert packages <= {row["name"] for row in read("packages.csv")}


def test_what_refers_to_items_and_standards_refers_to_existing_ones() -> None:
    codes = {row["code"] for row in read("items.csv")}
    for name in ("synonyms.csv", "item_trees.csv", "packages.csv", "analytes.csv"):
        assert {row["item_code"] for row in read(name)} <= codes, name
    elements = {row["identifier"] for row in read("data_elements.csv")}
    assert {row["de_identifier"] for row in read("item_trees.csv")} - {""} <= elements
    standards = {row["code"] for row in read("standards.csv")}
    assert {f"{row['part']}-2011" for row in read("data_elements.csv")} <= standards


def test_every_shipped_row_keeps_its_provenance() -> None:
    for name in (
        "data_elements.csv",
        "value_domains.csv",
        "lab_items.csv",
        "exam_items.csv",
        "items.csv",
        "standards.csv",
    ):
        for row in read(name):
            assert row["source"], (name, row)
            assert row["confidence"] in {"seen", "seen-2", "memory"}, (name, row)


@pytest.mark.parametrize(
    ("text", "ages"),
    [("成人", (18, None)), ("20-59岁", (20, 59)), ("", (None, None)), ("老人", (None, None))],
)
def test_ages(text: str, ages: tuple[int | None, int | None]) -> None:
    assert parse_ages(text) == ages


async def test_everything_is_loaded_with_all_rows(tx: Tx) -> None:
    for table, rows in [
        ("data_elements", 540), ("value_domains", 351), ("checkup_document", 180), ("imaging_elements", 105), ("items", 294),
        ("standards", 52), ("item_trees", 67), ("packages", 11), ("data_flows", 7),
    ]:  # fmt: skip
        assert await tx.fetchval(f"SELECT count(*) FROM catalog.{table}") == rows, table


async def test_a_second_load_changes_nothing_even_when_it_looks_at_every_row(tx: Tx) -> None:
    assert (await seed.load_standards(tx)).changed == 0
    await tx.execute("DELETE FROM catalog.data_loads")
    again = await seed.load_standards(tx)
    assert (again.changed, again.version) == (0, seed.data_version()[0])
    assert await tx.fetchval("SELECT count(*) FROM catalog.data_loads") == 1


async def test_loading_repairs_shipped_rows_and_leaves_the_hospitals_own_decisions(tx: Tx) -> None:
    await tx.execute("UPDATE catalog.items SET name = '错' WHERE code = 'LAB.ALT'")
    await tx.execute("UPDATE catalog.items SET retired_at = now() WHERE code = 'LAB.AST'")
    await tx.execute("DELETE FROM catalog.data_loads")
    assert (await seed.load_standards(tx)).changed == 1
    found = await public.get_items(tx, ["LAB.ALT", "LAB.AST"])
    assert found["LAB.ALT"].name == "丙氨酸氨基转移酶"
    assert found["LAB.AST"].retired_at is not None


async def test_what_is_only_remembered_is_never_used_to_classify(tx: Tx) -> None:
    usable = await public.reference_ranges(tx)
    assert all(one.confidence != "memory" and one.is_usable for ranges in usable.values() for one in ranges)
    everything = await public.reference_ranges(tx, usable_only=False)
    assert "LAB.OVA" in everything
    assert "LAB.OVA" not in usable


async def test_reference_ranges_are_typed(tx: Tx) -> None:
    ranges = (await public.reference_ranges(tx, ["LAB.CREA"]))["LAB.CREA"]
    assert [
        (one.sex, one.age_min, one.age_max, str(one.low), str(one.high), one.is_national) for one in ranges
    ] == [
        ("M", 20, 59, "57", "97", True),
        ("F", 20, 59, "41", "73", True),
        ("M", 60, 79, "57", "111", True),
        ("F", 60, 79, "41", "81", True),
    ]
    assert not (await public.reference_ranges(tx, ["LAB.UA"]))["LAB.UA"][0].is_national


async def test_both_editions_stand_side_by_side_and_lapsed_standards_point_on(tx: Tx) -> None:
    editions = await tx.fetch(
        "SELECT code, status, successor FROM catalog.standards WHERE family = 'WS 363.9' ORDER BY edition"
    )
    assert [tuple(one) for one in editions] == [
        ("WS 363.9-2011", "被替代", "WS/T 363.9-2023"),
        ("WS/T 363.9-2023", "现行", None),
    ]
    assert (
        await tx.fetchval("SELECT successor FROM catalog.standards WHERE code = 'WS/T 102-1998'")
        == "WS/T 886-2026"
    )
    # No element row claims to be of the edition whose content was never seen.
    assert await tx.fetchval("SELECT count(*) FROM catalog.data_elements WHERE edition <> '2011'") == 0


async def test_package_templates(tx: Tx) -> None:
    items = [item.code for item in await public.package_items(tx, None, "PKG.DIABETES")]
    assert items == [
        *(
            "LAB.HBA1C",
            "LAB.FPG",
            "LAB.2HPG",
            "LAB.INS",
            "LAB.C-P",
            "LAB.MALB",
            "EXAM.FUNDUS",
            "EXAM.DORSALIS_PEDIS",
        ),
    ]
    assert await public.package_items(tx, None, "PKG.NOTHING") == []


async def test_every_table_and_column_is_explained_in_the_database(tx: Tx) -> None:
    missing = await tx.fetch(
        """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'catalog'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
              AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)"""
    )
    assert [tuple(one) for one in missing] == []
