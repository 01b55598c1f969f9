import json

import pytest
from tests.support.deployment_values import EU, application

from openlfr.policy.application import Application
from openlfr.policy.documents import DocumentError, from_document, to_document


def test_a_value_comes_back_from_its_document_unchanged() -> None:
    asked = application(EU, purpose="北京路 'quoted'; \u202e")
    document = json.loads(json.dumps(to_document(asked)))
    assert from_document(Application, document) == asked


def test_a_field_this_version_does_not_know_is_refused_for_it_might_be_a_restriction() -> None:
    document = json.loads(json.dumps(to_document(application())))
    document["terms"]["conditions"]["only_on_tuesdays"] = True
    with pytest.raises(DocumentError, match="fields or spellings that this version does not know"):
        from_document(Application, document)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("use_case",), "Anything", "use_case is missing or wrong"),
        (("terms", "threshold"), "0.64", "spellings"),
        (("terms", "threshold"), "high", "terms.threshold is missing or wrong"),
        (("terms", "window", "start"), "tomorrow", "terms.window.start is missing or wrong"),
    ],
)
def test_a_document_that_is_wrong_says_where(path: tuple[str, ...], value: object, words: str) -> None:
    document = json.loads(json.dumps(to_document(application())))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(DocumentError, match=words):
        from_document(Application, document)


@pytest.mark.parametrize("document", [None, [], {}, "plan", 7])
def test_something_else_altogether_is_refused(document: object) -> None:
    with pytest.raises(DocumentError, match="This is no Application"):
        from_document(Application, document)
