"""The statements that go with figures: accuracy and fairness, thresholds over time, deletion. Each a list of blocks.

Used by the annual report and the public page alike, so that both say the same of the same records.
"""

from collections.abc import Iterator, Sequence

from openlfr.assurance.certificate import IssuedCertificate
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.reach import Reach
from openlfr.policy.recognition_test import RecognitionRate
from openlfr.policy.retention import ClockStart, RetentionPolicy, RetentionRule
from openlfr.records.published import DeletionFigures, PublishedDeployment
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.document import Block, Heading, Listing, Paragraph, Table
from openlfr.reporting.totals import totals
from openlfr.reporting.wording import duration_text, one_in, percent


def accuracy(deployments: Sequence[PublishedDeployment], issued: Sequence[IssuedCertificate]) -> Iterator[Block]:
    """What is known of the accuracy of what was used, from its certificates and the tests with consenting people.

    `issued` are certificates with their grounds, as the hub has them; of one that is not among them only its figures
    are told.
    """
    yield Heading("Accuracy and fairness")
    used = certificates_used(deployments)
    grounds = {each.certificate.certificate: each for each in issued}
    if not used:
        yield Paragraph("No deployment has been published yet, so there is nothing to say of what was used.")
    for certificate in used:
        yield Paragraph(_certified(certificate))
        if certificate.certificate in grounds:
            known = grounds[certificate.certificate]
            yield Paragraph(f"Measured on {known.made_of}.")
            yield Listing(known.findings)
            yield Paragraph("What this does not cover:")
            yield Listing(known.not_covered)
        else:
            yield Paragraph("How it was measured, and for which groups of people, stands in the certificate itself.")
    tested = pooled(deployments)
    yield Paragraph(recognition_text(tested))
    if tested.passages:
        yield Paragraph(
            "Testers are few, know that they are tested, and walk past several times each. The range takes every "
            "passage for a test of its own, so what is known is less sure than it says, and it tells nothing of how "
            "recognition differs between groups of people."
        )


def reading_rates(records: Sequence[DeploymentRecord]) -> Iterator[Block]:
    """What rates of false alerts cover and what they do not: chance, classes that nobody confirmed, counting."""
    overall = totals(records)
    yield Paragraph(
        "A range after a rate says how far chance alone may have moved it, with 95% confidence (Clopper-Pearson for "
        "alerts, Poisson for faces), as if every alert came about by itself. It covers neither a wrong class nor how "
        "faces are counted."
    )
    alerts, unconfirmed = overall.total_alerts, overall.true_unconfirmed
    if alerts:
        confirmed = overall.true_confirmed + overall.false_confirmed
        said = (
            f"{confirmed:,} of {alerts:,} alerts were confirmed, true or false, by speaking to the person "
            f"({percent(confirmed / alerts)}); the class of the others is a trained officer's judgement."
        )
        if unconfirmed:
            at_worst = overall.false_alert_rates().false_alerts + unconfirmed
            said += (
                f" Were every true alert that nobody confirmed a false one, {at_worst:,} of {alerts:,} would have been "
                f"false ({percent(at_worst / alerts)})."
            )
        yield Paragraph(said)
    methods = list(dict.fromkeys(each.faces_seen_method or "a method that is not named" for each in records))
    if methods:
        several = " Rates per face under different methods cannot be compared or added." if len(methods) > 1 else ""
        yield Paragraph(
            f"Faces seen are an estimate, counted by {', '.join(methods)}: somebody who walks past twice is counted "
            f"twice.{several}"
        )


def certificates_used(deployments: Sequence[PublishedDeployment]) -> list[ThresholdCertificate]:
    """The certificates under which these deployments ran, each once, in order of use."""
    found = {each.certificate.certificate: each.certificate for each in deployments if each.certificate is not None}
    return list(found.values())


def pooled(deployments: Sequence[PublishedDeployment]) -> RecognitionRate:
    """All blue-list tests of these deployments together."""
    rates = [each.recognition for each in deployments if each.recognition is not None]
    return RecognitionRate(sum(each.recognised for each in rates), sum(each.passages for each in rates))


def recognition_text(rate: RecognitionRate) -> str:
    """The true recognition rate in a sentence."""
    if rate.rate is None:
        return "How often people on the list are found was not tested with consenting people at these deployments."
    return (
        f"In tests with consenting people at these deployments, {rate.recognised:,} of {rate.passages:,} counted "
        f"passages were recognised: {percent(rate.rate)} ({percent(rate.low)} to {percent(rate.high)} with 95% "
        "confidence)."
    )


def thresholds(deployments: Sequence[PublishedDeployment]) -> Iterator[Block]:
    """The thresholds authorised over time: a row for each run of deployments under one threshold and certificate."""
    runs: list[list[PublishedDeployment]] = []
    for each in deployments:
        same = runs and _setting(runs[-1][-1]) == _setting(each)
        if same:
            runs[-1].append(each)
        else:
            runs.append([each])
    yield Heading("Thresholds over time")
    yield Table(
        "The threshold that was authorised; a match below it raises no alert",
        ("First used", "Last used", "Threshold", "Deployments", "Certified for at most", "People on a list"),
        tuple(_run_cells(run) for run in runs),
        frozenset({1}),
    )


def coverage(limited_to: Reach) -> Iterator[Block]:
    """That not every deployment is counted, where whoever made this has rights for some forces or sites only."""
    if not limited_to.whole_hub:
        yield Paragraph(
            f"Only deployments of {limited_to} are listed and counted here: it was made by somebody whose rights are "
            "limited to these. What is said of deletion is of the whole hub."
        )


def deletion(figures: DeletionFigures, policy: RetentionPolicy) -> Iterator[Block]:
    """How long everything is kept, what was destroyed, and the head of the log in which each destruction stands."""
    yield Heading("Deletion")
    yield Paragraph(
        "Faces that match nobody on the watchlist are compared in memory and destroyed at once; they are never written."
    )
    yield Table(
        f"How long data are kept (retention policy {policy.version}), and records destroyed so far with a receipt",
        ("What", "Kept for", "Counted from", "Destroyed"),
        tuple(
            (rule.what, kept_for(rule), rule.clock.value, f"{figures.receipts.get(kind, 0):,}")
            for kind, rule in policy.classes.items()
        ),
        frozenset({1, 2}),
    )
    newest = "" if figures.newest is None else f" The newest is of {figures.newest:%Y-%m-%d}."
    yield Paragraph(
        f"Each destruction has a receipt signed by the hub and an entry in its audit log.{newest} The log had "
        f"{figures.head.size:,} entries at {figures.head.signed_at:%Y-%m-%d %H:%M} UTC; its signed head is below. "
        "Whoever noted it can show later that nothing was taken out or changed."
    )
    yield Listing(
        (f"Head: {figures.head.size}:{figures.head.root.hex()}", f"Signed by: {figures.signer.raw.hex()}"),
    )


def kept_for(rule: RetentionRule) -> str:
    """The period of a rule in words."""
    if rule.period:
        return duration_text(rule.period)
    return {ClockStart.PROCESSED: "never stored", ClockStart.RECORDED: "not recorded"}.get(
        rule.clock, "destroyed at once"
    )


def _setting(each: PublishedDeployment) -> tuple[float | None, str | None]:
    return each.statistics.threshold, None if each.certificate is None else each.certificate.certificate


def _run_cells(run: Sequence[PublishedDeployment]) -> tuple[str, ...]:
    days = [each.statistics.went_live_at for each in run]
    certificate = run[0].certificate
    return (
        f"{days[0]:%Y-%m-%d}",
        f"{days[-1]:%Y-%m-%d}",
        f"{run[0].statistics.threshold:g}",
        f"{len(run):,}",
        "certificate not held" if certificate is None else one_in(certificate.target_fpir),
        "" if certificate is None else f"up to {certificate.largest_watchlist:,}",
    )


def _certified(certificate: ThresholdCertificate) -> str:
    return (
        f"The system used was {certificate.setup}. Its certificate {certificate.certificate} says that thresholds from "
        f"{certificate.lowest_threshold:g} up give a false identification for at most "
        f"{one_in(certificate.target_fpir)} passers-by, against lists of up to {certificate.largest_watchlist:,} "
        "people, where all who were tested are taken together; for some groups of people it may be more. It is valid "
        f"from {certificate.issued_at:%Y-%m-%d} to {certificate.expires_at:%Y-%m-%d}."
    )
