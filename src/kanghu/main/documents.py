"""`kanghu docs`: the parts of docs/ that are read off the system itself, so that they can't tell anything else.

docs/数据库设计.md       from the catalogue of a migrated database: schemas, tables, columns, keys, indexes and their comments
docs/接口说明.md         its field tables, between two marks, from openapi/open.json
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kanghu.kernel.db import Database, Tx
from kanghu.main.supervisor.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[3]
DATABASE_DESIGN = ROOT / "docs" / "数据库设计.md"
INTERFACES = ROOT / "docs" / "接口说明.md"
OPEN_API = ROOT / "openapi" / "open.json"
BEGIN, END = "<!-- 以下由 kanghu docs 生成 -->", "<!-- 生成结束 -->"

# ---- database ---------------------------------------------------------------------------------------------------------

_HEAD = """# 数据库设计

> 本文由 `kanghu docs` 从迁移后的数据库生成，请勿手工修改；说明文字取自各表、各列的 `COMMENT`。

## 约定

- 每个模块一个模式（schema），表只由本模块的 `repository` 读写。跨模块读取只通过 `pub_` 开头的视图；跨模式不设外键，只存对方的标识。
- 主键一般为 UUIDv7（随时间递增）。时间为 `timestamptz`，存 UTC，显示为北京时间。金额为整数，单位分。
- 标为“加密”的列存放密文；`…_index` 为盲索引（带密钥的散列），用于等值查找。加密方式见[合规与安全](合规与安全.md)。
- 只追加的表由触发器拒绝修改与删除。
- 任务队列的四张表（`public` 模式下 `pgqueuer` 开头）由任务队列组件定义，不在此列出。
"""

_SCHEMAS = """
SELECT nspname AS name, coalesce(obj_description(oid, 'pg_namespace'), '') AS comment
  FROM pg_namespace
 WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')
 ORDER BY nspname
"""

_TABLES = """
SELECT class.oid, schema.nspname AS schema, class.relname AS name, class.relkind = 'v' AS is_view,
       coalesce(obj_description(class.oid, 'pg_class'), '') AS comment
  FROM pg_class AS class JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
 WHERE class.relkind IN ('r', 'p', 'v') AND schema.nspname = ANY ($1::text[]) AND NOT class.relispartition
 ORDER BY class.relkind = 'v', class.relname
"""

_COLUMNS = """
SELECT attrelid AS oid, attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required,
       coalesce(col_description(attrelid, attnum), '') AS comment,
       coalesce(pg_get_expr(preset.adbin, preset.adrelid), '') AS preset
  FROM pg_attribute AS part LEFT JOIN pg_attrdef AS preset ON preset.adrelid = attrelid AND preset.adnum = attnum
 WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
 ORDER BY attrelid, attnum
"""

_CONSTRAINTS = """
SELECT conrelid AS oid, contype::text AS kind, conname AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint
 WHERE conrelid = ANY ($1::oid[]) AND contype IN ('p', 'u', 'f', 'c', 'x')
 ORDER BY conrelid, array_position(ARRAY['p', 'u', 'f', 'c', 'x'], contype::text), conname
"""

_INDEXES = """
SELECT indrelid AS oid, class.relname AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
 WHERE indrelid = ANY ($1::oid[])
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
 ORDER BY indrelid, class.relname
"""

_TRIGGERS = """
SELECT tgrelid AS oid, tgname AS name, pg_get_triggerdef(oid) AS definition
  FROM pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal ORDER BY tgrelid, tgname
"""

_KINDS = {"p": "主键", "u": "唯一", "f": "外键", "c": "检查", "x": "排斥"}


async def database_design(tx: Tx) -> str:
    """The document as Markdown, from the catalogue of the database behind `tx`; the same schema gives the same text."""
    schemas = await tx.fetch(_SCHEMAS)
    tables = await tx.fetch(_TABLES, [schema["name"] for schema in schemas])
    oids = [table["oid"] for table in tables]
    parts = {
        name: _by_table(await tx.fetch(query, oids))
        for name, query in (
            ("columns", _COLUMNS),
            ("constraints", _CONSTRAINTS),
            ("indexes", _INDEXES),
            ("triggers", _TRIGGERS),
        )
    }
    lines = [_HEAD, "## 目录", "", "| 模式 | 说明 | 表 | 视图 |", "|---|---|---:|---:|"]
    for schema in schemas:
        mine = [table for table in tables if table["schema"] == schema["name"]]
        views = sum(table["is_view"] for table in mine)
        lines.append(
            f"| [{schema['name']}](#{schema['name']}) | {schema['comment']} | {len(mine) - views} | {views} |"
        )
    for schema in schemas:
        lines += ["", f"## {schema['name']}", "", schema["comment"]]
        for table in tables:
            if table["schema"] == schema["name"]:
                lines += _table(table, {name: found.get(table["oid"], []) for name, found in parts.items()})
    return "\n".join(lines) + "\n"


def _by_table(records: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for record in records:
        found.setdefault(record["oid"], []).append(record)
    return found


def _table(table: Any, parts: Mapping[str, list[Any]]) -> Iterator[str]:
    kind = "视图 " if table["is_view"] else ""
    yield from ("", f"### {kind}{table['schema']}.{table['name']}", "", table["comment"], "")
    yield "| 列 | 类型 | 必填 | 缺省 | 说明 |"
    yield "|---|---|---|---|---|"
    for column in parts["columns"]:
        required = "是" if column["required"] else ""
        preset = f"`{_cell(column['preset'])}`" if column["preset"] else ""
        yield f"| {column['name']} | {column['type']} | {required} | {preset} | {_cell(column['comment'])} |"
    rules = [
        *(f"{_KINDS[rule['kind']]}：`{_one_line(rule['definition'])}`" for rule in parts["constraints"]),
        *(f"索引：`{_index(index['definition'])}`" for index in parts["indexes"]),
        *(f"触发器：`{_one_line(trigger['definition'])}`" for trigger in parts["triggers"]),
    ]
    if rules:
        yield ""
        yield from (f"- {rule}" for rule in rules)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _index(definition: str) -> str:
    """`CREATE UNIQUE INDEX name ON schema.table USING gin (…)` without what stands around it already."""
    found = re.fullmatch(r"CREATE (UNIQUE )?INDEX (\S+) ON \S+ USING (\w+) (.*)", _one_line(definition))
    if found is None:
        return _one_line(definition)
    unique, name, method, rest = found.groups()
    return f"{name}{' 唯一' if unique else ''}{'' if method == 'btree' else ' ' + method} {rest}"


# ---- interfaces -------------------------------------------------------------------------------------------------------

_DATA_SETS = (
    "Person", "ListItem", "Guide", "Result", "Image", "Report", "DictionaryItem", "ReferenceRange",
)  # fmt: skip
_TYPES = {"string": "字符", "integer": "整数", "number": "数字", "boolean": "布尔", "object": "对象"}


def interface_tables(document: Mapping[str, Any]) -> str:
    """H1–H5 with fields, answers and examples, then the data sets, from the open OpenAPI document."""
    schemas = document["components"]["schemas"]
    lines: list[str] = []
    for path, operations in sorted(document["paths"].items(), key=lambda found: _title(found[1])):
        operation = operations["post"]
        lines += [f"### {_title(operations)}", "", f"`POST {path}`", "", operation.get("description", ""), ""]
        body = operation["requestBody"]["content"]["application/json"]
        lines += _fields(schemas[_name(body["schema"])], schemas)
        lines += ["", "请求示例：", "", *_json(next(iter(body["examples"].values()))["value"])]
        answers = operation["responses"]["200"]["content"]["application/json"]["examples"]
        for answer in answers.values():
            lines += ["", f"应答示例（{answer['summary']}）：", "", *_json(answer["value"])]
        lines.append("")
    lines += ["### 数据集", ""]
    for name in _DATA_SETS:
        described = schemas[name].get("description", "").strip()
        lines += [f"#### {name}" + (f"　{described}" if described else ""), ""]
        lines += [*_fields(schemas[name], schemas), ""]
    return "\n".join(lines).rstrip() + "\n"


def _title(operations: Mapping[str, Any]) -> str:
    return str(operations["post"]["summary"])


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield "| 字段 | 类型 | 必填 | 数据元 | 说明 |"
    yield "|---|---|---|---|---|"
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        chosen = _chosen(field)
        element = chosen.get("x-data-element", field.get("x-data-element", ""))
        said = chosen.get("description") or field.get("description") or _said_by(chosen, schemas)
        bound = _bounds(chosen)
        text = "；".join(part for part in (said.strip(), bound) if part)
        must = "是" if name in required else ""
        yield f"| {name} | {_type(chosen)} | {must} | {element} | {_cell(text)} |"


def _chosen(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of an optional field that is not null."""
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    return options[0] if options else field


def _said_by(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    target = field if "$ref" in field else field.get("items", {})
    return str(schemas[_name(target)].get("description", "")) if "$ref" in target else ""


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _name(field)
    if field.get("type") == "array":
        items = field.get("items", {})
        return f"{_type(items)}[]" if items else "数组"
    if "enum" in field:
        return "编码"
    return _TYPES.get(str(field.get("type")), "任意")


def _bounds(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return "取值 " + "、".join(str(value) for value in field["enum"])
    said = []
    if "maxLength" in field:
        said.append(f"最长 {field['maxLength']}")
    if "maxItems" in field:
        said.append(f"最多 {field['maxItems']} 项")
    return "，".join(said)


def _json(value: Any) -> list[str]:
    return ["```json", json.dumps(value, ensure_ascii=False, indent=1), "```"]


def with_generated(text: str, generated: str) -> str:
    """`text` with what stands between the two marks replaced. Raises ValueError when they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} … {END} is missing")
    return f"{before}{BEGIN}\n\n{generated}\n{END}{after}"


# ---- both -------------------------------------------------------------------------------------------------------------


async def documents(tx: Tx) -> dict[Path, str]:
    """Every generated document as it should stand now."""
    tables = interface_tables(json.loads(OPEN_API.read_text(encoding="utf-8")))
    return {
        DATABASE_DESIGN: await database_design(tx),
        INTERFACES: with_generated(INTERFACES.read_text(encoding="utf-8"), tables),
    }


def generate() -> dict[Path, str]:
    """`documents` of a database made for the purpose, so that no running installation is needed or asked."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder), durable=False) as server:
        environment = {**os.environ, "DATABASE_URL": server.dsn}
        subprocess.run(
            [sys.executable, "-m", "kanghu.main.cli", "migrate"],
            env=environment,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        return asyncio.run(_read(Database(server.dsn, size=1)))


async def _read(database: Database) -> dict[Path, str]:
    await database.open()
    try:
        async with database.transaction() as tx:
            return await documents(tx)
    finally:
        await database.close()


def write(wanted: Mapping[Path, str], *, check: bool = False) -> list[Path]:
    """Writes what differs, or with `check` only looks; returns the paths that differed."""
    stale = [
        path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if not check:
        for path in stale:
            path.write_text(wanted[path], encoding="utf-8")
    return stale
