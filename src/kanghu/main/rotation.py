"""`kanghu keys rotate`: a new data key, and every sealed value under it, in short transactions that may be interrupted."""

import json
from collections.abc import Awaitable, Callable

import typer

from kanghu.kernel import exports
from kanghu.kernel.config import Settings
from kanghu.kernel.crypto import add_vault_key, vault
from kanghu.kernel.db import Database, Tx
from kanghu.main.home import write_private
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.messaging import public as messaging
from kanghu.modules.notices import public as notices
from kanghu.modules.people import public as people
from kanghu.modules.wechat import public as wechat

BATCH = 200

Reseal = Callable[[Tx, int], Awaitable[int]]
RESEALERS: tuple[tuple[str, Reseal], ...] = (
    ("人员档案", people.reseal),
    ("账号", accounts.reseal),
    ("体检指引与报告", exams.reseal),
    ("消息", notices.reseal),
    ("客服会话", messaging.reseal),
    ("对接报文与凭据", exchange.reseal),
    ("微信的密钥、凭证、素材与收到的消息", wechat.reseal),
    ("导出的文件", exports.reseal),
)
"""Every module that keeps sealed values; a test compares the list with the columns of the database."""


async def rotate(chosen: Settings, database: Database) -> None:
    """Adds a key to `secrets.json` (the old ones stay, they still open old backups) and reseals everything."""
    path = chosen.home / "secrets.json"
    kept = add_vault_key(json.loads(path.read_text(encoding="utf-8")))
    write_private(path, json.dumps(kept, indent=2))
    vault.load(kept, chosen.cipher)
    typer.echo(f"已启用第 {kept['vault']['current']} 把密钥")
    await reseal_all(database, typer.echo)
    typer.echo("完成。请重启网站与后台任务，再执行 kanghu keys reseal，把重启之前又写入的值也改用新密钥")


async def reseal(_chosen: Settings, database: Database) -> None:
    """What a process that had not read the new key yet sealed after `rotate`."""
    await reseal_all(database, typer.echo)


async def reseal_all(database: Database, tell: Callable[[str], None]) -> None:
    """Until nothing is sealed under another key or cipher than the current one."""
    for name, reseal in RESEALERS:
        total = 0
        while True:
            async with database.transaction() as tx:
                done = await reseal(tx, BATCH)
            total += done
            if done == 0:
                break
        tell(f"  {name}：{total} 条")
