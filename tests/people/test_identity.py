"""Pure rules of identity: normal forms, id numbers, masks, order, and the comparison behind 401."""

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kanghu.modules.people import identity
from kanghu.modules.people.identity import GivenIdentity, Malformed, StoredIdentity

HAN = "张王李赵阿依古丽买提江艾力𠮷㛃䶮〇欧阳娜"
NAMES = st.text(alphabet=HAN + "abcXYZéñ ·•‧・.ＡＢ　'-", min_size=1, max_size=20)
BIRTH = st.dates(date(1900, 1, 1), date(2026, 1, 1))


def citizen(birth: date, region: str = "110105", serial: int = 2) -> str:
    """An id number with the weights of GB 11643 written out, independent of the code under test."""
    body = f"{region}{birth:%Y%m%d}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("张三", "张三"),
        ("  张　三 ", "张三"),
        ("欧阳\u200b娜娜\ufeff", "欧阳娜娜"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽 ‧ 买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽･买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽··买买提", "阿依古丽·买买提"),
        ("Ｌｉ　　Ｍｉｎｇ", "Li Ming"),
        ("John F. Kennedy", "John F. Kennedy"),
        ("𠮷野䶮", "𠮷野䶮"),
        ("王\ue863", "王\ue863"),
    ],
)
def test_names_have_one_spelling(raw: str, normal: str) -> None:
    assert identity.normalise_name(raw) == normal


@pytest.mark.parametrize("raw", ["", "  ", "·", "张3", "张\x00三", "<b>张三", "张" * 51])
def test_what_is_no_name_is_refused(raw: str) -> None:
    with pytest.raises(Malformed):
        identity.normalise_name(raw)


@given(NAMES)
def test_normalising_a_name_twice_changes_nothing(raw: str) -> None:
    try:
        once = identity.normalise_name(raw)
    except Malformed:
        assume(False)
    assert identity.normalise_name(once) == once
    assert identity.name_key(once) == identity.name_key(raw)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_malformed(raw: str) -> None:
    try:
        name = identity.normalise_name(raw)
    except Malformed:
        return
    assert 0 < len(name) <= 50
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Nd") for c in name)


@given(st.text(alphabet=HAN, min_size=2, max_size=6), st.sampled_from("·•‧・･"), st.integers(1, 5))
def test_dots_spaces_and_width_do_not_make_another_person(name: str, dot: str, cut: int) -> None:
    assume(cut < len(name))
    written = f" {name[:cut]} {dot} {name[cut:]}\u3000"
    assert identity.name_key(written) == identity.name_key(f"{name[:cut]}·{name[cut:]}")


def test_latin_case_does_not_make_another_person() -> None:
    assert identity.name_key("LI MING") == identity.name_key("Li Ming")
    assert identity.name_key("LI MING") != identity.name_key("LIMING")


def test_published_example_of_the_standard() -> None:
    # The two examples printed in GB 11643-1999.
    assert identity.citizen_number("11010519491231002x") == "11010519491231002X"
    assert identity.citizen_number("440524188001010014") == "440524188001010014"
    facts = identity.citizen_facts("11010519491231002X")
    assert (facts.birth_date, facts.sex) == (date(1949, 12, 31), "2")


@given(BIRTH, st.integers(0, 999))
def test_every_well_formed_number_is_read_back(birth: date, serial: int) -> None:
    number = citizen(birth, serial=serial)
    assert identity.citizen_number(number) == number
    facts = identity.citizen_facts(number)
    assert facts == identity.CitizenFacts(birth, "1" if serial % 2 else "2")


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_fifteen_digits_become_the_eighteen_of_the_same_person(birth: date, serial: int) -> None:
    full = citizen(birth, serial=serial)
    short = full[:6] + full[8:17]
    assert identity.normalise_id_number("01", short) == full
    assert identity.id_number_key(short) == identity.id_number_key(full.lower())


@given(BIRTH, st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(birth: date, serial: int, place: int, shift: int) -> None:
    number = citizen(birth, serial=serial)
    assume(number[place] != "X")
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert identity.citizen_number(wrong) is None
    with pytest.raises(Malformed):
        identity.normalise_id_number("01", wrong)


def test_full_width_and_spaced_numbers_are_read() -> None:
    assert identity.normalise_id_number("01", "１１０１０５ 19491231 ００２ｘ") == "11010519491231002X"


def test_impossible_dates_are_refused() -> None:
    body = "11010519490231002"
    assert all(identity.citizen_number(body + check) is None for check in "0123456789X")


@pytest.mark.parametrize(("raw", "kept"), [("E12345678", "E12345678"), (" e1234 5678", "e12345678")])
def test_other_documents_are_kept_as_given(raw: str, kept: str) -> None:
    assert identity.normalise_id_number("03", raw) == kept
    assert identity.id_number_key(raw) == "E12345678"
    assert identity.id_class("03", raw) == "03"


def test_a_citizens_number_is_one_number_on_every_document() -> None:
    number = "11010519491231002X"
    assert {identity.id_class(kind, number) for kind in ("01", "02", "05")} == {"citizen"}


@pytest.mark.parametrize("raw", ["", "   ", "1" * 19])
def test_empty_and_overlong_numbers_are_refused(raw: str) -> None:
    with pytest.raises(Malformed):
        identity.normalise_id_number("03", raw)


@pytest.mark.parametrize(
    ("sex", "birth", "wrong"),
    [
        ("2", date(1949, 12, 31), ()),
        ("0", date(1949, 12, 31), ()),
        ("9", date(1949, 12, 31), ()),
        ("1", date(1949, 12, 31), ("sex",)),
        ("2", date(1949, 12, 30), ("birth_date",)),
        ("1", date(1950, 12, 31), ("sex", "birth_date")),
    ],
)
def test_a_number_contradicts_sex_and_birth_date(sex: str, birth: date, wrong: tuple[str, ...]) -> None:
    assert identity.contradictions("11010519491231002X", sex, birth) == wrong
    assert identity.contradictions("E12345678", sex, birth) == ()
    assert identity.contradictions(None, sex, birth) == ()


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86-138-1234-5678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("８６13812345678", "13812345678"),
        ("(010) 6655-1234", "01066551234"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("0014155552671", "+14155552671"),
    ],
)
def test_phones_have_one_spelling(raw: str, normal: str) -> None:
    assert identity.normalise_phone(raw) == normal
    assert identity.normalise_phone(normal) == normal


@pytest.mark.parametrize("raw", ["", "1234", "138-1234-567a", "1" * 21, "++86138"])
def test_what_is_no_phone_is_refused(raw: str) -> None:
    with pytest.raises(Malformed):
        identity.normalise_phone(raw)


@pytest.mark.parametrize(
    ("mask", "value", "masked"),
    [
        (identity.mask_name, "张", "张*"),
        (identity.mask_name, "张三", "张*"),
        (identity.mask_name, "张小三", "张*三"),
        (identity.mask_name, "欧阳小娜", "欧**娜"),
        (identity.mask_id_number, "11010519491231002X", "110***********002X"),
        (identity.mask_id_number, "E12345678", "E******78"),
        (identity.mask_id_number, "12345", "*****"),
        (identity.mask_phone, "13812345678", "138****5678"),
        (identity.mask_phone, "66551234", "******34"),
        (identity.mask_address, "北京市海淀区中关村大街1号", "北京市海淀区****"),
        (identity.mask_address, "江苏省昆山市前进路2号", "江苏省昆山市****"),
        (identity.mask_address, "前进路2号", "****"),
    ],
)
def test_masks(mask, value: str, masked: str) -> None:  # type: ignore[no-untyped-def]
    assert mask(value) == masked


@given(st.text(alphabet="0123456789", min_size=5, max_size=18))
def test_masks_hide_at_least_half_of_a_number(number: str) -> None:
    for mask in (identity.mask_id_number, identity.mask_phone):
        masked = mask(number)
        assert len(masked) == len(number)
        assert masked.count("*") >= min(4, len(number) // 2)


def test_names_sort_by_the_reading_of_the_surname() -> None:
    names = ["张三", "单雄信", "仇和", "乐正绫", "曾国藩", "白居易", "任贤齐"]
    assert sorted(names, key=identity.sort_key) == [
        "白居易",
        "仇和",
        "任贤齐",
        "单雄信",
        "乐正绫",
        "曾国藩",
        "张三",
    ]


STORED = StoredIdentity(b"name", "1", date(1980, 1, 2), b"id")


@pytest.mark.parametrize(
    ("given_identity", "differs"),
    [
        (GivenIdentity(b"name", "1", date(1980, 1, 2)), ()),
        (GivenIdentity(b"name", "1", date(1980, 1, 2), b"id"), ()),
        (GivenIdentity(b"other", "1", date(1980, 1, 2)), ("name",)),
        (GivenIdentity(b"name", "2", date(1980, 1, 2)), ("sex",)),
        (GivenIdentity(b"name", "1", date(1980, 1, 2) + timedelta(1)), ("birth_date",)),
        (GivenIdentity(b"name", "1", date(1980, 1, 2), b"no"), ("id_number",)),
        (GivenIdentity(b"x", "9", date(1980, 2, 2), b"no"), ("name", "sex", "birth_date", "id_number")),
    ],
)
def test_identity_check_names_what_differs(given_identity: GivenIdentity, differs: tuple[str, ...]) -> None:
    assert identity.compare_identity(STORED, given_identity) == differs


def test_a_number_is_not_compared_when_none_is_on_record() -> None:
    stored = StoredIdentity(b"name", "1", date(1980, 1, 2), None)
    assert identity.compare_identity(stored, GivenIdentity(b"name", "1", date(1980, 1, 2), b"id")) == ()
