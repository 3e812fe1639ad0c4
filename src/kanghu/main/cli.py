"""The command line: `kanghu run`, and one command for each thing an operator or a newcomer does."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from kanghu.kernel import audit
from kanghu.kernel.config import Settings, settings
from kanghu.kernel.db import Database, Tx
from kanghu.main.process import NotPrepared, prepare

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="康护 Kanghu 平台", pretty_exceptions_enable=False
)
audit_app = typer.Typer(no_args_is_help=True, help="审计链")
keys_app = typer.Typer(no_args_is_help=True, help="加密密钥")
demo_app = typer.Typer(no_args_is_help=True, help="演示数据")
admin_app = typer.Typer(no_args_is_help=True, help="系统管理员")
app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")
app.add_typer(demo_app, name="demo")
app.add_typer(admin_app, name="admin")

ROOT = Path(__file__).resolve().parents[3]
OPENAPI_FOLDER = ROOT / "openapi"

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


@app.command()
def run() -> None:
    """启动整个平台：数据库、迁移、标准数据、演示数据、网站、后台任务、外部系统沙箱"""
    from kanghu.main.supervisor.run import run as run_platform

    sys.exit(run_platform())


@app.command()
def migrate() -> None:
    """把数据库结构升级到最新版本"""
    # Costs a second, which no other command should pay.
    from alembic import command
    from alembic.config import Config

    os.environ["DATABASE_URL"] = settings().database_url
    command.upgrade(Config(str(ROOT / "alembic.ini")), "head")


@app.command()
def upgrade() -> None:
    """升级数据库结构，装载标准数据、表单与角色；KANGHU_DEMO=true 时再装载演示数据（可重复执行）"""
    from kanghu.main import installed, modules, seed

    migrate()
    modules.load()
    chosen = settings()

    async def load(tx: Tx) -> None:
        await seed.load_standards(tx, typer.echo)
        if chosen.demo:
            await seed.load_demo(tx, typer.echo)
        await installed.note(tx, chosen, installed.UPGRADE)

    _in_transaction(load)


@app.command("openapi")
def openapi_documents(
    check: Annotated[bool, typer.Option(help="只检查 openapi/ 下的文件是否为最新，不写入")] = False,
) -> None:
    """生成三份接口文档：openapi/admin.json、patient.json、open.json"""
    from kanghu.main import openapi
    from kanghu.main.app import create_app
    from kanghu.modules.accounts import public as accounts

    web = create_app(Database(""), accounts.authenticate)
    stale = []
    for audience in openapi.AUDIENCES:
        text = openapi.text(web, audience)
        path = OPENAPI_FOLDER / f"{audience}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit(f"接口文档已过期：{'、'.join(stale)}。请执行 kanghu openapi 后一并提交")
    typer.echo("接口文档已是最新" if not stale else f"已更新 {'、'.join(stale)}")


@app.command("docs")
def generated_documents(
    check: Annotated[bool, typer.Option(help="只检查是否为最新，不写入")] = False,
) -> None:
    """生成 docs/数据库设计.md，以及 docs/接口说明.md 中的字段表（另起一个临时数据库，不影响正在运行的平台）"""
    from kanghu.main import documents

    stale = [path.name for path in documents.write(documents.generate(), check=check)]
    if check and stale:
        sys.exit(f"文档已过期：{'、'.join(stale)}。请执行 kanghu docs 后一并提交")
    typer.echo("文档已是最新" if not stale else f"已更新 {'、'.join(stale)}")


@audit_app.command("verify")
def verify_audit(as_json: AsJson = False) -> None:
    """校验审计链：逐条重算校验码与链值，并与库外留存的校验值比对；不完整时退出码为 1"""
    anchors = audit.read_anchors(settings().home / "audit-anchors.txt")

    async def verify(tx: Tx) -> audit.Verdict:
        return await audit.verify(tx, anchors)

    verdict = _in_transaction(verify)
    if as_json:
        broken = {"broken_at": verdict.broken_at, "reason": verdict.reason}
        typer.echo(
            json.dumps({"checked": verdict.checked, "head": verdict.head, **broken}, ensure_ascii=False)
        )
    elif verdict.broken_at is None:
        typer.echo(f"审计链完整：{verdict.checked} 条，末值 {verdict.head[:16]}…")
    else:
        typer.echo(f"审计链在第 {verdict.broken_at} 条断开：{verdict.reason}")
    sys.exit(0 if verdict.broken_at is None else 1)


@keys_app.command("rotate")
def rotate_keys() -> None:
    """启用一把新的数据密钥，并把已加密的个人信息逐批改用新密钥（可中断后重新执行；执行后请重启网站与后台任务）"""
    from kanghu.main import rotation

    _run(rotation.rotate)


@admin_app.callback()
def _administrators() -> None:
    """Keeps `create` a command of its own while it is the only one."""


@admin_app.command("create")
def create_administrator(
    username: Annotated[str, typer.Option(help="用户名，字母开头")],
    code: Annotated[str, typer.Option(help="机构代码，字母、数字、- 或 _")],
    institution: Annotated[str, typer.Option(help="机构名称；该代码的机构已存在时不改动")],
    name: Annotated[str, typer.Option(help="显示名称")] = "系统管理员",
) -> None:
    """新建机构及其系统管理员，显示一次初始密码（首次登录须修改密码并绑定动态口令）"""
    from kanghu.kernel.errors import AppError
    from kanghu.main import first_admin, modules

    modules.load()
    try:
        password = _in_transaction(
            lambda tx: first_admin.create(
                tx, code=code, institution=institution, username=username, name=name
            )
        )
    except AppError as error:
        sys.exit("；".join([error.message, *error.fields.values()]))
    typer.echo(f"用户名    {username}\n初始密码  {password}")


@keys_app.command("reseal")
def reseal_values() -> None:
    """把仍用旧密钥加密的值改用当前密钥；启用新密钥并重启网站与后台任务之后执行一次"""
    from kanghu.main import rotation

    _run(rotation.reseal)


@demo_app.command("prepare")
def prepare_demo() -> None:
    """让演示客户经 US-K1 绑定沙箱的体检账号，接收沙箱的项目字典（US-H5）并对照（平台与沙箱须已启动，可重复执行）"""
    from kanghu.main import demo, installed, modules
    from kanghu.main.tour import mapping

    modules.load()
    chosen = settings()
    _in_transaction(demo.place_sandbox)
    if _run(demo.bind) == 0:
        typer.echo("演示已准备好")
    else:
        confirmed, left = asyncio.run(mapping.prepare(_in_transaction(demo.info)))
        typer.echo(f"已对照 {confirmed} 项，留待人工 {left} 项")
    _in_transaction(lambda tx: installed.note(tx, chosen, installed.DEMO))


@demo_app.command("info")
def demo_info(as_json: AsJson = False) -> None:
    """演示环境的地址、账号与对接凭据"""
    from kanghu.main import demo

    info = _in_transaction(demo.info)
    typer.echo(json.dumps(info, ensure_ascii=False) if as_json else demo.as_text(info))


@app.command()
def tour() -> None:
    """对正在运行的平台与沙箱走完整个体检闭环，逐步显示请求、应答与变化"""
    from kanghu.main import tour as guided

    sys.exit(asyncio.run(guided.walk()))


T = TypeVar("T")


def _run(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """Runs `work` on an open database of this installation; ends with a Chinese sentence when there is none."""
    try:
        chosen, database = prepare()
    except NotPrepared as error:
        sys.exit(str(error))

    async def with_database() -> T:
        await database.open()
        try:
            return await work(chosen, database)
        finally:
            await database.close()

    return asyncio.run(with_database())


def _in_transaction(work: Callable[[Tx], Awaitable[T]]) -> T:
    async def within(_chosen: Settings, database: Database) -> T:
        async with database.transaction() as tx:
            return await work(tx)

    return _run(within)


if __name__ == "__main__":
    app()
