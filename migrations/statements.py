"""SQL scripts inside migrations: asyncpg takes one statement at a time, and function bodies hold semicolons of their own."""

from alembic import op


def split(script: str) -> list[str]:
    """The statements of a script; a statement ends with a semicolon at the end of a line outside `$$ … $$`."""
    statements: list[str] = []
    current: list[str] = []
    inside = False
    for line in script.splitlines():
        current.append(line)
        inside ^= line.count("$$") % 2 == 1
        if line.rstrip().endswith(";") and not inside:
            statements.append("\n".join(current))
            current = []
    if "\n".join(current).strip():
        statements.append("\n".join(current))
    return statements


def run(script: str) -> None:
    for statement in split(script):
        op.execute(statement)
