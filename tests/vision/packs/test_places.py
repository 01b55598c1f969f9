from pathlib import Path

from openlfr.vision.packs.places import Places, places


def test_a_given_home_holds_everything() -> None:
    expected = Places(packs=Path("/srv/lfr/packs"), cache=Path("/srv/lfr/cache/models"))
    assert places(Path("/srv/lfr"), {"OPENLFR_HOME": "/elsewhere"}) == expected
    assert places(None, {"OPENLFR_HOME": "/srv/lfr"}) == expected


def test_otherwise_the_xdg_folders_are_used() -> None:
    found = places(None, {"XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "/cache"})
    assert found == Places(packs=Path("/data/openlfr/packs"), cache=Path("/cache/openlfr/models"))


def test_a_relative_xdg_folder_counts_as_none_as_the_specification_says() -> None:
    found = places(None, {"XDG_DATA_HOME": "data", "OPENLFR_HOME": ""})
    assert found.packs == Path.home() / ".local/share/openlfr/packs"
    assert found.cache == Path.home() / ".cache/openlfr/models"
