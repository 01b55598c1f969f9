"""What the public is told on the spot and beforehand: signs, a leaflet, and the text of a web notice (R17).

Everything said follows from the deployment's authority and the retention policy, so no notice can promise another
period than the one that is kept. A notice for the time before a deployment exists only where its authority allows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

import segno

from openlfr.policy.deployment import Deployment
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import DataClass, RetentionPolicy
from openlfr.reporting.document import Block, Document, Heading, Links, Listing, Paragraph
from openlfr.reporting.pdf import compiled
from openlfr.reporting.statements import kept_for
from openlfr.sealing.canonical import JsonValue


class SignSize(StrEnum):
    """The paper a sign is printed on."""

    A2 = "a2"
    A3 = "a3"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says. `page` is the address of the public page, which the QR code holds too."""

    publisher: str
    contact: str
    page: str
    place: str
    start: datetime
    end: datetime
    ground: str
    looked_for: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    mark: str = ""


def notice_of(
    deployment: Deployment,
    policy: RetentionPolicy,
    *,
    page: str,
    contact: str,
    now: datetime,
    zone: tzinfo = UTC,
    mark: str = "",
) -> Notice | Refusal:
    """The notice of an authorised deployment; refused before its window where advance notice is not allowed.

    `page` and `contact` are the force's: the address of its public page, and how people reach who answers for the data.
    `zone` is the one in which people there tell the time.
    """
    authority = deployment.authority
    if authority is None:
        return Refusal(RefusalCode.AUTHORITY_MISSING, "Only an authorised deployment has a notice: authorise it first.")
    terms = authority.terms
    if now < terms.window.start and not terms.conditions.advance_notice:
        return Refusal(
            RefusalCode.NOT_YET,
            "The authority does not allow advance notice: the notice can be made once the authorised time has begun, "
            "or after the authorising officer allowed it.",
        )
    return Notice(
        publisher=deployment.application.controller,
        contact=contact,
        page=page,
        place=deployment.application.location.name,
        start=terms.window.start.astimezone(zone),
        end=terms.window.end.astimezone(zone),
        ground=deployment.application.location.ground.value,
        looked_for=tuple(each.value for each in terms.categories) or ("consenting people only: this is a rehearsal",),
        kept=(
            ("Your face, if it matches nobody on the list", "destroyed at once, never stored"),
            (
                "A match that officers look at",
                f"deleted {kept_for(policy.classes[DataClass.ALERT])} after it is closed",
            ),
            ("The watchlist", _watchlist_kept(policy)),
        ),
        mark=mark,
    )


def _watchlist_kept(policy: RetentionPolicy) -> str:
    rule = policy.classes[DataClass.WATCHLIST]
    return f"deleted {kept_for(rule)} after the end" if rule.period else "deleted when the deployment ends"


def sign(notice: Notice, size: SignSize, made_at: datetime) -> bytes:
    """A sign to put up where people can still choose another way, as PDF/A."""
    return compiled("sign.typ", {**_said(notice), "paper": size.value}, made_at)


def leaflet(notice: Notice, made_at: datetime) -> bytes:
    """An A4 sheet to be folded once to A5, as PDF/A: the front, what is done, what is kept, and people's rights."""
    return compiled("leaflet.typ", _said(notice), made_at)


def web_notice(notice: Notice, made_at: datetime) -> Document:
    """The notice for a web site."""
    return Document("Live facial recognition in use", notice.publisher, made_at, tuple(_web(notice)), mark=notice.mark)


def qr_svg(address: str) -> str:
    """A QR code (ISO/IEC 18004) of an address, as SVG that stands alone; a quarter of it may be dirty."""
    code = segno.make(address, error="q", micro=False)
    return str(code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True))


def _web(notice: Notice) -> Iterator[Block]:
    yield Paragraph(f"{notice.publisher} uses live facial recognition at {notice.place}, {times_text(notice)}.")
    yield Heading("Who is looked for")
    yield Listing(notice.looked_for)
    yield Heading("What happens with your data")
    yield Listing(tuple(f"{what}: {how}." for what, how in notice.kept))
    yield Heading("Your rights")
    yield Paragraph(
        "You may ask what is held about you, and complain. Walking another way is no reason to stop you. "
        f"Contact: {notice.contact}."
    )
    yield Links((("Where, when, how often it was wrong, and how to complain", notice.page),))


def times_text(notice: Notice) -> str:
    """When, as people read it; over midnight with both days."""
    start, end = notice.start, notice.end
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%-d %B %Y, %H:%M}"
    return f"{start:%-d %B %Y, %H:%M} to {until} {start:%Z}"


def _said(notice: Notice) -> dict[str, JsonValue]:
    return {
        "publisher": notice.publisher,
        "contact": notice.contact,
        "page": notice.page,
        "place": notice.place,
        "times": times_text(notice),
        "ground": notice.ground,
        "looked_for": notice.looked_for,
        "kept": notice.kept,
        "mark": notice.mark,
        "qr": qr_svg(notice.page),
    }
