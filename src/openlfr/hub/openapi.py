"""The API's description: what FastAPI makes of the routes, completed. `python -m openlfr.hub.openapi > openapi.json`

Consoles generate their client from it, so it must say what is true: every error is a problem document, every model has
an example that it accepts, and no name of a model tells of our folders.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PLAIN_NAMES: Final[Mapping[str, str]] = {
    "openlfr__policy__alert__Outcome": "Outcome",
    "openlfr__records__watchlist_tables__Outcome": "RowOutcome",
    "openlfr__hub__routers__accounts__InvitationView": "AccountInvitationView",
    "openlfr__hub__schemas__fleet__InvitationView": "NodeInvitationView",
}
"""Where two models have one name, what each is called."""
_OF_THE_FRAMEWORK: Final = ("HTTPValidationError", "ValidationError")
_REFERENCE: Final = "#/components/schemas/"
_PROBLEM: Final = "Problem"
_DEEPEST: Final = 12
_TEXTS: Final[Mapping[str, str]] = {
    "date-time": "2026-05-11T14:00:00Z",
    "date": "2026-05-11",
    "duration": "PT6H",
    "uuid": "0196c000-0000-7000-8000-000000000001",
    "uri": "https://hub.force.example/",
    "binary": "",
}

Document = dict[str, Any]


def describe(app: FastAPI) -> None:
    """Have an application describe itself by the completed document, made when it is first asked for."""

    def document() -> Document:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
            )
            app.openapi_schema = completed(made)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def completed(document: Document) -> Document:
    """The framework's document with our errors in place of its own, plain names, and an example for each model."""
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            for content in operation["responses"].get("default", {}).get("content", {}).values():
                # One problem for all routes, and not one within each.
                schemas[_PROBLEM] = content["schema"]
                content["schema"] = {"$ref": f"{_REFERENCE}{_PROBLEM}"}
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    renamed: Document = json.loads(_renamed(json.dumps(document)))
    schemas = renamed["components"]["schemas"]
    for schema in schemas.values():
        if schema.get("type") == "object" and "examples" not in schema:
            schema["examples"] = [example_of({key: schema[key] for key in schema if key != "examples"}, schemas)]
    return renamed


def _renamed(text: str) -> str:
    for long, plain in _PLAIN_NAMES.items():
        text = text.replace(f'"{long}"', f'"{plain}"').replace(f'"{_REFERENCE}{long}"', f'"{_REFERENCE}{plain}"')
    return text


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> object:
    """A value that a schema accepts: its own example, its default, or the plainest value of its kind."""
    if depth > _DEEPEST:
        return None
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(_REFERENCE)], schemas, depth + 1)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, depth + 1)
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, depth)
        case "array":
            return [example_of(schema["items"], schemas, depth + 1)] if "items" in schema else []
        case "string":
            return _TEXTS.get(schema.get("format", ""), "Words.")
        case "integer":
            return schema.get("minimum", 1)
        case "number":
            return schema.get("minimum", 0.5)
        case "boolean":
            return False
        case _:
            return None


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Document:
    example = {name: example_of(part, schemas, depth + 1) for name, part in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        name = example_of(schema.get("propertyNames", {"type": "string"}), schemas, depth + 1)
        example[str(name)] = example_of(more, schemas, depth + 1)
    return example


_TAGS: Final = [
    {"name": "deployments", "description": "From application to review: acts, figures, what happened when."},
    {"name": "alerts", "description": "The questions that matches ask, and the answers people give."},
    {"name": "watchlists", "description": "Building, judging, freezing and destroying lists."},
    {"name": "recognition tests", "description": "Blue-list tests: how often people on the list are recognised."},
    {"name": "known answers", "description": "Do people still look? How they answered questions with a known answer."},
    {"name": "documents", "description": "What is published, put up, or handed to a court or a regulator."},
    {"name": "people", "description": "Staff, roles and training."},
    {"name": "audit", "description": "The log of everything: searched, proved, verified, handed out."},
    {"name": "retention", "description": "What is destroyed when, and proof that it is gone."},
    {"name": "records", "description": "Legal holds, rights requests and published figures."},
    {"name": "certificates", "description": "Thresholds that were shown to be safe."},
    {"name": "vocabulary", "description": "The closed lists of the field, and what each jurisdiction demands."},
    {"name": "jobs", "description": "Long acts under way."},
]


if __name__ == "__main__":
    from openlfr.hub.app import described

    json.dump(described().openapi(), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
