"""The guide for the people at the screens says what the screens say."""

import re
from pathlib import Path
from typing import Final

import pytest

from openlfr.records.watchlist_source import read_source

ROOT: Final = Path(__file__).resolve().parents[2]
GUIDE: Final = sorted((ROOT / "docs" / "operator-guide").glob("*.md"))
LARGEST_PICTURE: Final = 200_000


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def screens() -> str:
    """All words of the console's source, and the acts and lists of the rules, which it shows too."""
    sources = (path for path in (ROOT / "web" / "src").rglob("*.ts*") if path.name != "schema.ts")
    return one_line(" ".join(path.read_text(encoding="utf-8") for path in sources))


@pytest.mark.parametrize("page", [each for each in GUIDE if each.name != "reporting.md"], ids=lambda each: each.stem)
def test_words_in_bold_stand_on_the_screens(page: Path, screens: str) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    quoted = {one_line(each) for each in re.findall(r"\*\*(.+?)\*\*", text, flags=re.DOTALL)}
    quoted -= {"An alert is a question.", "bold"}
    assert quoted
    assert sorted(each for each in quoted if each not in screens) == []


def test_the_example_of_a_watchlist_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```\n(.*?)```", (ROOT / "docs/operator-guide/watchlists.md").read_text(), flags=re.DOTALL)
    path = tmp_path / "people.csv"
    path.write_text(example, encoding="utf-8")
    source = read_source(path)
    assert source.problems == ()
    assert len(source.pictures) == 2


@pytest.mark.parametrize("page", GUIDE, ids=lambda each: each.stem)
def test_what_the_guide_links_to_is_there_and_its_pictures_are_small(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        found = (page.parent / target).resolve()
        assert found.is_file(), f"{page.name} links to {target}"
        assert found.suffix != ".png" or found.stat().st_size < LARGEST_PICTURE, f"{target} is too large"
