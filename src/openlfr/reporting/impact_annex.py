"""The annex to the impact assessments of one deployment: what it means for everybody who is not looked for (R5).

Generated from the deployment, its jurisdiction and the retention policy, so that it cannot say anything else than what
the system does. It supports the assessments named in it and replaces none of them.
"""

import math
from collections.abc import Iterator
from datetime import datetime

from openlfr.policy.authority import Polygon, Terms
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import Deployment
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.retention import RetentionPolicy
from openlfr.reporting.document import Block, Document, Facts, Heading, Listing, Paragraph, Table
from openlfr.reporting.statements import kept_for
from openlfr.reporting.wording import duration_text, one_in

_EARTH_RADIUS_M = 6_371_000.0


def impact_annex(
    deployment: Deployment,
    profile: JurisdictionProfile,
    policy: RetentionPolicy,
    certificate: ThresholdCertificate | None,
    made_at: datetime,
    mark: str = "",
) -> Document:
    """The annex, for an application as for an authority; where there is an authority, its terms hold."""
    return Document(
        title="Impact assessment: annex for one deployment",
        publisher=deployment.application.controller,
        made_at=made_at,
        blocks=tuple(_blocks(deployment, profile, policy, certificate)),
        mark=mark,
    )


def _blocks(
    deployment: Deployment,
    profile: JurisdictionProfile,
    policy: RetentionPolicy,
    certificate: ThresholdCertificate | None,
) -> Iterator[Block]:
    application = deployment.application
    terms = application.terms if deployment.authority is None else deployment.authority.terms
    hours = (terms.window.end - terms.window.start).total_seconds() / 3600
    yield Paragraph(
        f"{application.location.name}, {terms.window.start:%Y-%m-%d %H:%M} to {terms.window.end:%Y-%m-%d %H:%M} UTC. "
        f"Law: {profile.title} ({profile.basis}), profile version {profile.version}. State: {deployment.state}."
    )
    yield Facts(
        (
            ("People expected to pass", f"{application.expected_footfall:,}"),
            ("In an hour", f"{application.expected_footfall / hours:,.0f}"),
            ("At most on the list", f"{terms.largest_watchlist:,}"),
            ("Cameras", f"{len(terms.cameras)}"),
        )
    )
    yield Heading("People who are not looked for")
    yield Paragraph(
        f"About {application.expected_footfall:,} people are expected to walk through an area of about "
        f"{_area_m2(application.location.zone):,.0f} square metres. The biometric data of each who comes into a zone "
        "of recognition are processed, for less than a second, in the memory of one machine, and never written. For "
        "every person on a full list, "
        f"{application.expected_footfall / terms.largest_watchlist:,.0f} who are not looked for are compared."
    )
    yield Listing(tuple(_collateral(application.expected_footfall, terms, profile, certificate)))
    yield Heading("Why it is said to be necessary and proportionate")
    yield Table(
        "In the applicant's words",
        ("Question", "Answer"),
        (
            ("Purpose", application.purpose),
            ("Why here", f"{application.location.ground}. {application.location.evidence}"),
            ("Necessity", application.necessity),
            ("Proportionality", application.proportionality),
            ("Less intrusive alternatives", application.less_intrusive_alternatives),
            ("Aim under the law", application.aim.value if application.aim else "this law has no list of aims"),
            ("A protest in the area", application.assembly_authority_reference or "none")
            if application.assembly
            else ("A protest in the area", "none"),
        ),
        frozenset({1}),
    )
    yield Heading("Who may be looked for")
    yield Listing(tuple(each.value for each in terms.categories) or ("consenting people only: this is a rehearsal",))
    yield Heading("What keeps the intrusion down")
    yield Listing(tuple(_safeguards(terms, profile)))
    yield Heading("How long data are kept")
    yield Table(
        f"Retention policy {policy.version}; the same file drives the deletion itself",
        ("What", "Kept for", "Counted from", "At most", "Hold for a case"),
        tuple(
            (
                rule.what,
                kept_for(rule),
                rule.clock.value,
                duration_text(rule.maximum) if rule.maximum else kept_for(rule),
                "possible" if rule.legal_hold else "no",
            )
            for rule in policy.classes.values()
        ),
        frozenset({1, 2, 3, 4}),
    )
    yield Heading("The assessments this belongs to")
    yield Table(
        "Each must be current before anything is authorised and again before going live",
        ("Assessment", "Reference", "Review by"),
        tuple((each.kind.value, each.reference, each.review_by.isoformat()) for each in application.assessments),
        frozenset({1, 2}),
    )


def _collateral(
    footfall: int, terms: Terms, profile: JurisdictionProfile, certificate: ThresholdCertificate | None
) -> Iterator[str]:
    if certificate is not None:
        expected = footfall * certificate.target_fpir
        yield (
            f"The threshold {terms.threshold:g} is certified for a false identification of at most "
            f"{one_in(certificate.target_fpir)} passers-by: at most about {expected:.2g} false alerts are to be "
            f"expected, with a chance of {100 * -math.expm1(-expected):.0f}% of at least one."
        )
    else:
        yield "The certificate of the threshold is not held here: how many false alerts to expect cannot be said."
    yield (
        f"When false alerts are certainly more than {one_in(profile.false_alert_ceiling)} faces, the deployment pauses "
        "by itself, and only an authorising officer may let it go on."
    )
    yield "Children and vulnerable people pass too. They are on a list only after a second authority with its reason."
    yield "Nobody is identified who is not on the list, and nothing about age, sex, origin or mood is inferred."


def _safeguards(terms: Terms, profile: JurisdictionProfile) -> Iterator[str]:
    yield "Faces are analysed only inside the fixed zone of each camera, within the authorised time."
    yield (
        "Only while an officer on duty is there, who has said so within the last "
        f"{duration_text(profile.officer_presence)}."
    )
    yield f"The list is at most {duration_text(profile.watchlist_age)} old when it is used, and destroyed at the end."
    two = terms.conditions.two_person_verification or profile.two_person_verification
    yield "Two people must agree before anybody is approached." if two else "A trained person decides on every alert."
    yield "Everybody but the matched person is blurred in every picture an officer sees."
    yield (
        "The place and time are published beforehand."
        if terms.conditions.advance_notice
        else "The place and time are not published beforehand; signs stand where people can still choose another way."
    )
    if profile.external_authority:
        yield "A judge or an independent body must have authorised it too."


def _area_m2(zone: Polygon) -> float:
    """The area of a polygon of longitudes and latitudes on a sphere, small enough to be flat."""
    if len(zone) < 3:
        return 0.0
    metres = math.radians(1) * _EARTH_RADIUS_M
    shrink = math.cos(math.radians(sum(corner.y for corner in zone) / len(zone)))
    corners = [(corner.x * metres * shrink, corner.y * metres) for corner in zone]
    ahead = [*corners[1:], corners[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, ahead, strict=True))) / 2
