"""Pages that stand alone: one file, no script, no other host, readable by screen readers, on phones and on paper."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --quiet: #57606a; --line: #d0d7de; --band: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --quiet: #9da7b3; --line: #3d444d; --band: #161b22; }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 90rem; padding: 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
p, li { max-width: 70ch; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .875rem; }
caption { text-align: left; color: var(--quiet); padding: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .375rem .625rem; text-align: right; vertical-align: top; }
th { font-weight: 600; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
th:first-child, td.text, th.text { text-align: left; }
tbody tr:nth-child(even) { background: var(--band); }
figure { margin: 1rem 0; max-width: 56rem; background: #fff; border: 1px solid var(--line); border-radius: .5rem;
  padding: .75rem; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { color: #57606a; font-size: .875rem; }
.lead { color: var(--quiet); margin: 0 0 .25rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.facts div { border: 1px solid var(--line); border-top: 4px solid #0072b2; border-radius: .375rem; padding: .625rem; }
.facts dt { color: var(--quiet); font-size: .8125rem; line-height: 1.3; }
.facts dd { font-size: 1.5rem; font-weight: 600; margin: .125rem 0 0; font-variant-numeric: tabular-nums; }
nav { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; padding-bottom: .5rem; }
nav ul, .links { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0 0 .5rem; }
nav a, .links a { display: inline-block; padding: .375rem 0; }
a { color: inherit; text-underline-offset: .2em; }
a:focus-visible, .scroll:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
.mark { background: #d55e00; color: #fff; font-weight: 600; padding: .5rem .75rem; border-radius: .375rem; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { --ink: #000; --paper: #fff; --quiet: #333; --line: #999; --band: #fff; }
  body { font-size: 9pt; padding: 0; max-width: none; }
  table { font-size: 7.5pt; } th, td { padding: .15rem .3rem; }
  thead { display: table-header-group; } tr, figure { break-inside: avoid; } .scroll { overflow: visible; }
}
"""


def page(title: str, body: Iterable[str], *, lead: str = "", before: str = "") -> str:
    """A whole page: `title` is its heading, `lead` a plain line above it, `body` finished pieces of HTML.

    `before` is finished HTML that stands ahead of the page's own content, such as links to other pages.
    """
    above = f'<p class="lead">{escape(lead)}</p>\n' if lead else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{before}<main id="content">\n'
        f"{above}<h1>{escape(title)}</h1>\n{''.join(body)}</main>\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    """A heading below the page's own."""
    return f"<h2>{escape(text)}</h2>\n"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escape(text)}</p>\n"


def listing(items: Iterable[str]) -> str:
    """A list of plain texts."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: frozenset[int] = frozenset()
) -> str:
    """A table of plain texts whose first column names its row; columns are numbers unless in `text_columns`."""

    def kind(column: int) -> str:
        return ' class="text"' if column in text_columns else ""

    head = "".join(f'<th scope="col"{kind(i)}>{escape(text)}</th>' for i, text in enumerate(headings))
    lines = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{kind(i)}>{escape(text)}</td>" for i, text in enumerate(row[1:], 1))
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody></table></div>\n"
    )


def figure(svg: str, caption: str) -> str:
    """A drawing made by us (inserted as it is) above its caption."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>\n"


def facts(items: Iterable[tuple[str, str]]) -> str:
    """A few figures to be seen first, each below what it is."""
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in items)
    return f'<dl class="facts">{cells}</dl>\n'


def links(items: Iterable[tuple[str, str]]) -> str:
    """Links to other pages or files: text and address."""
    return (
        '<ul class="links">'
        + "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>' for text, address in items)
        + "</ul>\n"
    )
