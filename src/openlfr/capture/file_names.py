"""Names of files: how they are shown, and in which order people count them."""

import os
import re


def shown(name: str | os.PathLike[str]) -> str:
    """A file name as it can be shown and logged: what does not print (line feeds, terminal escapes, marks that turn the
    reading direction, bytes that are no UTF-8) is written as an escape. Doing it twice changes nothing more."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in os.fspath(name)
    )


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sorting key by which people count: shot2 before shot10."""
    parts = re.split(r"([0-9]+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
