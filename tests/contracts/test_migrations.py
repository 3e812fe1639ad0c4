"""The chain of migrations: up, down and up again; described in Chinese; indexed; and two at once do not collide."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from kanghu.kernel.ids import new_id
from migrations.statements import split

from ..conftest import ROOT, migrate
from ..copies import dsn_of

OWN_TABLES = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'public')"
CHINESE = re.compile("[\u4e00-\u9fff]")

# Foreign keys without an index of their own, each with its reason.
UNINDEXED = {
    "accounts.account_roles (granted_by)": "accounts are never deleted, and nobody asks what somebody granted",
    "accounts.api_apps (institution_id)": "institutions are never deleted; there are a few apps",
    "catalog.data_elements (standard)": "loaded as a whole, never deleted",
    "catalog.standards (successor)": "loaded as a whole, never deleted",
    "forms.responses (form_id, form_version_id)": "a version that was published is never deleted (trigger)",
    "notices.notices (template_id)": "templates are never changed or deleted (trigger)",
    "people.consents (kind, text_version, text_hash)": "agreements are never changed or deleted (trigger)",
}

OBJECTS = """
    SELECT 'table ' || oid::regclass FROM pg_class WHERE relkind IN ('r', 'v', 'S', 'p') AND relnamespace IN
           (SELECT oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
    UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN
           (SELECT oid FROM pg_class WHERE relnamespace::regnamespace::text NOT LIKE 'pg\\_%')
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE conrelid <> 0 AND connamespace::regnamespace::text NOT LIKE 'pg\\_%'
                 AND connamespace::regnamespace::text <> 'information_schema'
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc
               WHERE pronamespace::regnamespace::text NOT LIKE 'pg\\_%'
                 AND pronamespace::regnamespace::text <> 'information_schema' AND prokind = 'f'
    UNION ALL SELECT 'column ' || attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod)
                     || ' ' || attnotnull || ' ' || coalesce(col_description(attrelid, attnum), '')
                FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
               WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'v')
                 AND relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
                 AND relnamespace::regnamespace::text <> 'information_schema'
"""


@pytest.fixture
async def empty(server: str) -> AsyncIterator[str]:
    """The address of a database in which nothing is."""
    name = f"migrated_{new_id().hex}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE DATABASE {name}")
    yield dsn_of(server, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def fetch(dsn: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(found) for found in await connection.fetch(query)]
    finally:
        await connection.close()


async def objects(dsn: str) -> set[str]:
    return {found[0] for found in await fetch(dsn, OBJECTS) if "alembic_version" not in found[0]}


async def test_up_down_and_up_again(empty: str) -> None:
    before = await objects(empty)
    await asyncio.to_thread(migrate, empty)
    first = await objects(empty)
    assert len(first) > 500
    await asyncio.to_thread(_downgrade, empty)
    assert await objects(empty) == before
    await asyncio.to_thread(migrate, empty)
    assert await objects(empty) == first


def _downgrade(dsn: str) -> None:
    os.environ["DATABASE_URL"] = dsn
    command.downgrade(Config(str(ROOT / "alembic.ini")), "base")


async def test_answers_of_replies_are_carried_over_and_back(empty: str) -> None:
    """Texts stay texts both ways; the release before knows no material, and a rule that is left without an answer hands over."""
    rule, gone = new_id(), new_id()
    await asyncio.to_thread(_move, empty, "upgrade", "0024")
    await fetch(empty, "ALTER TABLE wechat.reply_rules DROP CONSTRAINT reply_rules_account_id_fkey")
    await fetch(
        empty,
        f"""INSERT INTO wechat.reply_rules (id, account_id, name, trigger, answers)
            SELECT id, '{new_id()}', '欢迎', 'follow', ARRAY['一', '"二"']
              FROM unnest(ARRAY['{rule}', '{gone}']::uuid[]) AS id""",
    )
    await asyncio.to_thread(_move, empty, "upgrade", "head")
    kept = f"SELECT answers #>> '{{}}' FROM wechat.reply_rules WHERE id = '{rule}'"
    assert await fetch(empty, kept) == [('["一", "\\"二\\""]',)]
    material = f'[{{"material_id": "{new_id()}"}}]'
    await fetch(
        empty, f"UPDATE wechat.reply_rules SET answers = '{material}', enabled = true WHERE id = '{gone}'"
    )
    await asyncio.to_thread(_move, empty, "downgrade", "0024")
    back = "SELECT id, answers, hand_over, enabled FROM wechat.reply_rules ORDER BY id"
    assert await fetch(empty, back) == [(rule, ["一", '"二"'], False, False), (gone, [], True, False)]


def _move(dsn: str, way: str, revision: str) -> None:
    os.environ["DATABASE_URL"] = dsn
    getattr(command, way)(Config(str(ROOT / "alembic.ini")), revision)


async def test_two_migrations_at_once_do_not_collide(empty: str) -> None:
    """Two nodes start together: one migrates, the other waits and finds nothing to do."""

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": empty},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    for process in [start(), start()]:
        said = await asyncio.to_thread(process.communicate, timeout=120)
        assert process.returncode == 0, said[0].decode()
    assert await fetch(empty, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_the_chain_has_one_head_and_no_branch() -> None:
    scripts = ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini")))
    assert len(scripts.get_heads()) == 1
    assert [found.revision for found in reversed(list(scripts.walk_revisions()))] == [
        f"{number:04}" for number in range(1, len(list(scripts.walk_revisions())) + 1)
    ]


def test_migrations_run_their_scripts_in_one_way() -> None:
    """`statements.run` knows function bodies; nobody cuts scripts up in a way of their own."""
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert "statements.run(" in text, path.name
        assert ".split(" not in text.replace('name.split(".")', ""), path.name


def test_scripts_are_cut_between_statements_only() -> None:
    script = """CREATE TABLE a (b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEW;
END
$$;
SELECT ';'"""
    assert [part.split()[0] for part in split(script)] == ["CREATE", "CREATE", "SELECT"]


# --- what stands in the database ---------------------------------------------------------------------------------


async def test_every_table_and_column_is_described_in_chinese(template: str) -> None:
    described = await fetch(
        template,
        f"""SELECT c.oid::regclass::text, coalesce(obj_description(c.oid), '') FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'v') AND {OWN_TABLES}
            UNION ALL
            SELECT c.oid::regclass || '.' || a.attname, coalesce(col_description(c.oid, a.attnum), '')
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped AND {OWN_TABLES}
            UNION ALL
            SELECT 'schema ' || n.nspname, coalesce(obj_description(n.oid), '') FROM pg_namespace n
             WHERE n.nspname NOT LIKE 'pg\\_%' AND {OWN_TABLES}""",
    )
    assert len(described) > 400
    missing = sorted(name for name, text in described if not CHINESE.search(text))
    assert not missing, "\n".join(missing)


async def test_every_foreign_key_is_indexed(template: str) -> None:
    """Some index begins with a column of the key: otherwise deleting the other side reads the whole table."""
    missing = await fetch(
        template,
        f"""SELECT k.conrelid::regclass || ' ' || substring(pg_get_constraintdef(k.oid) FROM '\\([^)]*\\)')
              FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
             WHERE k.contype = 'f' AND {OWN_TABLES} AND NOT EXISTS (
                   SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = ANY (k.conkey))""",
    )
    found = {found[0] for found in missing}
    assert found == set(UNINDEXED), "\n".join(sorted(found ^ set(UNINDEXED)))


async def test_no_foreign_key_leaves_its_schema(template: str) -> None:
    crossing = await fetch(
        template,
        """SELECT k.conrelid::regclass || ' → ' || k.confrelid::regclass FROM pg_constraint k
             JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
            WHERE k.contype = 'f' AND a.relnamespace <> b.relnamespace""",
    )
    assert crossing == []


async def test_times_have_zones_and_money_is_whole(template: str) -> None:
    found = await fetch(
        template,
        f"""SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relkind = 'r' AND {OWN_TABLES}
               AND (a.atttypid = 'timestamp'::regtype
                    OR (a.attname LIKE '%\\_fen' AND a.atttypid NOT IN ('integer'::regtype, 'bigint'::regtype)))""",
    )
    assert found == []
