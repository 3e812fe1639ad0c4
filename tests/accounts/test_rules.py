"""The pure rules: locks, scopes, who may grant what, token buckets, TOTP, passwords."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pyotp
import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel.security import Scope
from kanghu.modules.accounts import passwords, policy, second_factor
from kanghu.modules.accounts.models import Failures
from kanghu.modules.accounts.policy import ACCOUNT_LOCK, ADDRESS_LOCK, SCOPE_KINDS, Holder
from kanghu.modules.accounts.rate_limit import Buckets, TokenBucket
from kanghu.modules.accounts.roles import ADMIN, BUILTIN_ROLES, permissions_of
from kanghu.modules.accounts.service.sign_in import one_more

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EAST, WEST, SURGERY, WARD, OTHER, ME, PERSON = (UUID(int=n) for n in range(1, 8))
DOCTOR = Holder(ME, EAST, SURGERY, (SURGERY, WARD))
ALL = Scope(everything=True)


# ---- locks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [
        (0, None),
        (1, None),
        (4, None),
        (5, 15),
        (6, None),
        (9, None),
        (10, 30),
        (15, 60),
        (20, 120),
        (500, 24 * 60),
    ],
)
def test_five_failures_pause_for_a_quarter_hour_and_then_twice_as_long(
    failures: int, minutes: int | None
) -> None:
    assert ACCOUNT_LOCK.pause(failures) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("failures", "minutes"), [(5, None), (49, None), (50, 1), (100, 2), (250, 15), (5000, 15)]
)
def test_an_address_is_paused_only_by_many_failures_and_at_first_briefly(
    failures: int, minutes: int | None
) -> None:
    assert ADDRESS_LOCK.pause(failures) == (None if minutes is None else timedelta(minutes=minutes))


def test_failures_are_forgotten_a_day_after_the_last_one_but_not_while_a_pause_lasts() -> None:
    old = Failures("account:x", 4, NOW - timedelta(days=1, seconds=1), None)
    assert one_more(ACCOUNT_LOCK, old, NOW).failures == 1
    fresh = Failures("account:x", 4, NOW - timedelta(hours=23), None)
    assert one_more(ACCOUNT_LOCK, fresh, NOW).locked_until == NOW + timedelta(minutes=15)
    paused = Failures("account:x", 500, NOW - timedelta(days=1, seconds=1), NOW - timedelta(seconds=1))
    assert one_more(ACCOUNT_LOCK, paused, NOW).failures == 501


# ---- scopes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "scope"),
    [
        ({"all": ["p"]}, ALL),
        ({"institution": ["p"]}, Scope(institutions=(EAST,))),
        ({"department": ["p"]}, Scope(departments=(SURGERY, WARD))),
        ({"own": ["p"]}, Scope(account=ME)),
        ({"self": ["p"]}, Scope()),
        ({"own": ["p"], "department": ["p"]}, Scope(departments=(SURGERY, WARD), account=ME)),
        ({"institution": ["p"], "all": ["p"]}, Scope(everything=True, institutions=(EAST,))),
        ({"own": ["q"], "institution": ["p"]}, Scope(institutions=(EAST,))),
    ],
)
def test_several_roles_give_the_union_of_their_scopes(held: dict[str, list[str]], scope: Scope) -> None:
    assert policy.grants_of(held, DOCTOR)["p"] == scope


def test_a_customer_reaches_only_himself() -> None:
    customer = Holder(ME, EAST, person_id=PERSON)
    assert policy.grants_of({"self": ["p"]}, customer) == {"p": Scope(persons=(PERSON,))}


kinds = st.sampled_from(sorted(SCOPE_KINDS))
held_maps = st.dictionaries(kinds, st.lists(st.sampled_from("pqr"), max_size=3), max_size=5)
holders = st.builds(
    lambda institution, departments, person: Holder(
        ME, institution, departments[0] if departments else None, tuple(departments), person
    ),
    st.sampled_from([EAST, WEST]),
    st.lists(st.sampled_from([SURGERY, WARD, OTHER]), unique=True, max_size=3),
    st.none() | st.just(PERSON),
)


@given(held_maps, held_maps, holders)
def test_one_more_role_never_takes_anything_away(
    held: dict[str, list[str]], more: dict[str, list[str]], holder: Holder
) -> None:
    before = policy.grants_of(held, holder)
    merged = {kind: held.get(kind, []) + more.get(kind, []) for kind in {*held, *more}}
    after = policy.grants_of(merged, holder)
    for permission, scope in before.items():
        assert policy.covers(after[permission], scope, holder)
        assert after[permission] | scope == after[permission]


@given(held_maps, holders)
def test_everybody_could_give_himself_what_he_holds_and_nobody_more(
    held: dict[str, list[str]], holder: Holder
) -> None:
    grants = policy.grants_of(held, holder)
    assert policy.beyond(grants, grants, holder) == []
    assert policy.beyond(grants, {"never.held.this": ALL}, holder) == ["never.held.this"]


@pytest.mark.parametrize(
    ("have", "want", "covered"),
    [
        (ALL, ALL, True),
        (Scope(institutions=(EAST,)), ALL, False),
        (Scope(institutions=(EAST,)), Scope(institutions=(EAST,)), True),
        (Scope(institutions=(EAST,)), Scope(departments=(SURGERY, WARD)), True),
        (Scope(institutions=(EAST,)), Scope(account=ME), True),
        (Scope(institutions=(WEST,)), Scope(institutions=(EAST,)), False),
        (Scope(institutions=(WEST,)), Scope(departments=(SURGERY,)), False),
        (Scope(institutions=(WEST,)), Scope(account=ME), False),
        (Scope(departments=(SURGERY, WARD)), Scope(institutions=(EAST,)), False),
        (Scope(departments=(SURGERY, WARD)), Scope(departments=(SURGERY, WARD)), True),
        (Scope(departments=(WARD,)), Scope(departments=(SURGERY, WARD)), False),
        (Scope(departments=(SURGERY,)), Scope(account=ME), True),
        (Scope(account=OTHER), Scope(account=ME), False),
        (Scope(), Scope(account=ME), False),
        (Scope(), Scope(persons=(PERSON,)), False),
    ],
)
def test_who_covers_whom(have: Scope, want: Scope, covered: bool) -> None:
    assert policy.covers(have, want, DOCTOR) is covered


def test_delegation_lets_one_give_what_one_does_not_have_but_no_further_than_it_reaches() -> None:
    grants = {policy.DELEGATE: Scope(institutions=(EAST,))}
    assert policy.beyond(grants, {"health.record.read": Scope(institutions=(EAST,))}, DOCTOR) == []
    assert policy.beyond(grants, {"health.record.read": ALL}, DOCTOR) == ["health.record.read"]
    assert policy.beyond_anywhere(grants, ["health.record.read"]) == ["health.record.read"]
    assert policy.beyond_anywhere({policy.DELEGATE: ALL}, ["health.record.read"]) == []


def test_shipped_roles_are_patterns_over_the_registry() -> None:
    registry = [
        "accounts.account.write",
        "exams.own.use",
        "exams.result.read",
        "health.record.write",
        "main.job.retry",
    ]
    roles = {role.code: permissions_of(role, registry) for role in BUILTIN_ROLES}
    assert roles[ADMIN] == ["accounts.account.write", "main.job.retry"]
    assert roles["doctor"] == ["exams.result.read", "health.record.write"]
    assert roles["customer"] == ["exams.own.use"]


# ---- token bucket -----------------------------------------------------------------------------------------------------

steps = st.lists(st.floats(min_value=0, max_value=120, allow_nan=False), min_size=1, max_size=300)


@given(st.integers(min_value=1, max_value=600), steps)
def test_a_bucket_never_lets_more_through_than_its_rate_and_one_minute(
    rate: int, pauses: list[float]
) -> None:
    bucket, now, admitted = TokenBucket(rate), 1000.0, 0
    for pause in pauses:
        now += pause
        admitted += bucket.take(now) == 0.0
    assert admitted <= rate + rate * (now - 1000.0) / 60 + 1e-6


@given(st.integers(min_value=1, max_value=600), st.integers(min_value=0, max_value=50))
def test_who_waits_as_told_is_admitted(rate: int, refused_tries: int) -> None:
    bucket, now = TokenBucket(rate), 5.0
    for _ in range(rate):
        assert bucket.take(now) == 0.0
    for _ in range(refused_tries):
        assert bucket.take(now) > 0.0
    wait = bucket.take(now)
    assert 0.0 < wait <= 60 / rate + 1e-9
    assert bucket.take(now + wait * 0.5) > 0.0
    assert bucket.take(now + wait + 1e-6) == 0.0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = TokenBucket(1)
    assert bucket.take(100.0) == 0.0
    assert bucket.take(40.0) > 0.0
    assert bucket.take(101.0) > 0.0


def test_each_app_has_its_own_bucket_and_a_new_rate_counts_at_once() -> None:
    buckets = Buckets()
    assert [buckets.take("a", 1, 0.0) == 0.0, buckets.take("b", 1, 0.0) == 0.0] == [True, True]
    assert buckets.take("a", 1, 0.0) > 0.0
    assert buckets.take("a", 2, 0.0) == 0.0


# ---- second factor ----------------------------------------------------------------------------------------------------


def test_a_code_is_good_for_its_step_and_one_either_way_and_only_once() -> None:
    secret = second_factor.new_secret()
    step = int(NOW.timestamp()) // 30
    code = pyotp.TOTP(secret).at(NOW)
    for shift in (-30, 0, 30):
        assert second_factor.matching_step(secret, code, NOW + timedelta(seconds=shift), 0) == step
    for shift in (-60, 60):
        assert second_factor.matching_step(secret, code, NOW + timedelta(seconds=shift), 0) is None
    assert second_factor.matching_step(secret, code, NOW, last_step=step) is None
    assert second_factor.matching_step(secret, "", NOW, 0) is None
    assert second_factor.matching_step(secret, "一二三四五六", NOW, 0) is None


def test_the_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six digits of the eight; the secret is the ASCII «12345678901234567890»."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in [
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (20000000000, "353130"),
    ]:
        assert (
            second_factor.matching_step(secret, code, datetime.fromtimestamp(seconds, UTC), 0)
            == seconds // 30
        )


def test_recovery_codes_may_be_typed_carelessly() -> None:
    account, code = uuid4(), second_factor.new_recovery_codes()[0]
    assert second_factor.recovery_hash(account, code) == second_factor.recovery_hash(
        account, code.lower().replace("-", " ")
    )
    assert second_factor.recovery_hash(account, code) != second_factor.recovery_hash(uuid4(), code)
    assert len(set(second_factor.new_recovery_codes())) == 10


# ---- passwords and masks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "fit"),
    [
        ("Correct-Horse-9", True),
        ("春眠不觉晓处处闻啼鸟", True),
        ("short", False),
        ("zhang.sanfeng", False),
        ("ZHANG.SANFENG", False),
        ("1q2w3e4r5t", False),
        ("Password123", False),
        ("aaaaaaaaaaaa", False),
        ("x1y2z3" * 30, False),
    ],
)
def test_password_rules(password: str, fit: bool) -> None:
    assert (passwords.refusal(password, ("zhang.sanfeng",)) is None) is fit


async def test_a_password_is_verified_and_old_parameters_show() -> None:
    stored = await passwords.hash_password("Correct-Horse-9")
    assert await passwords.verify(stored, "Correct-Horse-9") == passwords.Verdict(right=True, outdated=False)
    assert not (await passwords.verify(stored, "correct-horse-9")).right
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("Correct-Horse-9")
    assert await passwords.verify(weak, "Correct-Horse-9") == passwords.Verdict(right=True, outdated=True)
    assert not (await passwords.verify(None, "Correct-Horse-9")).right
    assert not (await passwords.verify("not a hash", "Correct-Horse-9")).right


async def test_full_width_and_half_width_are_the_same_password() -> None:
    assert (await passwords.verify(await passwords.hash_password("Ａbcdefghij１"), "Abcdefghij1")).right


async def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    assert extract_parameters(passwords.NOBODY) == extract_parameters(
        await passwords.hash_password("Correct-Horse-9")
    )


def test_masks() -> None:
    assert policy.masked_name("欧阳娜娜") == "欧***"
    assert policy.masked_phone("13812345678") == "138****5678"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("12812345678", None),
        ("zhang", None),
        ("1381234567", None),
    ],
)
def test_phone_numbers(text: str, number: str | None) -> None:
    assert policy.normal_phone(text) == number
