"""Text in a CSV cell must never run as a formula in whoever's spreadsheet opens the file (CWE-1236)."""

import re

# With apostrophes in front too, so that what is read back is what was written.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def with_formula_guard(text: str) -> str:
    """The cell's text, behind an apostrophe where a spreadsheet would otherwise calculate it."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_formula_guard(text: str) -> str:
    """The text as it was before `with_formula_guard`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
