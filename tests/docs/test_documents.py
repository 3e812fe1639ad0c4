"""What the documents say is so: links lead somewhere, settings and commands exist, examples compute, generated parts are fresh."""

import asyncio
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from kanghu.kernel.config import Settings
from kanghu.kernel.db import Tx
from kanghu.kernel.events import LISTENERS
from kanghu.kernel.jobs import TIMERS
from kanghu.main import documents, modules
from kanghu.main.cli import app as command_line
from kanghu.main.modules import MODULES
from kanghu.modules.exchange import errors as exchange_errors
from kanghu.modules.exchange.wire import datasets, signature
from kanghu.modules.notices.settings import AliyunSettings, MailSettings
from kanghu.modules.notices.settings import Settings as SmsSettings
from kanghu.modules.people.settings import FaceIdSettings
from kanghu.modules.people.settings import Settings as PeopleSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "src").rglob("README.md")),
]
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as Git hosts make them: lower case, punctuation dropped, spaces to hyphens."""
    text = CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def test_links_lead_to_files_and_headings() -> None:
    broken = []
    for page, target in links():
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken
    assert len(list(links())) > 30


def settings_in_code() -> dict[str, Any]:
    """Environment variable → default."""
    found = {}
    for kind, prefix in (
        (Settings, "KANGHU_"),
        (PeopleSettings, "KANGHU_PEOPLE_"),
        (FaceIdSettings, "KANGHU_FACEID_"),
        (SmsSettings, "KANGHU_SMS_"),
        (AliyunSettings, "KANGHU_ALIYUN_SMS_"),
        (MailSettings, "KANGHU_MAIL_"),
    ):
        for name, field in kind.model_fields.items():
            found[str(field.validation_alias or prefix + name.upper())] = field.default
    return found


def test_every_module_with_settings_is_known_here() -> None:
    having = {path.parent.name for path in (ROOT / "src/kanghu/modules").glob("*/settings.py")}
    assert having == {"people", "notices"}


def test_settings_of_the_readme_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", read("README.md"), re.MULTILINE)
    documented = dict(rows)
    assert set(documented) == set(settings_in_code())
    for name, default in settings_in_code().items():
        if isinstance(default, int) and not isinstance(default, bool):
            assert documented[name] == f"`{default}`", name


@pytest.mark.parametrize("page", ["README.md", "docs/运维手册.md", "docs/用户手册.md", "docs/合规与安全.md"])
def test_variables_named_elsewhere_exist(page: str) -> None:
    named = set(re.findall(r"\b(KANGHU_[A-Z_]+|DATABASE_URL)\b", read(page)))
    assert named <= set(settings_in_code())


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"run", "test", "tour"} <= named <= targets


def test_commands_named_in_documents_exist() -> None:
    named = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:`|bin/)kanghu ((?:[a-z]+ )?[a-z]+)", text))
    assert {"run", "audit verify", "keys rotate", "admin create", "docs"} <= named
    for command in sorted(named):
        shown = CliRunner().invoke(command_line, [*command.split(), "--help"])
        assert shown.exit_code == 0, command


def test_addresses_named_in_the_manuals_exist() -> None:
    known = {
        re.sub(r"\{\w+\}", "{}", path)
        for audience in ("admin", "patient", "open")
        for path in json.loads(read(f"openapi/{audience}.json"))["paths"]
    } | {"/healthz"}
    named = {
        (page, path)
        for page in ("README.md", "docs/按接口办事.md", "docs/运维手册.md", "docs/接口说明.md")
        for path in re.findall(r"(?:(?:GET|POST|PUT|PATCH|DELETE) |\$U)(/[a-z][^\s`?）]*)", read(page))
        if path.startswith(("/api/", "/open/", "/healthz"))
    }
    assert len(named) > 40
    assert [found for found in named if re.sub(r"\{\w+\}", "{}", found[1]) not in known] == []


def test_the_signature_example_computes() -> None:
    text = read("docs/接口说明.md")
    given = dict(
        re.findall(r"^\| (密钥|方法|路径|X-Timestamp|X-Nonce|报文) \| `(.+)` \|$", text, re.MULTILINE)
    )
    answers = dict(
        (kind, (body_hash, signed))
        for kind, body_hash, signed in re.findall(
            r"^\| (HMAC-\w+) \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$", text, re.MULTILINE
        )
    )
    assert set(answers) == {signature.SHA256, signature.SM3}
    for kind, (body_hash, signed) in answers.items():
        to_sign = signature.string_to_sign(
            given["方法"], given["路径"], given["X-Timestamp"], given["X-Nonce"], given["报文"].encode(), kind
        )
        assert to_sign.decode().endswith(body_hash)
        assert signature.sign(given["密钥"], to_sign, kind) == signed
        if kind == signature.SHA256:
            assert f"```text\n{to_sign.decode()}\n```" in text


def test_the_python_example_signs_as_the_platform_verifies() -> None:
    example = re.search(r"```python\n(.*?)```", read("docs/接口说明.md"), re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)
    body = '{"exam_account":"体检-1"}'.encode()
    made = names["signed_headers"]("app", "密钥", "/open/v1/exam/results", body)
    text = signature.string_to_sign(
        "POST", "/open/v1/exam/results", made["X-Timestamp"], made["X-Nonce"], body, signature.SHA256
    )
    assert made["X-Signature"] == signature.sign("密钥", text)
    assert signature.is_nonce(made["X-Nonce"])


def test_vendor_side_examples_fit_the_contract() -> None:
    import msgspec

    section = read("docs/接口说明.md").partition("## 六、")[2].partition("## 七、")[0]
    bodies = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    assert len(bodies) == 2
    msgspec.json.decode(bodies[0], type=datasets.AccountBinding)
    assert msgspec.json.decode(bodies[1], type=datasets.Appointment).items


def test_transport_codes_of_the_interface_description_are_those_of_the_code() -> None:
    table = read("docs/接口说明.md").partition("### 传输错误")[2].partition("###")[0]
    named = {(int(status), code) for status, codes in re.findall(r"^\| (\d{3}) \| (.+?) \|", table, re.MULTILINE)
             for code in re.findall(r"`([a-z_.]+)`", codes)}  # fmt: skip
    known = {
        (kind.status, kind.code)
        for kind in vars(exchange_errors).values()
        if isinstance(kind, type) and issubclass(kind, exchange_errors.AppError)
    }
    elsewhere = {(413, "request.too_large"), (503, "service.unavailable")}
    assert named <= known | elsewhere
    assert {code for status, code in known if status == 401} <= {code for _, code in named} | {
        exchange_errors.Unauthenticated.code
    }


def words_of_the_code() -> set[str]:
    """Every identifier and every part of one, and words in SQL and other strings."""
    found: set[str] = set()
    for path in (ROOT / "src/kanghu").rglob("*.py"):
        with tokenize.open(path) as file:
            found |= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", file.read()))
    snake = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower() for word in found}
    return snake | {word.removesuffix("s") for word in snake}


def test_each_term_has_one_word_that_the_code_uses() -> None:
    rows = re.findall(r"^\| ([^|`-][^|]*?) \| ([a-z_]+) \|", read("docs/glossary.md"), re.MULTILINE)
    assert len(rows) > 60
    terms, words = [term for term, _ in rows], [word for _, word in rows]
    assert len(set(terms)) == len(terms)
    assert len(set(words)) == len(words)
    assert set(words) <= words_of_the_code()


def test_every_module_is_in_the_design() -> None:
    design = read("docs/系统设计.md")
    assert [name for name in MODULES if f"`{name}`" not in design] == []


def test_every_listener_is_in_the_design() -> None:
    modules.load()
    table = dict(re.findall(r"^\| `([A-Z]\w+)` \| \w+ \| (.+) \|$", read("docs/系统设计.md"), re.MULTILINE))
    for kind, listeners in LISTENERS.items():
        if kind.__module__.startswith("kanghu."):
            heard_by = {name.partition(".")[0] for name in listeners}
            assert heard_by == set(re.findall(r"(\w+)：", table.get(kind.__name__, ""))), kind.__name__


def test_every_timer_is_in_the_design() -> None:
    modules.load()
    table = read("docs/系统设计.md").partition("定时任务：")[2]
    for timer in TIMERS.values():
        if not timer.run.__module__.startswith("kanghu."):
            continue  # a test's own
        minute, hour, *_ = timer.expression.split()
        said = f"每 {minute[2:]} 分钟" if minute.startswith("*/") else f"{int(hour):02}:{int(minute):02}"
        assert f"| {said} |" in table, timer.name


async def test_generated_documents_are_fresh(tx: Tx) -> None:
    wanted = await documents.documents(tx)
    stale = [path.name for path in await asyncio.to_thread(documents.write, wanted, check=True)]
    assert not stale, "kanghu docs"


async def test_every_column_is_explained(tx: Tx) -> None:
    """The database design is only as good as its comments; views are explained as a whole."""
    text = (await documents.database_design(tx)).split("\n### ")
    silent = [
        table.partition("\n")[0]
        for table in text[1:]
        if not table.startswith("视图") and re.search(r"^\| (?!列)\w+ \|.*\|  \|$", table, re.MULTILINE)
    ]
    assert silent == []
