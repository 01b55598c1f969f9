"""What the description of the API promises, tried with hundreds of made-up requests: no fault, nothing undescribed."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.hub.test_every_route import DESTRUCTIVE, NEEDED, may
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.hub_app import Browser

from openlfr.hub.app import described
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.session_cookie import COOKIE
from openlfr.policy.roles import Role

EXAMPLES = 4
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = described().openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def api(sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHub]:
    clock, folder = HandClock(), tmp_path_factory.mktemp("hub")
    records = new_hub_records(sqlite_source.fresh(), folder / "vault", clock)
    (folder / "memory").mkdir()
    with running_api(records, clock, folder / "memory") as running:
        yield running
    records.close()


@pytest.fixture(scope="module")
def target(api: ApiHub, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    spare = api.hub.hub.another("Somebody who may be changed", Role.AUDITOR)
    return {**api.target(tmp_path_factory.mktemp("drawn") / "people"), "staff": spare.staff}


def credentials(browser: Browser) -> dict[str, str]:
    """What a browser sends by itself, beside its cookie."""
    return {
        "Origin": browser.address,
        "Sec-Fetch-Site": "same-origin",
        "X-CSRF-Token": browser.csrf_token(),
    }


def test_every_model_has_an_example_that_it_accepts() -> None:
    schemas: dict[str, Any] = DOCUMENT["components"]["schemas"]
    for name, schema in schemas.items():
        if schema.get("type") == "object":
            assert schema["examples"], name
        for example in schema.get("examples", ()):
            whole = {**schema, "components": DOCUMENT["components"]}
            jsonschema_rs.Draft202012Validator(whole).validate(example)


def test_every_operation_has_a_name_a_tag_and_a_sentence() -> None:
    names = set()
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            names.add(operation["operationId"])
            assert operation["tags"], operation["operationId"]
            assert operation["description"].endswith("."), operation["operationId"]
    assert len(names) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


@pytest.mark.slow
def test_every_answer_is_as_described(api: ApiHub, target: Mapping[str, str]) -> None:
    answers: Counter[int] = Counter()
    for name in sorted(NEEDED, key=lambda name: (name.endswith(DESTRUCTIVE), name)):
        answers += tried(api, name, target, schemathesis.GenerationMode.POSITIVE)
    assert answers.total() > 300
    assert answers[HTTPStatus.OK] + answers[HTTPStatus.CREATED] + answers[HTTPStatus.ACCEPTED] > 100, answers


@pytest.mark.slow
def test_what_is_not_as_described_gets_a_problem_that_names_the_field(api: ApiHub) -> None:
    answers: Counter[int] = Counter()
    for name in sorted(NEEDED):
        answers += tried(api, name, {}, schemathesis.GenerationMode.NEGATIVE)
    assert answers[HTTPStatus.UNPROCESSABLE_ENTITY] > 150, answers


def tried(api: ApiHub, name: str, target: Mapping[str, str], mode: schemathesis.GenerationMode) -> Counter[int]:
    """Try one operation with made-up requests, on records that exist where `target` names them; how it answered."""
    method, path = name.split(" ")
    operation = SCHEMA[f"{PREFIX}{path}"][method]
    browser = api.browsers[next(role for role in Role if may(role, name))]
    headers, cookies = credentials(browser), {COOKIE: str(browser.token)}
    answers: Counter[int] = Counter()

    @seed(2026)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        case.path_parameters.update({part: target[part] for part in case.path_parameters if part in target})
        response = case.call(base_url=api.hub.settings.address, headers=dict(headers), cookies=cookies)
        case.validate_response(response, checks=CHECKS)
        answers[response.status_code] += 1
        if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            problem = response.json()
            assert problem["problems"] or problem["code"] != "invalid_fields", problem
            # A made-up field may have an empty name; what is wrong with it is said all the same.
            assert all(each["sentence"].endswith((".", "!", "?")) for each in problem["problems"]), problem

    with contextlib.suppress(Unsatisfiable):  # nothing about it can be wrong
        ask()
    return answers
