"""Documents as PDF/A-2b (ISO 19005-2): what archives and courts take, with fonts inside and nothing that can change.

Typst compiles in this process, from a template of ours; everything said reaches it as data. Only the fonts that come
with Typst and matplotlib are used, so that every machine makes the same pages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

import typst

from openlfr.reporting.document import Document, Links
from openlfr.sealing.canonical import JsonValue


def to_pdf(document: Document) -> bytes:
    """The document on A4, as PDF/A-2b."""
    blocks = [
        {"kind": type(block).__name__, **asdict(block)} for block in document.blocks if not isinstance(block, Links)
    ]
    said = {
        "title": document.title,
        "publisher": document.publisher,
        "across": document.across,
        "mark": document.mark,
        "blocks": json.loads(json.dumps(blocks, default=sorted)),
    }
    return compiled("document.typ", said, document.made_at)


def compiled(template: str, said: Mapping[str, JsonValue], made_at: datetime) -> bytes:
    """One of our templates with what it says, as PDF/A-2b. Raises typst.TypstError when the data do not fit it."""
    return typst.compile(
        (resources.files("openlfr.reporting") / template).read_bytes(),
        format="pdf",
        sys_inputs={"said": json.dumps(_displayable(said))},
        font_paths=_fonts(),
        pdf_standards="a-2b",
        timestamp=int(made_at.timestamp()),
    )


def _displayable(value: JsonValue) -> JsonValue:
    """The same with every character that no font of ours holds in the form [U+4E2D]: PDF/A allows no missing glyph,
    and a name that is only half there would be another name."""
    if isinstance(value, str):
        known = _characters()
        return "".join(each if ord(each) in known else f"[U+{ord(each):04X}]" for each in value)
    if isinstance(value, Mapping):
        return {key: _displayable(part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_displayable(part) for part in value]
    return value


def _font_folder() -> Path:
    import matplotlib as mpl  # takes a while to load, and is needed for its fonts only

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[_font_folder()])


@cache
def _characters() -> frozenset[int]:
    """What the widest of the fonts holds, which Typst falls back to."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_font_folder() / "DejaVuSans.ttf")).get_charmap()) | {ord("\n"), ord("\t")}
