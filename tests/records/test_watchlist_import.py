"""Importing: what becomes of every row, nothing twice, nothing half, nothing personal in clear."""

import hashlib
import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.faces import astronaut, grace_hopper_file, models
from tests.support.kills import work_killed_before
from tests.support.staffed_hub import TERMINAL, staffed
from tests.support.watchlist_work import import_it
from tests.support.watchlists import (
    NO_FACE_GREY,
    POOR_GREY,
    QUICK,
    ListHub,
    people_csv,
    row,
    with_lists,
    write_csv,
    write_picture,
)

from openlfr.enrolment.duplicates import PairKind
from openlfr.enrolment.enrol import Enroller
from openlfr.enrolment.listing import WatchlistError
from openlfr.policy.identifiers import WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.audit_verify import verify_audit
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_import import ImportReport, TemplateMaker
from openlfr.records.watchlist_import_lines import LineResult
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_store import read_entries
from openlfr.records.watchlist_tables import (
    Outcome,
    Review,
    WatchlistEntryRow,
    WatchlistImportLineRow,
    WatchlistPictureRow,
)


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> ListHub:
    return with_lists(staffed(records, clock))


def results(hub: ListHub, report: ImportReport) -> dict[int, LineResult]:
    return {each.line: each for each in hub.importing().results(report)}


def test_a_complete_file_becomes_entries_that_nothing_is_missing_from(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.begun()
    report = hub.imported(watchlist, people_csv(tmp_path / "in", 5))
    assert report.outcomes == {Outcome.IMPORTED: 5}
    assert (report.people, report.pictures, report.resumed) == (5, 5, 0)
    first = results(hub, report)[2]
    assert (first.content.person, first.content.picture, first.content.quality) == ("N/1", "1.png", 88.0)
    with hub.hub.records.database.reading() as session:
        entries = list(read_entries(hub.hub.records, session, watchlist))
    assert {each.content.draft.name for each in entries} == {f"Name of N/{n}" for n in range(1, 6)}
    assert {each.review for each in entries} == {Review.PENDING}


def test_every_bad_row_says_in_a_sentence_what_to_mend_and_stops_no_other(hub: ListHub, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 1)
    write_picture(tmp_path / "none.png", 2, grey=NO_FACE_GREY)
    write_picture(tmp_path / "poor.png", 3, grey=POOR_GREY)
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a whole picture")
    rows = [
        row("N/1", "a.png"),
        row("N/2", "absent.png"),
        row("N/3", "none.png"),
        row("N/4", "torn.jpg"),
        row("N/5", "a.png", category="intelligence"),
        row("N/6", "a.png", expires_on="1.1.2027"),
        row("", "a.png"),
        row("N/8", "a.png", under_18="perhaps"),
        row("N/1", "a.png"),
        row("N/9", "poor.png"),
        row("N/1", "poor.png", offence="Robbery"),
        row("N/11", "a.png", expires_on="2026-05-10"),
        row("N/12", "a.png", under_18="yes"),
        row("N/13", "a.png", category="victim"),
        row("N/14", "a.png", offence="", reason="", category="", legal_basis=""),
        row("N/15", "a.png", name="a\x07b"),
    ]
    report = hub.imported(hub.begun(), write_csv(tmp_path / "list.csv", rows))
    found = results(hub, report)
    said = {line: (each.outcome, each.content.reason) for line, each in found.items()}
    assert said[2] == (Outcome.IMPORTED, "")
    assert said[3] == (Outcome.REFUSED, "There is no picture absent.png; check the name.")
    assert said[4] == (Outcome.REFUSED, "The picture none.png shows no face.")
    assert said[5][0] is Outcome.REFUSED
    assert "torn.jpg" in said[5][1]
    assert said[6][1].startswith("category: 'intelligence' is not on the list; choose from wanted_by_courts")
    assert said[7][1] == "expires_on: '1.1.2027' is not a day; write it as 2026-05-31."
    assert said[8][1] == "The row has no usable person_id: fill it in."
    assert said[9][1] == "under_18: 'perhaps' is neither yes nor no."
    assert said[10][1] == "The same picture is named for this person by an earlier row: remove one."
    assert said[11][0] is Outcome.POOR
    assert "quality is 12 of 100" in said[11][1]
    assert found[11].content.advice.startswith("the face is blurred")
    assert said[12][1] == "An earlier row of this person says otherwise about offence: mend one."
    assert said[13] == (
        Outcome.INCOMPLETE,
        "expires_on: The entry expires before the deployment ends on 2026-05-11.",
    )
    assert "A child or a vulnerable person needs a second authority" in said[14][1]
    assert said[15] == (
        Outcome.INCOMPLETE,
        "categories: The authority does not cover the category: victim of an offence.",
    )
    for field in ("legal_basis", "reason", "offence", "categories"):
        assert f"{field}: Please" in said[16][1] or f"{field}: Choose" in said[16][1]
    assert said[17][1] == "name: This contains control characters; please remove them."
    assert report.people == 6


def test_a_folder_gives_entries_that_wait_to_be_completed_by_a_later_file(hub: ListHub, tmp_path: Path) -> None:
    people = tmp_path / "people"
    (people / "N-1").mkdir(parents=True)
    write_picture(people / "N-1" / "1.png", 1)
    write_picture(people / "N-2.png", 2)
    watchlist = hub.begun()
    report = hub.imported(watchlist, people)
    assert report.outcomes == {Outcome.INCOMPLETE: 2}
    rows = [row("N-1", "people/N-1/1.png"), row("N-2", "people/N-2.png")]
    completed = hub.imported(watchlist, write_csv(tmp_path / "more.csv", rows))
    assert completed.outcomes == {Outcome.UPDATED: 2}
    assert (completed.people, completed.pictures) == (2, 2)
    assert hub.imported(watchlist, tmp_path / "more.csv").outcomes == {Outcome.DUPLICATE: 2}
    assert hub.reviews.accept_clean(hub.asked(hub.hub.authoriser, watchlist)) == 2


def test_pictures_that_are_alike_are_found_and_the_floor_of_the_threshold_follows(hub: ListHub, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 1, person=1)
    write_picture(tmp_path / "b.png", 2, person=1)
    write_picture(tmp_path / "c.png", 3)
    rows = [
        row("N/1", "a.png"),
        row("N/2", "b.png"),
        row("N/3", "c.png"),
        row("N/4", "c.png"),
    ]
    report = hub.imported(hub.begun(), write_csv(tmp_path / "list.csv", rows))
    kinds = Counter(each.kind for each in report.pairs)
    assert kinds == {PairKind.SAME_PERSON_TWO_NAMES: 1, PairKind.SAME_FILE_TWO_PEOPLE: 1}
    assert report.floor is None  # probably one person: no floor for a threshold between two
    loose = hub.importing().run(
        hub.asked(hub.hub.builder, hub.begun()), read_source(people_csv(tmp_path / "more", 40)), lambda _: 0.2
    )
    assert not isinstance(loose, Refusal)
    alike = [each.similarity for each in loose.pairs if each.kind is PairKind.LOOK_ALIKES]
    assert loose.floor == max(alike)
    assert min(alike) >= 0.2


def test_with_the_real_models_one_person_under_two_names_and_a_copy_are_found(hub: ListHub, tmp_path: Path) -> None:
    enroller = Enroller(models().detector_session, models().extractor, quality_floor=0.0)
    maker = TemplateMaker(enroller, models().identity, models().execution.precision.value)
    shutil.copy(grace_hopper_file(), tmp_path / "g1.jpg")
    shutil.copy(grace_hopper_file(), tmp_path / "g2.jpg")
    cv2.imwrite(str(tmp_path / "e1.png"), astronaut())
    cv2.imwrite(str(tmp_path / "e2.jpg"), astronaut()[:, ::-1])
    cv2.imwrite(str(tmp_path / "tiny.png"), cv2.resize(astronaut(), (40, 40)))
    rows = [
        row("N/1", "g1.jpg"),
        row("N/2", "g2.jpg"),
        row("N/3", "e1.png"),
        row("N/4", "e2.jpg"),
        row("N/3", "tiny.png"),
    ]
    report = hub.imported(hub.begun(), write_csv(tmp_path / "list.csv", rows), maker)
    assert {each.kind for each in report.pairs} == {
        PairKind.SAME_FILE_TWO_PEOPLE,
        PairKind.SAME_PERSON_TWO_NAMES,
    }
    assert results(hub, report)[6].outcome in (Outcome.POOR, Outcome.REFUSED)


def test_an_import_killed_in_the_middle_goes_on_with_nothing_twice(hub: ListHub, tmp_path: Path) -> None:
    source = read_source(people_csv(tmp_path / "in", 700))
    watchlist = hub.begun()
    asked = hub.asked(hub.hub.builder, watchlist)

    def interrupt(done: int, of: int) -> None:
        if done > 400:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hub.importing().run(asked, source, lambda _: 0.5, interrupt)
    refused = hub.lists.approve(hub.asked(hub.hub.authoriser, watchlist))
    assert isinstance(refused, Refusal)
    assert "last import was interrupted" in refused.sentence
    deployment = hub.deployment_of(watchlist)
    assert hub.importing().unfinished(deployment, source) == watchlist
    assert hub.importing().unfinished(deployment, replace(source, digest=b"o" * 32)) is None
    report = hub.imported(watchlist, tmp_path / "in" / "people.csv")
    assert report.resumed == 256
    assert hub.importing().unfinished(deployment, source) is None
    assert report.outcomes == {Outcome.IMPORTED: 700}
    assert (report.people, report.pictures) == (700, 700)


@pytest.mark.slow
def test_an_import_killed_at_any_step_leaves_no_half_row_and_the_next_run_does_the_rest(
    hub: ListHub, database_url: str, tmp_path: Path
) -> None:
    records = hub.hub.records
    source = people_csv(tmp_path / "in", 300)  # more than are enrolled together
    whole = work_killed_before(None, import_it, database_url, records.vault.folder, hub.begun(), source)
    assert whole.reports == [300]
    watchlist = hub.begun()
    unfinished = 0
    for step in range(0, whole.steps or 0, max((whole.steps or 0) // KILLS, 1)):
        ended = work_killed_before(step, import_it, database_url, records.vault.folder, watchlist, source)
        counts = [of_list(records, watchlist, each) for each in WRITTEN_TOGETHER]
        assert len(set(counts)) == 1  # a row has its result if and only if its picture is there
        unfinished += 0 < counts[0] < 300
        if ended.reports:
            watchlist = hub.begun()
    assert unfinished, "no kill fell between two batches"
    assert hub.imported(watchlist, source).outcomes in (
        {Outcome.IMPORTED: 300},
        {Outcome.DUPLICATE: 300},
    )
    assert [of_list(records, watchlist, each) for each in WRITTEN_TOGETHER][:2] == [300, 300]
    assert verify_audit(records.database, records.signer.public).intact


KILLS = 12
WRITTEN_TOGETHER = (WatchlistPictureRow, WatchlistEntryRow, WatchlistImportLineRow)


def of_list(
    records: HubRecords,
    watchlist: WatchlistId,
    table: type[WatchlistPictureRow | WatchlistEntryRow | WatchlistImportLineRow],
) -> int:
    with records.database.reading() as session:
        return session.execute(select(func.count()).where(table.watchlist_id == watchlist)).scalar_one()


@pytest.mark.slow
def test_twenty_thousand_rows_of_which_three_thousand_are_bad(hub: ListHub, tmp_path: Path) -> None:
    for number in range(200):
        write_picture(tmp_path / f"{number}.png", number)
    rows = []
    for number in range(20_000):
        good = row(f"N/{number}", f"{number % 200}.png")
        if number % 20 == 0:
            good["image"] = "absent.png"
        elif number % 20 == 1:
            good["category"] = "other"
        elif number % 20 == 2:
            good["expires_on"] = "soon"
        rows.append(good)
    report = hub.imported(hub.begun(), write_csv(tmp_path / "list.csv", rows))
    assert report.outcomes == {Outcome.IMPORTED: 17_000, Outcome.REFUSED: 3_000}
    assert len(results(hub, report)) == 20_000


def test_a_picture_of_five_gigabytes_is_refused_without_being_read(hub: ListHub, tmp_path: Path) -> None:
    with (tmp_path / "huge.jpg").open("wb") as file:
        os.truncate(file.fileno(), 5 << 30)
    report = hub.imported(hub.begun(), write_csv(tmp_path / "list.csv", [row("N/1", "huge.jpg")]))
    (only,) = results(hub, report).values()
    assert (only.outcome, only.content.reason) == (
        Outcome.REFUSED,
        "The picture huge.jpg has over 64 MiB; use a smaller one.",
    )


INJECTIONS = (
    "Robert'); DROP TABLE watchlists;--",
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "' OR '1'='1",
    "<script>alert(1)</script>",
    "王小明",
    "محمد بن علي",
    "Владимир Ильич",
    "ที่รัก",
    "Zoë O’Neill-Müller",
    "👮🏽‍♀️",
)


def test_any_script_and_any_injection_is_stored_as_it_was_written(hub: ListHub, tmp_path: Path) -> None:
    rows = [
        row(f"N/{number}", write_picture(tmp_path / f"{number}.png", number).name, name=text, offence=text, reason=text)
        for number, text in enumerate(INJECTIONS, 1)
    ]
    watchlist = hub.begun()
    report = hub.imported(watchlist, write_csv(tmp_path / "list.csv", rows))
    assert report.outcomes == {Outcome.IMPORTED: len(INJECTIONS)}
    with hub.hub.records.database.reading() as session:
        drafts = [each.content.draft for each in read_entries(hub.hub.records, session, watchlist)]
    assert sorted(each.name for each in drafts) == sorted(INJECTIONS)
    assert all(each.name == each.offence == each.reason for each in drafts)


def test_nothing_personal_stands_in_the_database_or_its_log_in_clear(
    hub: ListHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = {"name": "Zbigniew Quibbleworth", "offence": "Quadruple parking", "reason": "Xylophone left behind"}
    picture = write_picture(tmp_path / "face-of-zbigniew.png", 9)
    watchlist = hub.begun()
    report = hub.imported(watchlist, write_csv(tmp_path / "list.csv", [row("NOM-314159", picture.name, **secret)]))
    assert report.outcomes == {Outcome.IMPORTED: 1}
    records = hub.hub.records
    needles = [*secret.values(), "NOM-314159", "face-of-zbigniew", picture.read_bytes().hex()[:64]]
    printed = "".join(capfd.readouterr())
    assert not any(needle in printed for needle in needles)
    file = records.database.sqlite_file
    raw = b"".join(
        each.read_bytes() for each in (file.parent.iterdir() if file else [Path(records.vault.folder) / "vault.keys"])
    )
    if file is None:
        with records.database.reading() as session:
            for table in (WatchlistEntryRow, WatchlistPictureRow, WatchlistImportLineRow):
                raw += repr(session.execute(select(table.__table__)).all()).encode()
    template = hashlib.sha256(picture.read_bytes()).hexdigest()
    for needle in (*secret.values(), "NOM-314159", "face-of-zbigniew", template):
        assert needle.encode() not in raw
    assert picture.read_bytes()[20:60] not in raw


def test_a_list_holds_templates_of_one_model_only(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.begun()
    hub.imported(watchlist, people_csv(tmp_path / "in", 1))
    other = replace(QUICK, model_pack="another pack")
    asked = hub.asked(hub.hub.builder, watchlist)
    refused = hub.importing(other).run(asked, read_source(people_csv(tmp_path / "more", 1, first=7)), lambda _: 0.5)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.WRONG_MODEL
    assert "import with that model pack, or begin a new list" in refused.sentence


def test_a_list_is_as_fresh_as_the_last_file_that_named_everybody(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.begun()
    source = people_csv(tmp_path / "in", 3)
    hub.imported(watchlist, source)
    drawn = hub.hub.clock.now
    hub.hub.clock.now = later = drawn.replace(hour=13)

    def drawn_at() -> object:
        (only,) = hub.lists.lists(hub.hub.builder, found, TERMINAL)  # type: ignore[misc]
        return only.watchlist.drawn_at

    found = hub.deployment_of(watchlist)
    hub.imported(watchlist, people_csv(tmp_path / "more", 1, first=50))
    assert drawn_at() == drawn
    everybody = write_csv(
        tmp_path / "all.csv",
        [row(f"N/{n}", f"in/{n}.png") for n in (1, 2, 3)] + [row("N/50", "more/50.png")],
    )
    hub.imported(watchlist, everybody)
    assert drawn_at() == later


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "lacks the column person_id and image"),
        (b"person_id,image,colour\n", "has a column that is not known: colour"),
        (b"person_id,image,image\n", "names a column twice"),
        (b"person_id,image\n", "has no rows"),
        (b"\xff\xfe\x00", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(WatchlistError, match=sentence):
        read_source(tmp_path / "list.csv")
