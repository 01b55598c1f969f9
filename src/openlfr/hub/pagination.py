"""Lists in pages: one way for every route. A page is asked for with `cursor` and `limit`, and names the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

_Item = TypeVar("_Item")

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 200
_LONGEST_CURSOR: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: what comes after `cursor` (None: from the beginning), at most `limit` items."""

    cursor: str | None
    limit: int


def page_asked_for(
    cursor: Annotated[
        str | None,
        Query(max_length=_LONGEST_CURSOR, description="`next` of the page before; left out for the first page."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most items to answer.")] = DEFAULT_PAGE,
) -> Page:
    """The page that the query asks for."""
    return Page(cursor, limit)


AskedPage = Annotated[Page, Depends(page_asked_for)]
"""For the parameter of a route."""


class Listed(BaseModel, Generic[_Item]):
    """One page of a list."""

    items: list[_Item]
    next: str | None = Field(default=None, description="The cursor of the next page; null on the last.")


_Value = TypeVar("_Value")


def page_of(
    values: Sequence[_Value], page: Page, key: Callable[[_Value], str], shown: Callable[[_Value], _Item]
) -> Listed[_Item]:
    """One page of values in the ascending order of their unique `key`, each as it is `shown`.

    A value that went away between two pages makes none of the others be skipped or come twice.
    """
    rest = sorted((each for each in values if page.cursor is None or key(each) > page.cursor), key=key)
    part = rest[: page.limit]
    return Listed(items=[shown(each) for each in part], next=key(part[-1]) if len(rest) > len(part) else None)
