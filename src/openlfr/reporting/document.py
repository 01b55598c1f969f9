"""A report as a value: blocks of plain text, tables, figures, written once and rendered as a page and as PDF/A.

Whoever writes a report builds a `Document`; nobody writes HTML or Typst by hand, so both say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from openlfr.reporting import html


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the document's own."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Points, one after the other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A few figures to be seen first: what they are, and the figure."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its row; columns are numbers unless in `text_columns`."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of ours as SVG, with what it shows in words for whoever cannot see it."""

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Links:
    """Ways to other pages or files: text and address. In print the addresses are of no use and are left out."""

    items: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Listing | Facts | Table | Chart | Links


@dataclass(frozen=True, slots=True)
class Document:
    """One report. `publisher` is the force that answers for it, `mark` a warning across it, such as that it is an
    example; `across` turns the printed page for wide tables."""

    title: str
    publisher: str
    made_at: datetime
    blocks: tuple[Block, ...]
    across: bool = False
    mark: str = ""


def to_html(document: Document, navigation: tuple[tuple[str, str], ...] = ()) -> str:
    """One self-contained page; `navigation` links to the other pages of a site."""
    before = ""
    if navigation:
        links = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>' for text, address in navigation)
        before = f'<a class="skip" href="#content">To the content</a>\n<nav aria-label="Pages"><ul>{links}</ul></nav>\n'
    return html.page(document.title, _pieces(document), lead=document.publisher, before=before)


def _pieces(document: Document) -> Iterator[str]:
    if document.mark:
        yield f'<p class="mark">{escape(document.mark)}</p>\n'
    for block in document.blocks:
        yield _piece(block)


def _piece(block: Block) -> str:
    match block:
        case Heading(text):
            return html.heading(text)
        case Paragraph(text):
            return html.paragraph(text)
        case Listing(items):
            return html.listing(items)
        case Facts(items):
            return html.facts(items)
        case Table(caption, headings, rows, text_columns):
            return html.table(caption, headings, rows, text_columns=text_columns)
        case Chart(svg, caption):
            return html.figure(svg, caption)
        case Links(items):
            return html.links(items)
