"""LIKE patterns."""


def starting_with(prefix: str) -> str:
    """The pattern of everything that begins with `prefix`; `_` and `%` in it mean themselves."""
    return prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
