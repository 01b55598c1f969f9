"""The annual report: figures that are the records', small groups withheld, the same in all its forms."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.reporting.test_pdf import conformance, text_of
from tests.support.example_documents import DAYS
from tests.support.reported_hub import SECRET_NOTE, SECRET_REFERENCE
from tests.support.staffed_hub import SECRET_NAME, StaffedHub

from openlfr.assurance.certificate import IssuedCertificate, default_certificates
from openlfr.assurance.intervals import Proportion
from openlfr.policy.alert import PublishedClass
from openlfr.policy.reach import Reach
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.published import PublishedRecords, read_published
from openlfr.reporting.annual_report import (
    AnnualReport,
    NothingToReportError,
    annual_report,
    report_years,
    to_csv,
    to_document,
    to_json,
)
from openlfr.reporting.document import to_html
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.people_groups import counts_by_group, times
from openlfr.reporting.periods import CALENDAR_YEARS, Period, ReportCalendar
from openlfr.reporting.publication import NotPublishableError

POLICY = packaged_retention_policy()
YEAR = CALENDAR_YEARS.year(2026)


@pytest.fixture(scope="module")
def published(reported_hub: StaffedHub) -> PublishedRecords:
    return read_published(reported_hub.records)


@pytest.fixture(scope="module")
def closed(published: PublishedRecords) -> PublishedRecords:
    """As they stand when the year is over."""
    return replace(published, as_of=published.as_of.replace(year=2027))


@pytest.fixture(scope="module")
def report(closed: PublishedRecords) -> AnnualReport:
    return of(closed)


def of(published: PublishedRecords, period: Period = YEAR, calendar: ReportCalendar = CALENDAR_YEARS) -> AnnualReport:
    return annual_report(published, period, POLICY, (), calendar)


def figures(report: AnnualReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(report))
    return found


def test_every_total_adds_up_from_what_happened(report: AnnualReport) -> None:
    total = figures(report)["totals"]["By use case"]["All"]
    assert total["deployments"] == len(DAYS)
    assert total["faces seen"] == sum(day.faces for day in DAYS)
    assert total["arrests"] == sum(day.arrests for day in DAYS)
    assert total["no action"] == sum(day.no_action for day in DAYS)
    assert total["false alerts"] == sum(day.false for day in DAYS)
    alerts = sum(day.arrests + day.no_action + day.false for day in DAYS)
    assert total["alerts"] == alerts
    exact = Proportion(total["false alerts"], alerts).interval()
    assert total["false per alert interval"] == [exact.low, exact.high]
    by_threshold = figures(report)["totals"]["By threshold"]
    assert {name: each["deployments"] for name, each in by_threshold.items()} == {"0.64": 2, "0.66": 2, "All": 4}


def test_a_report_of_limited_rights_says_whose_deployments_it_counts(published: PublishedRecords) -> None:
    limited = replace(published, limited_to=Reach(frozenset({"Kent Police"})))
    sentence = "Only deployments of Kent Police are listed and counted here"
    report = of(limited)
    assert sentence in to_html(to_document(report))
    assert figures(report)["limited to"] == "Kent Police"
    whole = of(published)
    assert sentence not in to_html(to_document(whole))
    assert figures(whole)["limited to"] is None


def test_page_pdf_csv_and_json_say_the_same(report: AnnualReport) -> None:
    total = figures(report)["totals"]["By use case"]["All"]
    page, pdf = to_html(to_document(report)), to_pdf(to_document(report))
    assert conformance(pdf) == ("2", "B")
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    for column, key in (("Alerts", "alerts"), ("Arrests", "arrests"), ("Faces seen (estimate)", "faces seen")):
        (cell,) = [
            each["Value"]
            for each in rows
            if (each["Table"], each["Row"], each["Figure"]) == ("By use case", "All", column)
        ]
        assert cell == str(total[key])
        for form in (page, text_of(pdf)):
            assert f"{total[key]:,}" in form


def test_small_groups_are_withheld_in_every_form(report: AnnualReport) -> None:
    assert sum(day.children for day in DAYS) == 1
    assert counts_by_group(report.deployments)["Alerts by age"] == {"under 18": None, "18 or over": None}
    assert figures(report)["groups"]["Alerts by age"]["under 18"] is None
    for form in (to_html(to_document(report)), to_csv(report), text_of(to_pdf(to_document(report)))):
        assert "withheld" in form


def test_median_times_of_few_cases_are_withheld(report: AnnualReport) -> None:
    located, approached = times(report.deployments).values()
    assert approached == (timedelta(minutes=3), sum(day.arrests + day.no_action for day in DAYS))
    assert located[0] is not None
    few = times(report.deployments[-1:]).values()
    assert [median for median, _ in few] == [None, None]


def test_thresholds_are_told_over_time_with_what_they_are_certified_for(report: AnnualReport) -> None:
    page = to_html(to_document(report))
    assert "Thresholds over time" in page
    assert "1 in 10,000" in page
    assert page.index("2026-05-11") < page.index("2026-05-31")


def test_the_accuracy_statement_repeats_the_certificates_own_findings(published: PublishedRecords) -> None:
    (*_, issued) = default_certificates()
    first = replace(published.deployments[0], certificate=issued.certificate)
    own: tuple[IssuedCertificate, ...] = (issued,)
    shown = annual_report(replace(published, deployments=(first,)), YEAR, POLICY, own, CALENDAR_YEARS)
    page = to_html(to_document(shown))
    for sentence in (*issued.findings, *issued.not_covered):
        assert sentence.split("'")[0][:60] in page


def test_the_deletion_statement_carries_the_signed_head_of_the_log(
    published: PublishedRecords, report: AnnualReport
) -> None:
    head = published.deletion.head
    assert f"{head.size}:{head.root.hex()}" in to_html(to_document(report))
    assert figures(report)["audit log head"] == f"{head.size}:{head.root.hex()}"


def test_nothing_in_it_is_about_a_person(report: AnnualReport) -> None:
    for form in (to_html(to_document(report)), to_csv(report), to_json(report), text_of(to_pdf(to_document(report)))):
        assert not any(secret in form for secret in (SECRET_NAME, SECRET_REFERENCE, SECRET_NOTE))


def test_a_year_without_deployments_or_with_figures_that_do_not_add_up_has_no_report(
    published: PublishedRecords,
) -> None:
    with pytest.raises(NothingToReportError, match="No deployment of 2025"):
        of(published, CALENDAR_YEARS.year(2025))
    first = published.deployments[0]
    wrong = replace(first, statistics=replace(first.statistics, total_alerts=99))
    with pytest.raises(NotPublishableError, match="Total Alerts is 99"):
        of(replace(published, deployments=(wrong,)))
    open_still = replace(first, statistics=replace(first.statistics, unclassified=1))
    with pytest.raises(NotPublishableError, match="1 alerts have no class yet"):
        of(replace(published, deployments=(open_still,)))


def test_a_year_that_is_not_over_says_so(published: PublishedRecords, closed: PublishedRecords) -> None:
    assert of(published).title.endswith("so far")
    assert of(closed).title == "Live facial recognition in 2026"


def test_any_days_have_a_report_and_days_are_those_of_the_place(closed: PublishedRecords) -> None:
    first = closed.deployments[0]
    late = replace(first, statistics=replace(first.statistics, went_live_at=datetime(2026, 5, 31, 23, 30, tzinfo=UTC)))
    night = replace(closed, deployments=(late,))
    june, london = Period(date(2026, 6, 1), date(2026, 6, 30)), ReportCalendar(ZoneInfo("Europe/London"))
    told = of(night, june, london)
    assert [record.day for record in told.records] == [date(2026, 6, 1)]
    assert told.title == "Live facial recognition, 1 June 2026 to 30 June 2026"
    assert told.name == "report-2026-06-01-to-2026-06-30"
    with pytest.raises(NothingToReportError, match="No deployment of 1 June 2026 to 30 June 2026"):
        of(night, june)


def test_groups_are_told_of_whole_closed_reported_years_only(closed: PublishedRecords) -> None:
    def told(published: PublishedRecords, period: Period = YEAR, calendar: ReportCalendar = CALENDAR_YEARS) -> bool:
        made = of(published, period, calendar)
        found, page = figures(made), to_html(to_document(made))
        assert (found["groups"] is None) == (found["people on watchlists"] is None) == (made.groups_untold is not None)
        assert ("Alerts by age" in page) == ("Alerts by age" in to_csv(made)) == (found["groups"] is not None)
        return made.groups_untold is None

    assert told(closed)
    assert not told(replace(closed, as_of=closed.as_of.replace(year=2026, month=12, day=31)))
    assert not told(closed, Period(date(2026, 1, 1), date(2026, 12, 30)))
    assert not told(replace(closed, limited_to=Reach(frozenset({"Kent Police"}))))
    assert not told(replace(closed, to_report=(datetime(2026, 12, 31, 12, tzinfo=UTC),)))
    assert told(replace(closed, to_report=(datetime(2027, 1, 1, 12, tzinfo=UTC),)))
    september = ReportCalendar(month=9, day=15)
    (year,) = report_years(closed, september)
    assert (year.first, year.last) == (date(2025, 9, 15), date(2026, 9, 14))
    assert told(closed, year, september)
    assert not told(closed, YEAR, september)


def test_the_report_says_what_its_rates_do_not_cover(closed: PublishedRecords) -> None:
    first = closed.deployments[0]
    classes = {**first.statistics.classes, PublishedClass.TRUE_CONFIRMED: 3, PublishedClass.TRUE_UNCONFIRMED: 1}
    unsure = replace(first, statistics=replace(first.statistics, classes=classes))
    page = to_html(to_document(of(replace(closed, deployments=(unsure,)))))
    assert "3 of 4 alerts were confirmed, true or false, by speaking to the person (75%)" in page
    assert "Were every true alert that nobody confirmed a false one, 1 of 4 would have been false (25%)" in page
    assert "counted by tracks-1: somebody who walks past twice is counted twice" in page
