"""`openlfr deployment` from an empty hub to an authority and its end, by people who must differ."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.commands import CommandLine, new_command_line
from tests.support.deployment_values import CERTIFICATE, NOON, START
from tests.support.watchlists import people_csv

from openlfr.assurance.certificate import IssuedCertificate, sign_certificate
from openlfr.assurance.report import SizeThreshold
from openlfr.cli.application_form import DraftForm, form_template, parse_form
from openlfr.policy.authority import Point
from openlfr.policy.refusal import Refusal
from openlfr.sealing.signature import SigningKey

SIGNER = SigningKey(b"\x0b" * 32)
REASON = ("--reason", "Necessary and proportionate.")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return new_command_line(tmp_path, monkeypatch, NOON)


def certificate_file(folder: Path) -> Path:
    measured = SizeThreshold(
        watchlist=50_000, target_fpir=1e-4, threshold=0.58, low=0.56, high=0.6, groups=(), for_every_group=None
    )
    issued = IssuedCertificate(CERTIFICATE, measured, "comparisons made for a test", (), (), ())
    path = folder / "certificate.json"
    path.write_bytes(sign_certificate(issued, SIGNER))
    return path


def filled_in(operator: str, **changes: str) -> str:
    """The template as somebody fills it in; `changes` replaces the values of fields."""
    values = {
        "controller": '"Borough Police"',
        "purpose": '"Find people wanted by the courts at the market."',
        "expected_footfall": "12000",
        "necessity": '"Warrants were not served at known addresses."',
        "proportionality": '"Six hours, one camera, a short list."',
        "less_intrusive_alternatives": '"Patrols with printed pictures found nobody in four weeks."',
        "name": '"North End"',
        "evidence": '"Robberies have doubled since March."',
        "reference": '"REF/1"',
        "categories": '["wanted_by_courts"]',
        "threshold": "0.64",
        "certificate": f'"{CERTIFICATE.certificate}"',
        "largest_watchlist": "1000",
        "officers": f'["{operator}"]',
        "start": f"{START:%Y-%m-%dT%H:%M:%SZ}",
        "end": "2026-05-11T21:00:00+01:00",
        "model_pack": f'"{CERTIFICATE.setup.model_pack}"',
        "precision": f'"{CERTIFICATE.setup.precision}"',
        "fusion_rule": f'"{CERTIFICATE.setup.fusion_rule}"',
        **changes,
    }
    text = form_template(NOON).replace("zone = [] ", "zone = [[-0.1, 51.5], [-0.1, 51.6], [0.0, 51.6]] ")
    for field, value in values.items():
        text, count = re.subn(rf"^{field} = [^#\n]*", f"{field} = {value} ", text, flags=re.MULTILINE)
        assert count, field
    return text


def test_from_an_empty_hub_to_an_authorised_deployment_with_a_watchlist(hub: CommandLine) -> None:
    adam = hub.done("people", "appoint-first", "Adam Admin")
    ann = hub.done("people", "add", "Ann", "--role", "applicant", "--role", "authorising officer", by=adam)
    osei = hub.done("people", "add", "Osei", "--role", "authorising officer", by=adam)
    wim = hub.done("people", "add", "Wim", "--role", "watchlist manager", by=adam)
    olu = hub.done("people", "add", "Olu", "--role", "operator", by=adam)
    hub.done("people", "competence", olu, "--skill", "live operation", "--until", "2027-01-01", by=adam)

    form = hub.folder / "form.toml"
    form.write_text(hub.done("deployment", "template"))
    deployment = hub.done("deployment", "draft", str(form), by=ann)
    incomplete = hub.refused("deployment", "submit", deployment, by=ann)
    assert "controller: Please fill this in." in incomplete
    assert "terms.cameras.0.name: Please fill this in." in incomplete

    form.write_text(filled_in(olu))
    assert hub.done("deployment", "draft", str(form), "--deployment", deployment, by=ann) == deployment
    assert "There is no such threshold certificate here" in hub.refused("deployment", "submit", deployment, by=ann)
    trust = ("--signer", SIGNER.public.raw.hex())
    certificate = str(certificate_file(hub.folder))
    assert "the role administrator is needed" in hub.refused(
        "deployment", "import-certificate", certificate, *trust, by=ann
    )
    lines = hub.done("deployment", "import-certificate", certificate, *trust, by=adam)
    assert f'certificate = "{CERTIFICATE.certificate}"\nthreshold = 0.6\n' in lines
    hub.done("deployment", "submit", deployment, by=ann)

    people = people_csv(hub.folder / "people", 2)
    importing = ("watchlist", "import", str(people), "--deployment", deployment)
    early = hub.refused(*importing, by=wim)
    assert early == "A watchlist is built under an authority, and this deployment is submitted."

    shown = hub.done("deployment", "show", deployment, by=osei)
    assert "application.location.evidence: Robberies have doubled since March." in shown
    assert "application.terms.window.end: 2026-05-11T20:00:00Z" in shown
    seen = re.search(r"^version: (\d+)$", shown, re.MULTILINE)
    assert seen is not None
    version = ("--version", seen[1])
    assert "somebody else must decide" in hub.refused("deployment", "authorise", deployment, *REASON, *version, by=ann)
    stale = hub.refused("deployment", "authorise", deployment, *REASON, "--version", "1", by=osei)
    assert stale == "Somebody changed this deployment meanwhile: look at it again, then decide."
    hub.done("deployment", "authorise", deployment, *REASON, *version, by=osei)
    assert "authority.basis: written" in hub.done("deployment", "show", deployment, by=osei)

    accepted = hub.run(*importing, by=wim)
    assert accepted.exit_code in (0, 1), accepted.output
    assert deployment not in hub.refused("watchlist", "import", str(people), "--deployment", "x", by=wim)
    assert "building" in hub.done("watchlist", "show", "--deployment", deployment, by=wim)

    assert "it is authorised" in hub.refused("deployment", "go-live", deployment, by=olu)
    hub.done("deployment", "end", deployment, "--stopped", by=osei)
    assert "state: ended" in hub.done("deployment", "show", deployment, by=osei)


def test_an_application_is_withdrawn_rewritten_and_rejected(hub: CommandLine) -> None:
    adam = hub.done("people", "appoint-first", "Adam", "--role", "applicant")
    osei = hub.done("people", "add", "Osei", "--role", "authorising officer", by=adam)
    trust = ("--signer", SIGNER.public.raw.hex())
    hub.done("deployment", "import-certificate", str(certificate_file(hub.folder)), *trust, by=adam)
    form = hub.folder / "form.toml"
    form.write_text(filled_in(adam))
    deployment = hub.done("deployment", "draft", str(form), by=adam)
    hub.done("deployment", "submit", deployment, by=adam)
    redraft = ("deployment", "draft", str(form), "--deployment", deployment)
    assert "it is submitted" in hub.refused(*redraft, by=adam)
    hub.done("deployment", "withdraw", deployment, by=adam)
    form.write_text(filled_in(adam, rehearsal="true", categories="[]"))
    assert "draft a new one" in hub.refused(*redraft, by=adam)
    form.write_text(filled_in(adam, purpose='"Find people wanted by the courts at the fair."'))
    hub.done(*redraft, by=adam)
    assert "at the fair." in hub.done("deployment", "show", deployment, by=adam)
    hub.done("deployment", "submit", deployment, by=adam)
    assert "reason: Please fill this in." in hub.refused("deployment", "reject", deployment, "--reason", "", by=osei)
    hub.done("deployment", "reject", deployment, "--reason", "Not here.", by=osei)
    assert "state: rejected" in hub.done("deployment", "show", deployment, by=adam)


def test_a_certificate_of_another_signer_is_refused(hub: CommandLine) -> None:
    adam = hub.done("people", "appoint-first", "Adam Admin")
    file = certificate_file(hub.folder)
    other = SigningKey(b"\x0c" * 32).public.raw.hex()
    taking = ("deployment", "import-certificate")
    assert "The certificate cannot be used" in hub.refused(*taking, str(file), "--signer", other, by=adam)
    assert "64 hexadecimal digits" in hub.refused(*taking, str(file), "--signer", "ab", by=adam)
    assert "absent.json cannot be read" in hub.refused(*taking, "absent.json", "--signer", other, by=adam)


def test_the_template_reads_as_a_form_and_a_filled_in_form_gives_the_values_of_the_rules() -> None:
    assert isinstance(parse_form(form_template(NOON).encode(), "form"), DraftForm)
    read = parse_form(filled_in("somebody").encode(), "form")
    assert isinstance(read, DraftForm)
    assert read.application.terms.window.start == START
    assert read.application.terms.window.end == START + timedelta(hours=6)
    assert read.application.terms.setup == CERTIFICATE.setup
    assert read.application.location.zone == (Point(-0.1, 51.5), Point(-0.1, 51.6), Point(0.0, 51.6))
    changed = parse_form(filled_in("somebody", two_person_verification="true").encode(), "form")
    assert isinstance(changed, DraftForm)
    asked = replace(read.application.terms.conditions, two_person_verification=True)
    assert changed.application.terms.conditions == asked


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("use_case", '"fishing"', "use_case: Choose one of: crime_hotspot, missing_person_hotspot,"),
        ("categories", '["other"]', "terms.categories.0: Choose one of: wanted_by_courts, suspect,"),
        ("categories", '"suspect"', "terms.categories: Write a list between [ and ]."),
        ("start", "2026-05-11T14:00:00", "terms.window.start: Say how far the time is from UTC"),
        ("start", '"tomorrow"', "terms.window.start: Write date and time with their offset"),
        ("start", "0001-01-01T00:00:00+14:00", "terms.window.start: Input should be greater than or equal to"),
        ("review_by", "2026-05-11T14:00:00Z", "assessments.0.review_by: Write a day, without quotation marks"),
        ("expected_footfall", '"many"', "expected_footfall: Write a whole number."),
        ("expected_footfall", "9" * 5000, "form is not TOML: Exceeds the limit"),
        ("threshold", "nan", "terms.threshold: Write a number."),
        ("threshold", "9" * 400, "terms.threshold: "),
        ("rehearsal", '"yes"', "rehearsal: Write true or false."),
        ("purpose", "7", "purpose: Write text between quotation marks"),
        ("purpose", '"x"\nhidden = 1', "hidden: There is no such field"),
        ("purpose", '"x"\n"a\\u001b[2J" = 1', "a\\x1b[2J: There is no such field"),
        ("purpose", "", "form is not TOML: Invalid value (at line"),
        ("purpose", "[" * 100_000, "form is not TOML: "),
    ],
)
def test_a_field_that_is_wrong_is_named_with_a_sentence(field: str, value: str, sentence: str) -> None:
    refused = parse_form(filled_in("somebody", **{field: value.replace("\\", "\\\\")}).encode(), "form")
    assert isinstance(refused, Refusal)
    assert sentence in refused.sentence


def test_every_missing_field_is_named_and_a_bad_file_drafts_nothing(hub: CommandLine) -> None:
    adam = hub.done("people", "appoint-first", "Adam", "--role", "applicant")
    (hub.folder / "form.toml").write_text('profile = "uk"\n')
    said = hub.refused("deployment", "draft", "form.toml", by=adam)
    for field in ("controller", "use_case", "location", "assessments", "terms"):
        assert f"{field}: Please fill this in" in said
    assert "absent.toml cannot be read" in hub.refused("deployment", "draft", "absent.toml", by=adam)
    (hub.folder / "large.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    assert "larger than a megabyte" in hub.refused("deployment", "draft", "large.toml", by=adam)
    (hub.folder / "form.toml").write_bytes(b"\xff\xfe")
    assert "form.toml is not TOML" in hub.refused("deployment", "draft", "form.toml", by=adam)
    (hub.folder / "form.toml").write_text(filled_in(adam, profile='"mars"'))
    assert "no jurisdiction profile 'mars'" in hub.refused("deployment", "draft", "form.toml", by=adam)
    assert hub.refused("deployment", "submit", "x", by=adam) == "There is no such deployment."
