"""Publishing: what does not add up is refused, and what is written says the same in every form."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.published_records import TODAY, daily, record

from openlfr.reporting.deployment_record import Column, DeploymentRecord
from openlfr.reporting.formula_guard import with_formula_guard, without_formula_guard
from openlfr.reporting.publication import NotPublishableError, Publication, to_csv, to_json
from openlfr.reporting.publication_page import to_html
from openlfr.reporting.record_checks import FindingCode, ThresholdPeriod
from openlfr.reporting.records_file import read_records

AUTHORISED = (ThresholdPeriod(date.min, Decimal("0.64")),)


def publication(*records: DeploymentRecord) -> Publication:
    return Publication(records, as_of=TODAY, thresholds=AUTHORISED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"total_alerts": 11}, "Total Alerts is 11"),
        ({"arrests": 9}, "14 together, and Total Alerts is 10"),
        ({"min_threshold": Decimal("0.60")}, "0.64 was authorised"),
        ({"day": TODAY + timedelta(days=1)}, "has not come yet"),
        ({"duration": timedelta()}, "not plausible"),
        ({"location": None}, "lacks Deployment Location"),
        ({"use_case": None}, "lacks LFR Use Case"),
        ({"faces_seen_method": None}, "lacks the version of the method"),
    ],
)
def test_a_record_that_does_not_add_up_is_not_published(changes: dict[str, object], said: str) -> None:
    with pytest.raises(NotPublishableError, match="Row 3") as refusal:
        publication(record(day=date(2025, 3, 4)), record(**changes))
    assert said in str(refusal.value)


def test_a_refusal_carries_every_error_and_names_the_first() -> None:
    with pytest.raises(NotPublishableError, match=r"\(1 more\)") as refusal:
        publication(record(total_alerts=12, arrests=20))
    assert [finding.code for finding in refusal.value.findings] == [
        FindingCode.ALERTS_DO_NOT_ADD_UP,
        FindingCode.OUTCOMES_EXCEED_ALERTS,
    ]


def test_a_doubt_does_not_bar_publication_but_is_told() -> None:
    records = daily(8)
    records[4] = replace(records[4], watchlist_size=19_199)
    assert [finding.code for finding in publication(*records).doubts] == [FindingCode.WATCHLIST_SIZE_JUMPS]


def test_the_csv_has_exactly_the_published_columns() -> None:
    heading, row = csv.reader(io.StringIO(to_csv(publication(record()))))
    assert heading == [column.value for column in Column]
    assert row == [
        "High Street, Croydon",
        "2025-03-05",
        "PT5H3M",
        "1 Crime Hotspot",
        "16199",
        "0.64",
        "10",
        "8",
        "1",
        "1",
        "0",
        "0.0083%",
        "4",
        "2",
        "3",
        "12120",
    ]


def _is_a_place(text: str) -> bool:
    return text.strip() == text and text.casefold() not in {"total", "totals"}


_PLACES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50).filter(_is_a_place)


@given(_PLACES, st.integers(1_000, 1_000_000))
def test_what_is_published_is_read_back_and_passes_its_own_check(location: str, faces: int) -> None:
    sound = record(location=location, faces_seen=faces)
    file = read_records(to_csv(publication(sound)).encode())
    [numbered] = file.rows
    assert replace(numbered.record, printed_rate_pct=None, faces_seen_method="tracks-1") == sound
    publication(replace(numbered.record, faces_seen_method="tracks-1"))


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'])
def test_no_cell_runs_as_a_formula(text: str) -> None:
    assert with_formula_guard(text) == f"'{text}"
    assert without_formula_guard(with_formula_guard(text)) == text


@given(st.text("'=-+@ab\t", max_size=6))
def test_guarded_text_is_read_back_as_it_was(text: str) -> None:
    assert without_formula_guard(with_formula_guard(text)) == text
    assert not with_formula_guard(text).startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("text", ["High Street", "'tis", "5-7 Mare Street", ""])
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert with_formula_guard(text) == without_formula_guard(text) == text


def test_a_location_that_looks_like_a_formula_is_guarded_in_the_file() -> None:
    written = to_csv(publication(record(location="=cmd|' /C calc'!A0")))
    assert "'=cmd|" in written
    assert ",=cmd" not in written
    assert "\n=cmd" not in written


def test_the_json_has_both_rates_with_their_intervals_and_the_counting_method() -> None:
    document = json.loads(to_json(publication(record())))
    [deployment] = document["deployments"]
    assert [key for key in deployment if key in list(Column)] == list(Column)
    assert deployment["Total Alerts"] == 10
    assert deployment["Faces seen method"] == "tracks-1"
    assert deployment["False alerts per face"]["rate"] == pytest.approx(1 / 12_120)
    assert deployment["False alerts per alert"]["high"] == pytest.approx(0.4450, abs=5e-5)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_holds_every_cell_and_what_the_columns_have_no_room_for() -> None:
    text = to_html(publication(record(), record(day=date(2025, 3, 6), false_confirmed=0, true_confirmed=9)))
    words = _Page(text).words
    for cell in (*Column, "High Street, Croydon", "2025-03-06", "PT5H3M", "0.0083%", "12120"):
        assert cell in words
    assert "Method of counting faces seen: tracks-1." in words
    assert "10% (0.25% to 45%)" in words  # 1 of 10 alerts
    assert "5% (0.13% to 25%)" in words  # 1 of 20, all deployments


def test_the_page_stands_alone_and_tells_a_screen_reader_what_is_what() -> None:
    page = _Page(to_html(publication(record())))
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    assert not [value for _, attributes in page.tags for key, value in attributes.items() if key in {"src", "href"}]
    assert ("html", {"lang": "en"}) in page.tags
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert tags.count("caption") == tags.count("table") == 2
    assert tags.count("h1") == tags.count("main") == 1


def test_text_from_a_record_is_never_markup() -> None:
    text = to_html(publication(record(location='<script>alert("x")</script>', faces_seen_method="<b>")))
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;" in text
