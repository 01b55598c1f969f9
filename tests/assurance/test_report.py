"""Reports as documents: they come back as they were, and no change to one goes unnoticed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assurance.test_evaluation import TERMS, known_answer, no_calibration

from openlfr.assurance.evaluation import measure
from openlfr.assurance.fairness import FPIR, group_result
from openlfr.assurance.intervals import Proportion
from openlfr.assurance.report import (
    DataUsed,
    EvaluationReport,
    FailureCounts,
    Machine,
)
from openlfr.assurance.report_file import ReportError, check_report, seal_report
from openlfr.policy.certificates import MatchingSetup
from openlfr.reporting.evaluation_page import evaluation_page
from openlfr.sealing.signature import SigningKey

REPORTS = Path(__file__).resolve().parents[2] / "docs" / "reports"
KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(32))


def made_report() -> EvaluationReport:
    watchlist, probes = known_answer()
    search = measure(watchlist, probes, TERMS, default_threshold=no_calibration)
    groups = group_result("sex", FPIR, {"men": Proportion(3, 900), "women": Proportion(0, 700)}, 0.5, "made")
    return EvaluationReport(
        version="0",
        made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        setup=MatchingSetup("pack", "f32", "mean-1"),
        machine=Machine("cpu", 2, "runtime"),
        seed=1,
        quality_floor=25.0,
        data=(DataUsed("made", 10, 6, 0, "ab" * 32),),
        enrolment=FailureCounts(6, {"no face": 1}),
        verification=None,
        searches=(replace(search, groups=(groups,)),),
        notes=("A <note> & more.",),
    )


REPORT = made_report()
PAGE = evaluation_page(REPORT).encode()


def test_a_report_comes_back_as_it_was_with_or_without_a_signature() -> None:
    plain = check_report(seal_report(REPORT, PAGE), page=PAGE)
    assert (plain.report, plain.signer) == (REPORT, None)
    signed = check_report(seal_report(REPORT, PAGE, KEY), page=PAGE, trusted=KEY.public)
    assert (signed.report, signed.signer) == (REPORT, KEY.public)


@given(st.data())
def test_no_changed_digit_changes_what_a_checked_report_says(data: st.DataObject) -> None:
    content = seal_report(REPORT, PAGE, KEY).decode()
    digits = [place for place, character in enumerate(content) if character.isdigit()]
    place = data.draw(st.sampled_from(digits))
    changed = content[:place] + str((int(content[place]) + 1) % 10) + content[place + 1 :]
    try:
        checked = check_report(changed.encode(), page=PAGE, trusted=KEY.public)
    except ReportError:
        return
    # The envelope says whose key it is; that is not believed, so changing it changes nothing.
    assert (checked.report, checked.signer) == (REPORT, KEY.public)


def test_a_changed_figure_is_noticed() -> None:
    content = seal_report(REPORT, PAGE)
    assert content.count(b'"mated": 4') == 1
    with pytest.raises(ReportError, match="was altered"):
        check_report(content.replace(b'"mated": 4', b'"mated": 5'))


def test_a_report_changed_with_its_digest_is_noticed_by_its_signature() -> None:
    forged = replace(REPORT, searches=(replace(REPORT.searches[0], mated=5),))
    envelope = json.loads(seal_report(forged, PAGE))
    envelope["signed"] = json.loads(seal_report(REPORT, PAGE, KEY))["signed"]
    with pytest.raises(ReportError, match="belongs to another report"):
        check_report(json.dumps(envelope).encode())


def test_another_page_another_signer_and_no_signature_are_refused() -> None:
    content = seal_report(REPORT, PAGE, KEY)
    with pytest.raises(ReportError, match="page is not the one"):
        check_report(content, page=PAGE.replace(b"made", b"mode"))
    with pytest.raises(ReportError, match="signed by somebody else"):
        check_report(content, trusted=OTHER.public)
    with pytest.raises(ReportError, match="is not signed"):
        check_report(seal_report(REPORT, PAGE), trusted=KEY.public)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"kind": "evaluation report"}', b"NaN"])
def test_what_is_no_report_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ReportError, match="This is no report"):
        check_report(content)


def test_the_page_stands_alone_and_shows_the_figures() -> None:
    page = PAGE.decode()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page
    assert "A &lt;note&gt; &amp; more." in page
    assert "50.0% (6.8% to 93.2%), 2 of 4" in page  # FPIR of 2 of 4, exact
    assert "n0/0.jpg" in page
    assert "b/1.jpg" in page
    assert "Too few to say" in page


def test_the_same_report_gives_the_same_page() -> None:
    assert evaluation_page(REPORT).encode() == PAGE


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*/*.json")), ids=lambda path: path.parent.name)
def test_a_committed_report_and_its_page_are_as_they_were_made(path: Path) -> None:
    page = path.with_suffix(".html").read_bytes()
    check_report(path.read_bytes(), page=page)
    assert max(len(page), path.stat().st_size) < 300_000
    assert b"<image" not in page
    assert b"data:image" not in page
