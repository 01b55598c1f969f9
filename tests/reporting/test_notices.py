"""Notices: made from the authority and the retention policy, on the right paper, with a code that a phone reads."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from html import escape

import cv2
import numpy as np
import pypdf
import pytest
from tests.reporting.test_pdf import conformance, text_of
from tests.support.deployment_values import EU, UK
from tests.support.example_documents import CONTACT, PAGE, ZONE
from tests.support.staffed_hub import StaffedHub

from openlfr.policy.authority import Conditions
from openlfr.policy.deployment import Deployment
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass, RetentionPolicy, packaged_retention_policy
from openlfr.records.published import read_published
from openlfr.reporting.document import to_html
from openlfr.reporting.impact_annex import impact_annex
from openlfr.reporting.notices import Notice, SignSize, leaflet, notice_of, qr_svg, sign, web_notice
from openlfr.reporting.pdf import to_pdf

POLICY = packaged_retention_policy()


@pytest.fixture
def notice(reported_hub: StaffedHub, coming: Deployment) -> Notice:
    made = notice_of(coming, POLICY, page=PAGE, contact=CONTACT, now=reported_hub.clock.now, zone=ZONE)
    assert isinstance(made, Notice)
    return made


def millimetres(pdf: bytes) -> tuple[int, int]:
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    return round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)


@pytest.mark.parametrize(("size", "paper"), [(SignSize.A3, (297, 420)), (SignSize.A2, (420, 594))])
def test_a_sign_fits_on_one_sheet_and_says_what_people_must_know(
    notice: Notice, reported_hub: StaffedHub, size: SignSize, paper: tuple[int, int]
) -> None:
    made = sign(notice, size, reported_hub.clock.now)
    assert millimetres(made) == paper
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) == 1
    assert conformance(made) == ("2", "B")
    said = text_of(made)
    for words in ("North End", "18 June 2026, 15:00 to 21:00 BST", "wanted by the courts", "destroyed at once", PAGE):
        assert words in said


def test_the_longest_list_of_categories_still_fits_on_one_sheet(notice: Notice, reported_hub: StaffedHub) -> None:
    from openlfr.policy.watchlist import Category

    crowded = replace(notice, looked_for=tuple(each.value for each in Category))
    for size in SignSize:
        assert len(pypdf.PdfReader(io.BytesIO(sign(crowded, size, reported_hub.clock.now))).pages) == 1
    assert len(pypdf.PdfReader(io.BytesIO(leaflet(crowded, reported_hub.clock.now))).pages) == 2


def test_a_leaflet_is_one_sheet_to_be_folded(notice: Notice, reported_hub: StaffedHub) -> None:
    made = leaflet(notice, reported_hub.clock.now)
    assert millimetres(made) == (297, 210)
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) == 2
    assert conformance(made) == ("2", "B")
    for words in ("Your rights", "Information Commissioner", "hotspot, with its access routes", CONTACT):
        assert words in text_of(made)


def test_periods_follow_the_retention_policy_and_nothing_else(
    notice: Notice, coming: Deployment, reported_hub: StaffedHub
) -> None:
    assert "deleted 24 hours after it is closed" in str(notice.kept)
    alert = replace(POLICY.classes[DataClass.ALERT], period=timedelta(days=31))
    other = RetentionPolicy(POLICY.version, {**POLICY.classes, DataClass.ALERT: alert})
    changed = notice_of(coming, other, page=PAGE, contact=CONTACT, now=reported_hub.clock.now)
    assert isinstance(changed, Notice)
    assert "deleted 31 days after it is closed" in str(changed.kept)


def test_no_notice_goes_out_beforehand_unless_the_authority_allows_it(
    coming: Deployment, reported_hub: StaffedHub
) -> None:
    assert coming.authority is not None
    silent = replace(coming.authority, terms=replace(coming.authority.terms, conditions=Conditions()))
    deployment, now = replace(coming, authority=silent), reported_hub.clock.now
    refused = notice_of(deployment, POLICY, page=PAGE, contact=CONTACT, now=now)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.NOT_YET
    on_the_spot = notice_of(deployment, POLICY, page=PAGE, contact=CONTACT, now=silent.terms.window.start)
    assert isinstance(on_the_spot, Notice)
    assert isinstance(notice_of(replace(coming, authority=None), POLICY, page=PAGE, contact=CONTACT, now=now), Refusal)


def test_a_phone_reads_the_code(notice: Notice) -> None:
    svg = qr_svg(notice.page)
    side = int(float(re.findall(r'viewBox="0 0 ([\d.]+) ', svg)[0]))
    picture = np.full((side, side), 255, np.uint8)
    path = re.findall(r'stroke="#000".*?d="([^"]+)"|d="([^"]+)"[^>]*stroke="#000"', svg)[0]
    scale = int(re.findall(r"scale\((\d+)\)", svg)[0])
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", next(each for each in path if each)):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            top = int((y - 0.5) * scale)
            picture[top : top + scale, int(x * scale) : int((x + values[0]) * scale)] = 0
            x += values[0]
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    assert cv2.QRCodeDetector().detectAndDecode(large)[0] == PAGE


def test_the_web_notice_links_to_the_public_page(notice: Notice, reported_hub: StaffedHub) -> None:
    page = to_html(web_notice(notice, reported_hub.clock.now))
    assert f'href="{PAGE}"' in page
    assert "<script" not in page


def test_the_annex_says_what_passers_by_must_expect(reported_hub: StaffedHub, coming: Deployment) -> None:
    certificate = read_published(reported_hub.records).deployments[0].certificate
    document = impact_annex(coming, UK, POLICY, certificate, reported_hub.clock.now)
    page, said = to_html(document), text_of(to_pdf(document))
    # 0.0009 degrees of longitude at 51.5 north are 62.3 metres, 0.0005 of latitude 55.6.
    # 12,000 people, 1 in 10,000 falsely identified: 1.2 on average, and 1 - exp(-1.2) = 70 % for at least one.
    for words in ("12,000", "at most about 1.2 false alerts", "70% of at least one", "3,464 square metres", "31 days"):
        assert words in page
        assert words in said
    assert coming.application.necessity in page
    for rule in POLICY.classes.values():
        assert escape(rule.what) in page
    without = impact_annex(coming, EU, POLICY, None, reported_hub.clock.now)
    assert "cannot be said" in to_html(without)
    assert "A judge or an independent body must have authorised it too." in to_html(without)
