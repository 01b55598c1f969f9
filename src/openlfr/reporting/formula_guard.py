"""Text in a CSV cell must never run as a formula in whoever's spreadsheet opens the file (CWE-1236)."""

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def with_formula_guard(text: str) -> str:
    """The cell's text, behind an apostrophe where a spreadsheet would otherwise calculate it."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def without_formula_guard(text: str) -> str:
    """The text as it was before `with_formula_guard`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_STARTS_FORMULA) else text
