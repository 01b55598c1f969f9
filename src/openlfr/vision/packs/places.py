"""Where packs and prepared models lie on this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """`packs` holds a folder for each pack somebody added; `cache` holds prepared models and may be deleted."""

    packs: Path
    cache: Path


def places(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> Places:
    """Everything under `home` if given, else under OPENLFR_HOME if set, else in the XDG base directories."""
    if home is None and environment.get("OPENLFR_HOME"):
        home = Path(environment["OPENLFR_HOME"])
    if home is not None:
        return Places(packs=home / "packs", cache=home / "cache" / "models")
    return Places(
        packs=_xdg(environment, "XDG_DATA_HOME", ".local/share") / "packs",
        cache=_xdg(environment, "XDG_CACHE_HOME", ".cache") / "models",
    )


def _xdg(environment: Mapping[str, str], variable: str, fallback: str) -> Path:
    """The XDG Base Directory Specification: a relative path in the variable counts as none."""
    named = Path(environment.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / fallback) / "openlfr"
