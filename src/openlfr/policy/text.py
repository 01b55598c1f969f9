"""What a text field may hold: any script, no control characters, a bounded length."""

from collections.abc import Iterator

from openlfr.policy.refusal import FieldProblem

LONGEST_TEXT = 20_000
"""Characters; a full statement of necessity fits several times."""
LONGEST_NAME = 500


def text_problems(
    field: str, text: str, *, longest: int = LONGEST_TEXT, required: bool = True
) -> Iterator[FieldProblem]:
    """Problems of one text field.

    Quotation marks, semicolons and leading equals signs are ordinary characters: whoever writes text into SQL, HTML or
    a spreadsheet escapes it there. Characters that no database or terminal can hold safely are refused.
    """
    if required and not text.strip():
        yield FieldProblem(field, "Please fill this in.")
    if len(text) > longest:
        yield FieldProblem(field, f"This is {len(text)} characters long; {longest} are the most.")
    if any(
        (ord(each) < 32 and each not in "\n\r\t") or ord(each) == 127 or 0xD800 <= ord(each) < 0xE000 for each in text
    ):
        yield FieldProblem(field, "This contains control characters; please remove them.")
