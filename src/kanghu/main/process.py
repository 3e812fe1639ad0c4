"""What every process of ours does first: settings, keys, logs, the database handle."""

from kanghu.kernel import log
from kanghu.kernel.config import Settings, settings
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database
from kanghu.main.supervisor.postgres import known_dsn


class NotPrepared(RuntimeError):
    """The home folder holds no keys yet, or no database is named."""


def prepare() -> tuple[Settings, Database]:
    """Loads the keys of KANGHU_HOME and names the database; raises `NotPrepared` with what to do in Chinese."""
    chosen = settings()
    log.configure()
    kept = chosen.home / "secrets.json"
    if not kept.exists():
        raise NotPrepared(f"{kept} 不存在，请先执行 make run（或 kanghu run）完成初始化")
    vault.load_file(kept, chosen.cipher)
    dsn = chosen.database_url or known_dsn(chosen.home / "pg")
    if not dsn:
        raise NotPrepared("未指定数据库，请设置 DATABASE_URL，或用 kanghu run 启动内置数据库")
    cache = 0 if chosen.pgbouncer else 256
    return chosen, Database(dsn, size=chosen.database_pool, statement_cache_size=cache)
