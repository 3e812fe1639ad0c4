"""The demonstration: one hospital, its staff, an exam vendor, four customers and the family of one of them.

The customers are people whom the sandbox's exam centre knows, or not: they are bound over the wire by US-K1 once both sides run.
Passwords and the administrator's second factor are derived from `demo_seed` of KANGHU_HOME, so every installation has its own.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from kanghu.kernel.config import Settings, settings
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.main.home import MINI_PROGRAM_ID, SANDBOX_APP_ID, WECHAT_ID, Home
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.forms import public as forms
from kanghu.modules.people import public as people
from kanghu.modules.wechat import public as wechat

HOSPITAL = "demo-hospital"
HOSPITAL_NAME = "康护示范医院"
VENDOR_ID = UUID("018f0000-0000-7000-8000-00000000d001")
DAILY_CAPACITY = 60

STAFF = (
    # role, user name, display name, scope, department
    ("admin", "demo-admin", "系统管理员", "all", "it"),
    ("doctor", "demo-doctor", "王医生", "institution", "health"),
    ("health_manager", "demo-manager", "健康管理师小李", "institution", "health"),
    ("it_staff", "demo-it", "信息科小周", "all", "it"),
    ("customer_service", "demo-service", "客服小陈", "institution", "health"),
    ("nurse", "demo-nurse", "护士小葛", "own", "nursing"),
    ("finance", "demo-finance", "财务小吴", "institution", "it"),
)
DEPARTMENTS = (("exam", "体检中心"), ("health", "健康管理科"), ("nursing", "护理部"), ("it", "信息科"))


@dataclass(frozen=True, slots=True)
class Customer:
    username: str
    person: people.PersonInput
    answers: dict[str, Any] | None


def _person(name: str, sex: str, birth_date: date, id_number: str, phone: str) -> people.PersonInput:
    return people.PersonInput(
        name=name, sex=sex, birth_date=birth_date, id_type="01", id_number=id_number, phone=phone
    )


CUSTOMERS = (
    Customer(
        "demo-zhang",
        _person("张建国", "1", date(1968, 3, 15), "110101196803150016", "13800000001"),
        {
            "residence_north": True,
            "residence_urban": True,
            "smoking_status": "current",
            "cigarettes_per_day": 20,
            "smoking_years": 32,
            "diagnosed": ["hypertension"],
            "bp_drug_2_weeks": True,
            "family_ascvd_first_degree": True,
            "family_premature_cvd": False,
            "family_hypertension": True,
            "family_diabetes_first_degree": False,
            "family_cancer": ["none"],
            "alcohol": "occasional",
            "exercise_minutes_per_week": 60,
            "salty_diet": True,
            "height_cm": 170,
            "weight_kg": 78,
            "waist_cm": 94,
            "sbp": 146,
            "dbp": 92,
            "chronic_cough": True,
            "dyspnea": False,
            "chest_pain": False,
            "snoring": True,
        },
    ),
    Customer(
        "demo-li",
        _person("李秀英", "2", date(1972, 11, 8), "310104197211080043", "13800000002"),
        {
            "residence_north": False,
            "residence_urban": True,
            "smoking_status": "never",
            "diagnosed": ["thyroid_nodule"],
            "bp_drug_2_weeks": False,
            "family_ascvd_first_degree": False,
            "family_diabetes_first_degree": True,
            "family_cancer": ["breast"],
            "exercise_minutes_per_week": 150,
            "height_cm": 160,
            "weight_kg": 62,
            "waist_cm": 82,
            "pregnant": "no",
            "menopause": True,
            "gdm_history": False,
        },
    ),
    Customer(
        "demo-wang",
        _person("王伟", "1", date(1985, 6, 20), "310106198506200054", "13800000003"),
        {
            "residence_north": False,
            "residence_urban": True,
            "smoking_status": "never",
            "diagnosed": ["none"],
            "bp_drug_2_weeks": False,
            "family_ascvd_first_degree": False,
            "family_diabetes_first_degree": False,
            "family_cancer": ["none"],
            "height_cm": 176,
            "weight_kg": 82,
            "waist_cm": 91,
        },
    ),
    Customer(
        "demo-sun",
        _person("孙晓梅", "2", date(1990, 4, 2), "32010219900402002X", "13800000009"),
        None,
    ),
)


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody of a customer's family, without an account of their own."""

    relation: str
    person: people.PersonInput
    answers: dict[str, Any] | None = None


FAMILY_OF = "demo-zhang"
FAMILY = (
    Relative("child", people.PersonInput(name="张小满", sex="2", birth_date=date(2016, 5, 21))),
    Relative(
        "parent",
        people.PersonInput(
            name="赵桂兰", sex="2", birth_date=date(1943, 5, 12), id_type="01", id_number="110101194305120026"
        ),
        {
            "residence_north": True,
            "residence_urban": True,
            "smoking_status": "never",
            "diagnosed": ["hypertension", "diabetes"],
            "bp_drug_2_weeks": True,
            "family_ascvd_first_degree": False,
            "family_diabetes_first_degree": False,
            "family_cancer": ["none"],
            "height_cm": 156,
            "weight_kg": 55,
            "waist_cm": 84,
            "sbp": 138,
            "dbp": 76,
            "pregnant": "no",
            "menopause": True,
            "gdm_history": False,
        },
    ),
)


def _derived(purpose: str) -> bytes:
    seed = Home(settings().home).secrets()["demo_seed"]
    return hmac.digest(seed.encode(), purpose.encode(), hashlib.sha256)


def password_of(username: str) -> str:
    return "Kh-" + base64.b32encode(_derived(f"password {username}")).decode()[:14].lower()


def totp_secret() -> str:
    """The administrator's second factor, base32."""
    return base64.b32encode(_derived("totp")[:20]).decode()


async def load(tx: Tx) -> None:
    """Hospital, staff, vendor, customers and their answers; running it again changes nothing."""
    institution = await accounts.create_institution(tx, HOSPITAL, HOSPITAL_NAME)
    departments = {
        code: await accounts.create_department(tx, institution, code, name, sort=place)
        for place, (code, name) in enumerate(DEPARTMENTS)
    }
    for role, username, name, scope, department in STAFF:
        await accounts.create_staff_account(
            tx,
            username=username,
            password=password_of(username),
            display_name=name,
            institution_id=institution,
            department_id=departments[department],
            grants=[(role, scope)],
            totp_secret=totp_secret() if role == "admin" else None,
        )
    await place_sandbox(tx)
    await _load_exam_centre(tx, institution)
    for customer in CUSTOMERS:
        await _load_customer(tx, institution, customer)
    await _load_family(tx, institution)


async def place_sandbox(tx: Tx) -> None:
    """Exam centre and WeChat are at the address where the sandbox is now."""
    institution = await accounts.create_institution(tx, HOSPITAL, HOSPITAL_NAME)
    await _place_vendor(tx, institution)
    await _place_wechat(tx, institution)


async def _place_vendor(tx: Tx, institution: UUID) -> None:
    await exchange.ensure_vendor(
        tx,
        vendor_id=VENDOR_ID,
        name="康护示范医院体检中心",
        institution_id=institution,
        base_url=f"http://127.0.0.1:{settings().sandbox_port}",
        url_hosts=["exam-centre.example"],
        call_app_id=SANDBOX_APP_ID,
        call_secret=Home(settings().home).secrets()["sandbox_secret"],
    )


async def _load_exam_centre(tx: Tx, institution: UUID) -> None:
    await accounts.create_api_app(
        tx,
        app_id=SANDBOX_APP_ID,
        name="体检中心沙箱",
        institution_id=institution,
        vendor_id=VENDOR_ID,
        secret=Home(settings().home).secrets()["sandbox_secret"],
    )
    await exams.set_daily_capacity(tx, VENDOR_ID, DAILY_CAPACITY)


async def _place_wechat(tx: Tx, institution: UUID) -> None:
    console = Home(settings().home).sandbox_wechat()
    url = f"http://127.0.0.1:{settings().sandbox_port}/wechat"
    accounts_at_wechat: tuple[tuple[UUID, wechat.Kind, str, str], ...] = (
        (WECHAT_ID, "official", console["NAME"], "APP"),
        (MINI_PROGRAM_ID, "mini_program", f"{console['NAME']}小程序", "MINI_APP"),
    )
    for account_id, kind, name, end in accounts_at_wechat:
        await wechat.ensure_account(
            tx,
            account_id=account_id,
            institution_id=institution,
            kind=kind,
            name=name,
            appid=console[f"{end}_ID"],
            secret=console[f"{end}_SECRET"],
            token=console["TOKEN"],
            aes_key=console["ENCODING_AES_KEY"],
            api_url=url,
            connect_url=url,
        )


async def _load_customer(tx: Tx, institution: UUID, customer: Customer) -> None:
    person_id = await people.register_person(tx, SYSTEM, customer.person, institution)
    if await accounts.account_of_person(tx, person_id) is None:
        await accounts.create_customer_account(
            tx,
            username=customer.username,
            phone=customer.person.phone,
            password=password_of(customer.username),
            person_id=person_id,
            institution_id=institution,
            display_name=customer.person.name,
        )
    await _answer(tx, person_id, customer.answers)


async def _answer(tx: Tx, person_id: UUID, answers: dict[str, Any] | None) -> None:
    if answers is not None and not await forms.has_completed(tx, person_id):
        await forms.save_completed(tx, person_id, "health_self_test", answers, SYSTEM)


async def _holder(tx: Tx) -> Caller:
    """The customer who has a family, as they act on the phone."""
    customer = next(found for found in CUSTOMERS if found.username == FAMILY_OF)
    person_id = await _person_id(tx, customer.person)
    assert person_id is not None, "loaded before"
    return Caller(kind="customer", person_id=person_id, display="演示数据")


async def _load_family(tx: Tx, institution: UUID) -> None:
    holder = await _holder(tx)
    if await people.has_family(tx, holder):
        return
    for relative in FAMILY:
        person_id = await people.add_family_member(
            tx, holder, relative.person, relative.relation, institution
        )
        await _answer(tx, person_id, relative.answers)


async def bind(_chosen: Settings, database: Database) -> int:
    """US-K1 over the wire for every customer who is not bound yet, as if each had signed on the phone; how many."""
    async with database.transaction() as tx:
        version = (await people.agreement(tx, exchange.AGREEMENT)).version
        waiting = await _unbound(tx)
    for caller in waiting:
        await exchange.bind_account(database, caller, caller.own_person(), VENDOR_ID, version, "h5")
    return len(waiting)


async def _unbound(tx: Tx) -> list[Caller]:
    """Customers, and those of the family whom a vendor can tell apart (by id number), as the customer acts for them."""
    callers = []
    for customer in CUSTOMERS:
        if (person_id := await _person_id(tx, customer.person)) is not None:
            callers.append(Caller(kind="customer", person_id=person_id, display="演示数据"))
    for relative in FAMILY:
        if relative.person.id_number and (person_id := await _person_id(tx, relative.person)) is not None:
            callers.append((await _holder(tx)).on_behalf_of(person_id))
    return [caller for caller in callers if not await exams.accounts_of(tx, caller.own_person())]


async def _person_id(tx: Tx, person: people.PersonInput) -> UUID | None:
    assert person.id_number is not None
    return await people.find_by_id_number(tx, "01", person.id_number)


async def info(tx: Tx) -> dict[str, Any]:
    """Addresses, credentials and customers of the demonstration, as `kanghu demo info --json` prints them."""
    chosen = settings()
    kept = Home(chosen.home).secrets()
    scheme = "https" if chosen.tls_certificate else "http"
    staff = [
        {
            "role": role,
            "username": username,
            "password": password_of(username),
            **({"totp_secret": totp_secret()} if role == "admin" else {}),
        }
        for role, username, *_ in STAFF
    ]
    signed_up = [
        {"role": "customer", "username": customer.username, "password": password_of(customer.username)}
        for customer in CUSTOMERS
    ]
    return {
        "platform_url": f"{scheme}://127.0.0.1:{chosen.port}",
        "sandbox_url": f"http://127.0.0.1:{chosen.sandbox_port}",
        "sms_url": f"http://127.0.0.1:{chosen.sandbox_port}/sms/",
        "wechat_url": f"http://127.0.0.1:{chosen.sandbox_port}/wechat/phone",
        "vendor": {"app_id": SANDBOX_APP_ID, "secret": kept["sandbox_secret"], "vendor_id": str(VENDOR_ID)},
        "accounts": [*staff, *signed_up],
        "customers": [found for customer in CUSTOMERS if (found := await _customer_info(tx, customer))],
    }


async def _customer_info(tx: Tx, customer: Customer) -> dict[str, Any] | None:
    person_id = await _person_id(tx, customer.person)
    bound = await exams.accounts_of(tx, person_id) if person_id else []
    if person_id is None or not bound:
        return None
    return {
        "username": customer.username,
        "exam_account": bound[0].exam_account,
        "questionnaire_done": await forms.has_completed(tx, person_id),
        "person": await people.wire_person(tx, person_id),
    }


def as_text(found: dict[str, Any]) -> str:
    """The same for a person at a terminal."""
    lines = [
        f"平台      {found['platform_url']}",
        f"体检中心  {found['sandbox_url']}",
        f"短信      {found['sms_url']}",
        f"微信手机  {found['wechat_url']}",
        f"对接凭据  应用 {found['vendor']['app_id']}  密钥 {found['vendor']['secret']}",
        "",
        "账号",
    ]
    for account in found["accounts"]:
        totp = f"  动态口令密钥 {account['totp_secret']}" if "totp_secret" in account else ""
        lines.append(f"  {account['role']:<17}{account['username']:<14}{account['password']}{totp}")
    lines += ["", "客户"]
    for customer in found["customers"]:
        done = "已填问卷" if customer["questionnaire_done"] else "未填问卷"
        lines.append(f"  {customer['exam_account']}  {customer['person']['name']}  {done}")
    return "\n".join(lines)
