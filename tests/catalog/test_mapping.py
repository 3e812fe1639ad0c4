"""Vendor items and their mapping: US-H5, items seen in results, the index in memory, and everything at once."""

import asyncio
import random
import time
from decimal import Decimal
from uuid import UUID

import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.catalog import public
from kanghu.modules.catalog.errors import MappingInvalid, VendorNotFound
from kanghu.modules.catalog.public import ItemChangeCounts, Match, SeenItem, Unmatched, VendorItem
from kanghu.modules.catalog.repository import vendor_items
from kanghu.modules.catalog.schemas import MappingChoice
from kanghu.modules.catalog.service import mapping_check, mappings

WRITER = Caller(
    kind="staff",
    account_id=new_id(),
    grants={name: Scope(everything=True) for name in ("catalog.mapping.read", "catalog.mapping.write")},
)
TBIL = VendorItem("TBIL-X", "总胆红素(TBIL)", unit="µmol/L", specimen="血清")
CREA = VendorItem("CR-X", "血肌酐(Cr)", unit="mg/dL", specimen="血清")
PRO = VendorItem("NCG03", "蛋白质(U-PRO)", specimen="随机尿", result_type="ordinal")


async def dictionary(tx: Tx, *items: VendorItem) -> UUID:
    vendor_id = new_id()
    await public.register_vendor(tx, vendor_id, None, "测试厂家")
    await public.apply_item_changes(tx, vendor_id, "1", items)
    return vendor_id


async def confirm(
    tx: Tx, vendor_id: UUID, code: str, item_code: str, assumed_unit: str | None = None
) -> None:
    seen = (await vendor_items.get_many(tx, vendor_id, [code]))[code].changed_at
    choice = MappingChoice(vendor_item_code=code, item_code=item_code, seen=seen, assumed_unit=assumed_unit)
    await mappings.confirm(tx, WRITER, vendor_id, [choice])


async def status(tx: Tx, vendor_id: UUID, code: str) -> str:
    return (await vendor_items.get_many(tx, vendor_id, [code]))[code].status


# --- US-H5 -------------------------------------------------------------------------------------------------------


async def test_add_and_modify_are_the_same_and_a_repeat_changes_nothing(tx: Tx) -> None:
    vendor_id = new_id()
    assert await public.apply_item_changes(tx, vendor_id, "2", [TBIL, CREA]) == ItemChangeCounts(added=2)
    assert await public.apply_item_changes(tx, vendor_id, "1", [TBIL, CREA]) == ItemChangeCounts()
    changed = VendorItem("CR-X", "血肌酐(Cr)", unit="umol/L", specimen="血清")
    assert await public.apply_item_changes(tx, vendor_id, "1", [changed]) == ItemChangeCounts(updated=1)
    assert await public.apply_item_changes(tx, vendor_id, "1", []) == ItemChangeCounts()


async def test_the_last_line_of_a_doubled_code_counts(tx: Tx) -> None:
    vendor_id = new_id()
    twice = [VendorItem("A", "旧名"), VendorItem("A", "新名")]
    assert await public.apply_item_changes(tx, vendor_id, "1", twice) == ItemChangeCounts(added=1)
    assert (await vendor_items.get_many(tx, vendor_id, ["A"]))["A"].name == "新名"


async def test_delete_retires_what_is_in_use_removes_what_is_not_and_ignores_the_unknown(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL, CREA, PRO)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    await public.see_vendor_items(tx, vendor_id, [SeenItem("CR-X", "血肌酐(Cr)")])
    deleted = [TBIL, CREA, PRO, VendorItem("UNKNOWN", "没有")]
    assert await public.apply_item_changes(tx, vendor_id, "3", deleted) == ItemChangeCounts(
        retired=2, removed=1
    )
    assert await public.apply_item_changes(tx, vendor_id, "3", deleted) == ItemChangeCounts()
    found = await vendor_items.get_many(tx, vendor_id, ["TBIL-X", "CR-X", "NCG03"])
    assert {code: item.active for code, item in found.items()} == {"TBIL-X": False, "CR-X": False}
    # Results of a retired item may still come late and are filed; it is not booked any more.
    index = await public.mapping_index(tx, vendor_id)
    assert isinstance(index.match("TBIL-X", unit="µmol/L"), Match)
    assert await public.vendor_items_for(tx, vendor_id, ["LAB.TBIL"]) == {}
    assert await public.apply_item_changes(tx, vendor_id, "1", [TBIL]) == ItemChangeCounts(updated=1)
    assert await public.vendor_items_for(tx, vendor_id, ["LAB.TBIL"]) == {"LAB.TBIL": ("TBIL-X",)}


async def test_a_rejected_unused_item_is_removed_with_its_rejection(tx: Tx) -> None:
    vendor_id = await dictionary(tx, PRO)
    await mappings.reject(tx, WRITER, vendor_id, ["NCG03"])
    assert await public.apply_item_changes(tx, vendor_id, "3", [PRO]) == ItemChangeCounts(removed=1)
    assert (await public.mapping_index(tx, vendor_id)).get("NCG03") is Unmatched.NOT_MAPPED


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (VendorItem("TBIL-X", "直接胆红素", unit="µmol/L"), Unmatched.RENAMED),
        (VendorItem("TBIL-X", "总胆红素（ＴＢＩＬ）", unit="μmol／L"), None),  # only written differently
        (VendorItem("TBIL-X", "总胆红素(TBIL)", unit="mg/dL"), Unmatched.UNIT_CHANGED),
        (VendorItem("TBIL-X", "总胆红素(TBIL)", unit=""), None),
    ],
)
async def test_a_renamed_or_remeasured_item_waits_for_a_person(
    tx: Tx, changed: VendorItem, expected: Unmatched | None
) -> None:
    vendor_id = await dictionary(tx, TBIL)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    await public.apply_item_changes(tx, vendor_id, "2", [changed])
    found = (await public.mapping_index(tx, vendor_id)).match("TBIL-X", unit="µmol/L")
    assert found is expected if expected else isinstance(found, Match)


async def test_a_rejection_does_not_outlive_a_rename(tx: Tx) -> None:
    vendor_id = await dictionary(tx, PRO)
    await mappings.reject(tx, WRITER, vendor_id, ["NCG03"])
    assert (await public.mapping_index(tx, vendor_id)).get("NCG03") is Unmatched.REJECTED
    await public.apply_item_changes(tx, vendor_id, "2", [VendorItem("NCG03", "尿糖")])
    assert (await public.mapping_index(tx, vendor_id)).get("NCG03") is Unmatched.NOT_MAPPED


async def test_ten_thousand_items_in_one_push(tx: Tx) -> None:
    vendor_id = new_id()
    items = [VendorItem(f"C{n:05}", f"项目{n}", unit="mmol/L") for n in range(10_000)]
    started = time.perf_counter()
    assert await public.apply_item_changes(tx, vendor_id, "1", items) == ItemChangeCounts(added=10_000)
    assert await public.apply_item_changes(tx, vendor_id, "2", items) == ItemChangeCounts()
    assert time.perf_counter() - started < 20


# --- items seen in results ---------------------------------------------------------------------------------------


async def test_unknown_items_of_results_become_vendor_items(tx: Tx) -> None:
    vendor_id = new_id()
    await public.see_vendor_items(tx, vendor_id, [SeenItem("NEW", "新项目", "U/L"), SeenItem("", "无编码")])
    item = (await vendor_items.get_many(tx, vendor_id, ["NEW", ""]))["NEW"]
    assert (item.name, item.unit, item.status, item.from_dictionary) == ("新项目", "U/L", "unmapped", False)
    assert item.last_in_results is not None
    await public.apply_item_changes(tx, vendor_id, "1", [VendorItem("NEW", "新项目", unit="U/L")])
    assert (await vendor_items.get_many(tx, vendor_id, ["NEW"]))["NEW"].from_dictionary


async def test_a_result_under_a_new_name_waits_until_the_name_is_accepted(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    index = await public.mapping_index(tx, vendor_id)
    assert isinstance(index.match("TBIL-X", name="总胆红素 （TBIL）", unit="umol/L"), Match)
    assert index.match("TBIL-X", name="直接胆红素", unit="umol/L") is Unmatched.RENAMED
    await public.see_vendor_items(tx, vendor_id, [SeenItem("TBIL-X", "直接胆红素", "umol/L")])
    assert await status(tx, vendor_id, "TBIL-X") == "needs_review"
    assert (await public.mapping_index(tx, vendor_id)).get("TBIL-X") is Unmatched.RENAMED
    await confirm(tx, vendor_id, "TBIL-X", "LAB.DBIL")
    index = await public.mapping_index(tx, vendor_id)
    found = index.match("TBIL-X", name="直接胆红素", unit="umol/L")
    assert isinstance(found, Match)
    assert found.item.item_code == "LAB.DBIL"


async def test_seeing_the_same_items_again_within_the_hour_writes_nothing(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL)
    await public.see_vendor_items(tx, vendor_id, [SeenItem("TBIL-X", TBIL.name)])
    row_version = "SELECT xmin::text || ctid::text FROM catalog.vendor_items WHERE vendor_id = $1"
    before = await tx.fetchval(row_version, vendor_id)
    await public.see_vendor_items(tx, vendor_id, [SeenItem("TBIL-X", TBIL.name)])
    assert await tx.fetchval(row_version, vendor_id) == before


# --- units -------------------------------------------------------------------------------------------------------


async def test_units_of_results_are_converted_or_refused(tx: Tx) -> None:
    vendor_id = await dictionary(
        tx, CREA, VendorItem("BUN", "尿素氮", unit="mg/dL"), PRO, VendorItem("PH", "酸碱度")
    )
    await confirm(tx, vendor_id, "CR-X", "LAB.CREA")
    await confirm(tx, vendor_id, "BUN", "LAB.UREA-BUN", assumed_unit="mg{N}/dL")
    await confirm(tx, vendor_id, "NCG03", "LAB.PRO")
    await confirm(tx, vendor_id, "PH", "LAB.PH")
    index = await public.mapping_index(tx, vendor_id)

    def number(code: str, unit: str) -> Decimal | None:
        found = index.match(code, unit=unit)
        return found.conversion.apply(Decimal("1")) if isinstance(found, Match) else None

    assert number("CR-X", "mg/dL") == Decimal("88.4")
    assert number("CR-X", "") == Decimal("88.4")  # the unit of the dictionary
    assert number("CR-X", "µmol/L") == 1
    assert number("CR-X", "g") is None
    assert number("CR-X", "什么") is None
    assert index.match("CR-X", unit="什么") is Unmatched.UNIT
    assert index.match("CR-X", unit="什么", numeric=False) != Unmatched.UNIT
    assert number("BUN", "mg/dL") == Decimal("0.356964375")  # a person said that this means nitrogen
    assert number("BUN", "mg／dl") is None  # which holds for that very text only
    assert number("NCG03", "") == 1
    assert number("PH", "") == 1


@pytest.mark.parametrize(
    ("printed", "unit", "expected"),
    [
        ("6.5", "10^9/L", "6.5"),
        ("6.5×10^9", "10^9/L", "6.5"),  # the power written twice
        ("6.5×10^9", "/L", "6.5"),
        ("6.5×10^9/L", "×10^9/L", "6.5"),
        ("6500", "/uL", "6.5"),
        ("6.5×10^3", "/uL", "6.5"),
        ("6.5", "10^3/uL", "6.5"),
    ],
)
async def test_powers_of_ten_count_once(tx: Tx, printed: str, unit: str, expected: str) -> None:
    vendor_id = await dictionary(tx, VendorItem("WBC", "白细胞", unit="10^9/L"))
    await confirm(tx, vendor_id, "WBC", "LAB.WBC")
    found = (await public.mapping_index(tx, vendor_id)).match("WBC", unit=unit)
    assert isinstance(found, Match)
    assert found.number(public.parse_value(printed)) == Decimal(expected)


async def test_a_number_without_any_unit_waits(tx: Tx) -> None:
    vendor_id = await dictionary(tx, VendorItem("CR", "肌酐"))
    await confirm(tx, vendor_id, "CR", "LAB.CREA")
    index = await public.mapping_index(tx, vendor_id)
    assert index.match("CR", unit="") is Unmatched.UNIT
    assert isinstance(index.match("CR", unit="umol/L"), Match)


@pytest.mark.parametrize(
    ("item", "item_code", "assumed", "problem"),
    [
        (VendorItem("A", "血肌酐", unit="U/L"), "LAB.CREA", None, "单位 U/L 无法换算为标准单位 umol/L"),
        (VendorItem("A", "血肌酐", unit="什么"), "LAB.CREA", None, "单位 什么 无法识别，请指明它的含义"),
        (
            VendorItem("A", "尿素氮", unit="mg/dL"),
            "LAB.UREA-BUN",
            None,
            "单位 mg/dL 无法换算为标准单位 mmol/L",
        ),
        (VendorItem("A", "血肌酐"), "LAB.NOTHING", None, "标准项目不存在或已停用"),
    ],
)
async def test_a_mapping_whose_unit_makes_no_sense_is_refused(
    tx: Tx, item: VendorItem, item_code: str, assumed: str | None, problem: str
) -> None:
    vendor_id = await dictionary(tx, item)
    with pytest.raises(MappingInvalid) as refused:
        await confirm(tx, vendor_id, item.code, item_code, assumed)
    assert refused.value.fields == {item.code: problem}
    assert await status(tx, vendor_id, item.code) == "unmapped"


# --- decisions ---------------------------------------------------------------------------------------------------


async def test_what_changed_after_it_was_looked_at_cannot_be_confirmed(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL)
    seen = (await vendor_items.get_many(tx, vendor_id, ["TBIL-X"]))["TBIL-X"].changed_at
    await public.apply_item_changes(tx, vendor_id, "2", [VendorItem("TBIL-X", "直接胆红素")])
    choice = MappingChoice(vendor_item_code="TBIL-X", item_code="LAB.TBIL", seen=seen)
    with pytest.raises(MappingInvalid) as refused:
        await mappings.confirm(tx, WRITER, vendor_id, [choice])
    assert "有变更" in refused.value.fields["TBIL-X"]


async def test_disable_remove_and_retired_standard_items(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL, CREA)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    await confirm(tx, vendor_id, "CR-X", "LAB.CREA")
    assert await mappings.disable(tx, WRITER, vendor_id, ["TBIL-X"]) == 1
    assert await mappings.disable(tx, WRITER, vendor_id, ["TBIL-X"]) == 0
    assert (await public.mapping_index(tx, vendor_id)).get("TBIL-X") is Unmatched.DISABLED
    assert await mappings.remove(tx, WRITER, vendor_id, ["TBIL-X"]) == 1
    assert (await public.mapping_index(tx, vendor_id)).get("TBIL-X") is Unmatched.NOT_MAPPED
    await tx.execute("UPDATE catalog.items SET retired_at = now() WHERE code = 'LAB.CREA'")
    from kanghu.modules.catalog.repository import mappings as sql

    await sql.renew_versions_of_item(tx, "LAB.CREA")
    assert (await public.mapping_index(tx, vendor_id)).get("CR-X") is Unmatched.DISABLED


async def test_items_are_found_by_pinyin_and_by_whether_something_is_suggested(tx: Tx) -> None:
    strange = VendorItem("ZZ-1", "咨询建议书")
    vendor_id = await dictionary(tx, TBIL, CREA, PRO, strange)

    async def found(term: str, status: str | None = None, limit: int = 50) -> list[str]:
        page = await mappings.search(tx, WRITER, vendor_id, term, status, None, limit)
        return [item.code for item in page.items]

    assert await found("zongdan") == await found("zdhs") == ["TBIL-X"]
    assert await found("tbil-x") == ["TBIL-X"]
    assert await found("", "suggested") == ["CR-X", "NCG03", "TBIL-X"]
    assert await found("", "suggested", limit=1) == ["CR-X"]
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    assert await found("", "suggested") == ["CR-X", "NCG03"]
    (line,) = await mappings.suggest(tx, WRITER, vendor_id, ["CR-X"], 1)
    assert (line.suggestions[0].item_code, line.suggestions[0].unit) == ("LAB.CREA", "umol/L")


async def test_what_cannot_be_confirmed_is_told_before_and_nothing_changes(tx: Tx) -> None:
    strange = VendorItem("X1", "总胆红素", unit="箱")
    vendor_id = await dictionary(tx, TBIL, CREA, strange)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    seen = {
        code: item.changed_at
        for code, item in (await vendor_items.get_many(tx, vendor_id, ["X1", "CR-X"])).items()
    }
    told = await mapping_check.check(
        tx,
        WRITER,
        vendor_id,
        [
            MappingChoice(vendor_item_code="X1", item_code="LAB.TBIL", seen=seen["X1"]),
            MappingChoice(vendor_item_code="CR-X", item_code="LAB.CREA", seen=seen["CR-X"]),
        ],
    )
    assert [(line.vendor_item_code, line.problem, line.also_mapped) for line in told] == [
        ("X1", "单位 箱 无法识别，请指明它的含义", ["TBIL-X 总胆红素(TBIL)"]),
        ("CR-X", "", []),
    ]
    assert await status(tx, vendor_id, "CR-X") == "unmapped"


async def test_nobody_touches_a_vendor_outside_their_scope(tx: Tx) -> None:
    mine, other = new_id(), new_id()
    vendor_id = await dictionary(tx, TBIL)
    scoped = Caller(
        kind="staff", account_id=new_id(), grants={"catalog.mapping.write": Scope(institutions=(mine,))}
    )
    with pytest.raises(VendorNotFound):
        await mappings.reject(tx, scoped, vendor_id, ["TBIL-X"])  # belongs to nobody yet
    await public.register_vendor(tx, vendor_id, other, "别家")
    with pytest.raises(VendorNotFound):
        await mappings.reject(tx, scoped, vendor_id, ["TBIL-X"])
    await public.register_vendor(tx, vendor_id, mine, "自家")
    assert await mappings.reject(tx, scoped, vendor_id, ["TBIL-X"]) == 1


async def test_left_and_right_are_two_vendor_items_of_one_standard_item(tx: Tx) -> None:
    vendor_id = await dictionary(
        tx, VendorItem("L", "左臂收缩压", unit="mmHg"), VendorItem("R", "右臂收缩压", unit="mmHg")
    )
    await confirm(tx, vendor_id, "L", "EXAM.SBP")
    await confirm(tx, vendor_id, "R", "EXAM.SBP")
    assert await public.vendor_items_for(tx, vendor_id, ["EXAM.SBP", "LAB.K"]) == {"EXAM.SBP": ("L", "R")}


# --- the index in memory -----------------------------------------------------------------------------------------


async def test_the_index_is_kept_while_nothing_changes_and_renewed_when_something_does(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL, CREA)
    await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    first = await public.mapping_index(tx, vendor_id)
    assert await public.mapping_index(tx, vendor_id, await public.mapping_version(tx, vendor_id)) is first
    await confirm(tx, vendor_id, "CR-X", "LAB.CREA")
    second = await public.mapping_index(tx, vendor_id)
    assert (len(first), len(second)) == (1, 2)


async def test_a_rolled_back_mapping_is_never_served(database: Database) -> None:
    """Two changes, one of which was taken back, must not share a version number."""
    async with database.transaction() as tx:
        vendor_id = await dictionary(tx, TBIL)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await confirm(tx, vendor_id, "TBIL-X", "LAB.DBIL")
            await public.mapping_index(tx, vendor_id)
            raise ZeroDivisionError
    async with database.transaction() as tx:
        await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
    async with database.transaction() as tx:
        found = (await public.mapping_index(tx, vendor_id)).match("TBIL-X", unit="umol/L")
    assert isinstance(found, Match)
    assert found.item.item_code == "LAB.TBIL"


async def test_parallel_pushes_of_one_dictionary_end_in_one_state(database: Database) -> None:
    """Twenty pushes at once, items in any order: no deadlock, no doubles, nothing lost."""
    vendor_id = new_id()
    items = [VendorItem(f"C{n:03}", f"项目{n}") for n in range(200)]

    async def push(seed: int) -> ItemChangeCounts:
        shuffled = random.Random(seed).sample(items, len(items))
        async with database.transaction() as tx:
            return await public.apply_item_changes(tx, vendor_id, "1", shuffled)

    async def see(seed: int) -> None:
        shuffled = random.Random(seed).sample(items, 50)
        async with database.transaction() as tx:
            await public.see_vendor_items(
                tx, vendor_id, [SeenItem(item.code, item.name) for item in shuffled]
            )

    counts = await asyncio.gather(*(push(n) for n in range(10)), *(see(n) for n in range(10)))
    async with database.transaction() as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM catalog.vendor_items WHERE vendor_id = $1", vendor_id)
            == 200
        )
        assert await tx.fetchval("SELECT count(*) FROM catalog.vendor_items WHERE from_dictionary") == 200
    assert sum(one.added for one in counts if one) <= 200


async def test_a_confirmation_and_a_rename_at_once_never_file_under_the_wrong_name(
    database: Database,
) -> None:
    """Whichever comes first, a name that nobody saw is not accepted."""
    for _ in range(8):
        async with database.transaction() as tx:
            vendor_id = await dictionary(tx, TBIL)
            seen = (await vendor_items.get_many(tx, vendor_id, ["TBIL-X"]))["TBIL-X"].changed_at
        choice = MappingChoice(vendor_item_code="TBIL-X", item_code="LAB.TBIL", seen=seen)

        async def confirming(vendor_id: UUID = vendor_id, choice: MappingChoice = choice) -> None:
            async with database.transaction() as tx:
                await mappings.confirm(tx, WRITER, vendor_id, [choice])

        async def renaming(vendor_id: UUID = vendor_id) -> None:
            async with database.transaction() as tx:
                await public.apply_item_changes(
                    tx, vendor_id, "2", [VendorItem("TBIL-X", "直接胆红素", unit="µmol/L")]
                )

        outcomes = await asyncio.gather(confirming(), renaming(), return_exceptions=True)
        assert all(one is None or isinstance(one, MappingInvalid) for one in outcomes), outcomes
        async with database.transaction() as tx:
            index = await public.mapping_index(tx, vendor_id)
        assert index.match("TBIL-X", name="直接胆红素", unit="µmol/L") in {
            Unmatched.RENAMED,
            Unmatched.NOT_MAPPED,
        }


async def test_renames_from_dictionary_and_results_with_confirmations_at_once_do_not_block_each_other(
    database: Database,
) -> None:
    """Locks are taken in one order, so fifteen changes of the same rows end without a deadlock."""
    items = [VendorItem(f"C{n:02}", f"项目{n}") for n in range(30)]
    async with database.transaction() as tx:
        vendor_id = await dictionary(tx, *items)

    async def rename(seed: int) -> None:
        renamed = [VendorItem(item.code, f"{item.name}改{seed}") for item in items]
        random.Random(seed).shuffle(renamed)
        async with database.transaction() as tx:
            await public.apply_item_changes(tx, vendor_id, "2", renamed)

    async def see(seed: int) -> None:
        seen = [SeenItem(item.code, f"{item.name}又{seed}") for item in items]
        random.Random(seed).shuffle(seen)
        async with database.transaction() as tx:
            await public.see_vendor_items(tx, vendor_id, seen)

    async def confirming(seed: int) -> None:
        codes = [item.code for item in items]
        random.Random(seed).shuffle(codes)
        async with database.transaction() as tx:
            rows = await vendor_items.get_many(tx, vendor_id, codes)
            choices = [
                MappingChoice(vendor_item_code=c, item_code="LAB.PRO", seen=rows[c].changed_at) for c in codes
            ]
            await mappings.confirm(tx, WRITER, vendor_id, choices)

    work = [action(seed) for seed in range(5) for action in (confirming, rename, see)]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    unexpected = [one for one in outcomes if one is not None and not isinstance(one, MappingInvalid)]
    assert unexpected == []
    async with database.transaction() as tx:
        index = await public.mapping_index(tx, vendor_id)
    assert all(not isinstance(index.match(item.code, name="从未见过的名称"), Match) for item in items)


async def test_a_result_that_shows_a_rename_waits_for_the_vendors_lock_before_it_locks_a_mapping(
    database: Database,
) -> None:
    """The order vendor, mapping, item: the other way round, these two would wait for each other."""
    async with database.transaction() as tx:
        vendor_id = await dictionary(tx, TBIL)
        await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")

    async def see() -> None:
        async with database.transaction() as tx:
            await public.see_vendor_items(tx, vendor_id, [SeenItem("TBIL-X", "直接胆红素")])

    async with database.transaction() as tx:
        await vendor_items.lock(tx, vendor_id)
        seeing = asyncio.create_task(see())
        await asyncio.sleep(0.3)
        await public.apply_item_changes(
            tx, vendor_id, "2", [VendorItem("TBIL-X", "间接胆红素", unit="µmol/L")]
        )
    await seeing
    async with database.transaction() as tx:
        assert (await public.mapping_index(tx, vendor_id)).get("TBIL-X") is Unmatched.RENAMED


async def test_a_push_learns_that_a_mapping_was_confirmed_while_it_ran(database: Database) -> None:
    """Otherwise its staged results would wait for a confirmation that has already been told."""
    async with database.transaction() as tx:
        vendor_id = await dictionary(tx, TBIL)
    async with database.transaction() as pushing:
        index = await public.mapping_index(pushing, vendor_id)
        assert index.get("TBIL-X") is Unmatched.NOT_MAPPED
        async with database.transaction() as tx:
            await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")
        assert (
            await public.see_vendor_items(pushing, vendor_id, [SeenItem("TBIL-X", TBIL.name)])
            != index.version
        )


async def test_a_confirmation_waits_for_a_push_that_is_staging(database: Database) -> None:
    """So that the job that follows the confirmation sees what was staged."""
    async with database.transaction() as tx:
        vendor_id = await dictionary(tx, TBIL)

    async def confirming() -> None:
        async with database.transaction() as tx:
            await confirm(tx, vendor_id, "TBIL-X", "LAB.TBIL")

    async with database.transaction() as pushing:
        index = await public.mapping_index(pushing, vendor_id)
        assert (
            await public.see_vendor_items(pushing, vendor_id, [SeenItem("TBIL-X", TBIL.name)])
            == index.version
        )
        task = asyncio.create_task(confirming())
        await asyncio.sleep(0.3)
        assert not task.done()
    await task


async def test_matching_a_push_of_sixty_results_is_cheap(tx: Tx) -> None:
    vendor_id = await dictionary(tx, TBIL, CREA)
    await confirm(tx, vendor_id, "CR-X", "LAB.CREA")
    index = await public.mapping_index(tx, vendor_id)
    best = 1.0
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(60):
            index.match("CR-X", name="血肌酐(Cr)", unit="mg/dL")
        best = min(best, time.perf_counter() - started)
    assert best < 0.001
