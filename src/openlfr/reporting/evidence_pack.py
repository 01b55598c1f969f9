"""The evidence pack of one alert: a zip file with its pictures, how they came to be compared, who decided what.

Its files are under the hub's signature (see `signed_files`), and its audit entries prove themselves against the signed
head of the log; `check_pack` does both offline, with nothing but the hub's public key.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from openlfr.link.signed_messages import PLAN_KIND
from openlfr.policy.alert import PublishedClass, published_class
from openlfr.policy.documents import to_document
from openlfr.records.audit_export import check_export
from openlfr.records.deployment_store import AUTHORITY_KIND
from openlfr.records.evidence import Evidence
from openlfr.reporting.document import Block, Document, Facts, Heading, Listing, Paragraph, Table
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.signed_files import (
    Manifest,
    SignedFilesError,
    check_documents,
    check_files,
    lines_checked,
    signed_manifest,
    write_zip,
)
from openlfr.sealing.signature import SigningKey, VerifyKey

KIND: Final = "evidence pack"
_AUDIT: Final = "audit.jsonl"
_SIGNED: Final = (("authorities/", AUTHORITY_KIND), ("plan.json", PLAN_KIND))


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """What a genuine pack holds: its manifest, and how many audit entries proved themselves."""

    manifest: Manifest
    audit_entries: int


def write_pack(target: Path, evidence: Evidence, key: SigningKey) -> Manifest:
    """Write the pack to a new file, for its owner only. Raises FileExistsError rather than overwrite, and OSError."""
    files = dict(_files(evidence))
    manifest = signed_manifest(KIND, evidence.view.alert.alert, evidence.made_at, files, key)
    write_zip(target, files, manifest)
    return check_files(target, key.public)


def check_pack(source: Path, trusted: VerifyKey) -> CheckedPack:
    """Verify a pack offline.

    Raises SignedFilesError for a changed, missing or added file, for another kind of set, or for an authority or plan
    that the hub did not sign; AuditBrokenError for an audit entry that is not in the signed log.
    """
    manifest = check_files(source, trusted)
    if manifest.kind != KIND:
        raise SignedFilesError(f"This is no evidence pack but a genuine {manifest.kind}.")
    check_documents(source, manifest, trusted, _SIGNED)
    audit = check_export(lines_checked(source, manifest, _AUDIT), trusted)
    return CheckedPack(manifest, audit.entries)


def _files(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    yield "summary.pdf", to_pdf(summary(evidence))
    yield "alert.json", _json(to_document(evidence.view.alert))
    yield "match.json", _json(to_document(evidence.view.raised))
    for name, pictures in (("probe", evidence.pictures.probes), ("candidate", evidence.pictures.candidates)):
        for number, content in enumerate(pictures, 1):
            yield f"{name}.jpg" if number == 1 else f"{name}-{number}.jpg", content
    yield "deployment.json", _json(to_document(evidence.deployment.deployment))
    for number, authority in enumerate(evidence.authorities, 1):
        yield f"authorities/{number}.json", authority.to_bytes()
    yield "plan.json", evidence.plan.to_bytes()
    if evidence.certificate is not None:
        yield "certificate.json", _json(to_document(evidence.certificate))
    yield _AUDIT, b"".join(line + b"\n" for line in evidence.audit)
    yield "README.txt", _README.encode()


def _json(document: object) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True).encode()


def summary(evidence: Evidence) -> Document:
    """The pack's first page: what a reader must know before opening the rest."""
    return Document(
        title="Evidence of an alert",
        publisher=evidence.deployment.deployment.application.controller,
        made_at=evidence.made_at,
        blocks=tuple(_blocks(evidence)),
        mark="TEST: this alert was a test and nobody was looked for." if evidence.test else "",
    )


def _blocks(evidence: Evidence) -> Iterator[Block]:
    alert, raised, deployment = evidence.view.alert, evidence.view.raised, evidence.deployment.deployment
    yield Paragraph(
        f"Alert {alert.alert} of {_moment(raised.captured_at)}, at {deployment.application.location.name}. Handed out "
        f"to {evidence.recipient} on {_moment(evidence.made_at)}, because: {evidence.reason}"
    )
    yield Facts(
        (
            ("Score", f"{raised.score:.4f}"),
            ("Threshold", f"{raised.threshold:g}"),
            ("Class", _class_text(published_class(alert))),
            ("Pictures of the passage", f"{raised.shots} compared, {len(raised.probes)} in this pack"),
            ("Direction", raised.direction.value if raised.direction is not None else "not known"),
        )
    )
    yield Heading("How the match was made")
    yield Listing(
        (
            f"Model pack, precision and rule: {raised.setup}.",
            f"Score of the independent recogniser: {raised.second_score:.4f}."
            if raised.second_score is not None
            else "There was no independent recogniser.",
            f"Quality of the best picture: {raised.quality:.0f} of 100. Camera {raised.camera} of node {raised.node}.",
            f"Watchlist with the hash {raised.watchlist_hash}.",
            _certificate_text(evidence),
        )
    )
    yield Paragraph(
        "A score says how alike two pictures are to the system. It is not a probability, and no evidence of "
        "identity: only people decided, as follows."
    )
    yield Heading("Who decided what, and when")
    yield Table(
        "Decisions, in order", ("When", "Who", "What", "Grounds"), tuple(_decisions(evidence)), frozenset({1, 2, 3})
    )
    yield Heading("Authority")
    yield Table(
        "Each is in the folder “authorities”, under the hub's signature",
        ("Number", "Decided", "By", "Basis"),
        tuple(_authorities(evidence)),
        frozenset({1, 2, 3}),
    )
    yield Heading("Checking this pack")
    yield Paragraph(
        f"It holds {len(evidence.audit) - 1} entries of the audit log, each with its proof. Check all of it, without "
        "any of our machines, with: openlfr evidence verify FILE --hub-key KEY. The key is the one the hub's owner "
        "noted when it was set up; ask for it over another way than this file came."
    )


def _decisions(evidence: Evidence) -> Iterator[tuple[str, ...]]:
    alert = evidence.view.alert
    yield _moment(alert.raised_at), "the system", "raised the alert", "at or above the threshold"
    if alert.seen_at is not None:
        yield _moment(alert.seen_at), str(alert.seen_by), "looked at it", ""
    for each in alert.adjudications:
        blind = " (before the score was shown)" if each.blind else ""
        grounds = "; ".join([*each.reasons, *([each.note] if each.note else [])])
        yield _moment(each.at), each.by, f"judged: {each.judgement}{blind}", grounds
    if alert.engaged_at is not None:
        yield _moment(alert.engaged_at), str(alert.engaged_by), "approached the person", ""
    if alert.engagement is not None:
        done = alert.engagement
        said = f"the person {done.identity} ({done.identity_method}); {done.outcome}"
        yield _moment(done.ended_at), str(alert.engaged_by), said, done.note
    for result in alert.later_results:
        yield _moment(result.at), result.by, f"later result: {result.result}", ", ".join(result.offence_groups)
    for changed in alert.reclassifications:
        yield _moment(changed.at), changed.by, f"classified anew: {changed.published}", changed.reason


def _authorities(evidence: Evidence) -> Iterator[tuple[str, ...]]:
    for document in evidence.authorities:
        content = json.loads(document.body)
        yield str(content["sequence"]), content["decided_at"], content["decided_by"], content["basis"]


def _certificate_text(evidence: Evidence) -> str:
    held = evidence.certificate
    if held is None:
        return "The threshold's certificate is not held any more."
    return (
        f"The threshold's certificate {held.certificate}: from {held.lowest_threshold:g} up at most "
        f"{held.target_fpir:g} false identifications a passage, against up to {held.largest_watchlist:,} people."
    )


def _class_text(published: PublishedClass | None) -> str:
    return "not classified" if published is None else published.value


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


_README: Final = """\
This is the evidence of one alert of a live facial recognition system (OpenLFR).

summary.pdf        begin here
probe.jpg          the passer-by, everybody else in the picture blurred; probe-2.jpg and on: other shots
candidate.jpg      the reference picture that was found; candidate-2.jpg and on: others of the same person
alert.json         the alert with every decision of people
match.json         score, threshold, model, camera, person on the list
deployment.json    the deployment as it stood when this was made
authorities/       every authority of the deployment, signed by the hub
plan.json          the order under which the camera ran, signed by the hub
certificate.json   what is known of the threshold
audit.jsonl        the signed head of the audit log, and each entry about this alert with its proof
manifest.json      every file's size and SHA-256, signed by the hub

Check all of it with: openlfr evidence verify FILE --hub-key KEY
It holds personal data: keep it as such, and destroy it when it is no longer needed.
"""
