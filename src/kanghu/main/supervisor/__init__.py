"""What keeps the platform's processes running on one machine: database, web, worker, sandbox."""

from kanghu.main.supervisor.postgres import EmbeddedPostgres, PostgresFailed

__all__ = ["EmbeddedPostgres", "PostgresFailed"]
