"""What a reviewer is told about an entry, and which verdicts are open to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from openlfr.enrolment.duplicates import PairKind
from openlfr.policy.identifiers import EntryId
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.text import text_problems
from openlfr.policy.watchlist import entry_refusal
from openlfr.records.watchlist_draft import Demands, draft_problems
from openlfr.records.watchlist_pairs import NEEDS_REASON, ListPair
from openlfr.records.watchlist_store import StoredEntry
from openlfr.records.watchlist_tables import Review


class Verdict(StrEnum):
    """What a reviewer says of an entry."""

    ACCEPT = "accept"
    OVERRIDE = "override"
    """Accept against the advice, with a reason; poor pictures are used too."""
    REJECT = "reject"
    """Leave off the list, with a reason."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found about an entry: `problems` keep it off the list until they are mended, `against` can be overridden
    with a reason, `notes` are to be thought about."""

    problems: tuple[FieldProblem, ...]
    against: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not (self.problems or self.against or self.notes)


_PAIR_WORDS = {
    PairKind.SAME_FILE_TWO_PEOPLE: "The same picture is given for {other}: one of the two is wrong.",
    PairKind.SAME_PERSON_TWO_NAMES: "Probably the same person as {other}, or twins (similarity {similarity:.2f}).",
    PairKind.LOOK_ALIKES: "Looks like {other} (similarity {similarity:.2f}): one may raise alerts for the other.",
    PairKind.SAME_FILE: "One picture is given twice.",
    PairKind.NEAR_IDENTICAL: "Two of the pictures are one, saved again (similarity {similarity:.2f}).",
}


def findings(
    entry: StoredEntry, pairs: Sequence[ListPair], demands: Demands, people: Mapping[EntryId, str]
) -> Findings:
    """What is to be said of an entry. `pairs` are those it is in; `people` gives the references of the others that are
    not rejected."""
    used = entry.used(entry.review) or entry.pictures
    problems = tuple(draft_problems(entry.entry, entry.content.draft, [each.draft for each in used], demands))
    against: list[str] = []
    notes: list[str] = []
    for pair in pairs:
        other = pair.second_entry if pair.first_entry == entry.entry else pair.first_entry
        if other == entry.entry or other in people:
            words = _PAIR_WORDS[pair.kind].format(other=people.get(other, ""), similarity=pair.similarity)
            (against if pair.kind in NEEDS_REASON else notes).append(words)
    poor = [each for each in entry.pictures if each.poor]
    for each in poor:
        advice = "; ".join(each.details.advice)
        words = f"The picture {each.details.name} is poor (quality {each.details.quality:.0f} of 100): {advice}."
        (against if len(poor) == len(entry.pictures) else notes).append(words)
    return Findings(problems, tuple(dict.fromkeys(against)), tuple(dict.fromkeys(notes)))


def reviewed(verdict: Verdict, reason: str, found: Findings) -> Review | Refusal:
    """What a verdict makes of an entry, or why it is not open."""
    match verdict:
        case Verdict.REJECT:
            return _with_reason(reason, Review.REJECTED)
        case Verdict.OVERRIDE:
            return entry_refusal(found.problems) or _with_reason(reason, Review.OVERRIDDEN)
        case Verdict.ACCEPT:
            if found.against and not found.problems:
                return Refusal(
                    RefusalCode.NOT_READY,
                    f"This entry can only be accepted against the advice, with a reason: {found.against[0]}",
                )
            return entry_refusal(found.problems) or Review.ACCEPTED
    assert_never(verdict)


def _with_reason(reason: str, review: Review) -> Review | Refusal:
    problems = tuple(text_problems("reason", reason))
    return refused_fields("The review", problems) if problems else review
