"""The pieces of a page: whatever text they are given stays text."""

import pytest

from openlfr.reporting import html

NASTY = "<i a=\"b\" c='d'>&amp;"


@pytest.mark.parametrize(
    "piece",
    [
        html.page(NASTY, []),
        html.heading(NASTY),
        html.paragraph(NASTY),
        html.listing([NASTY]),
        html.table(NASTY, ["a", "b"], []),
        html.table("t", [NASTY, "b"], []),
        html.table("t", ["a", "b"], [[NASTY, "1"]]),
        html.table("t", ["a", "b"], [["1", NASTY]], text_columns=frozenset({1})),
        html.figure("<svg></svg>", NASTY),
    ],
)
def test_text_is_never_markup(piece: str) -> None:
    assert "<i" not in piece
    assert "&lt;i a=&quot;b&quot; c=&#x27;d&#x27;&gt;&amp;amp;" in piece


def test_a_table_names_its_rows_and_aligns_its_text() -> None:
    text = html.table("Totals", ["Year", "Place", "Alerts"], [["2024", "Croydon", "7"]], text_columns=frozenset({1}))
    assert '<th scope="row">2024</th><td class="text">Croydon</td><td>7</td>' in text
    assert '<th scope="col">Year</th><th scope="col" class="text">Place</th><th scope="col">Alerts</th>' in text
