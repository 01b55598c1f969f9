"""Cursors of lists that the database pages itself: what a route takes for one, and how a page of entries looks."""

from collections.abc import Sequence

from openlfr.hub.pagination import Listed, Page
from openlfr.hub.problems import answered
from openlfr.hub.schemas.audit import EntryView
from openlfr.policy.identifiers import is_identifier
from openlfr.policy.refusal import FieldProblem, refused_fields
from openlfr.records.audit_reading import LoggedEntry

_LARGEST_NUMBER = (1 << 63) - 1


def identifier_cursor(page: Page) -> str | None:
    """The cursor of a list in the order of its identifiers. Raises ProblemError for what is no cursor of one."""
    if page.cursor is None or is_identifier(page.cursor):
        return page.cursor
    return answered(_NO_CURSOR)


def number_cursor(page: Page) -> int | None:
    """The cursor of a list in the order of numbers. Raises ProblemError for what is no cursor of one."""
    if page.cursor is None:
        return None
    if page.cursor.isascii() and page.cursor.isdigit() and int(page.cursor) <= _LARGEST_NUMBER:
        return int(page.cursor)
    return answered(_NO_CURSOR)


def entry_page(entries: Sequence[LoggedEntry], page: Page) -> Listed[EntryView]:
    """A page of audit entries, the newest first, of which one more than the page holds was read."""
    shown = [EntryView.model_validate(each) for each in entries[: page.limit]]
    return Listed(items=shown, next=str(shown[-1].sequence) if len(entries) > page.limit else None)


_NO_CURSOR = refused_fields(
    "The page", [FieldProblem("cursor", "This is no cursor of this list: take `next` of the page before.")]
)
