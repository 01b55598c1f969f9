"""Documents as PDF/A-2b (ISO 19005-2): what archives and courts take, with fonts inside and nothing that can change.

Typst compiles in this process, from a template of ours; everything said reaches it as data. Only the fonts that come
with Typst and matplotlib are used, so that every machine makes the same pages.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

import matplotlib as mpl
import typst

from openlfr.reporting.document import Document, Links


def to_pdf(document: Document) -> bytes:
    """The document on A4, as PDF/A-2b."""
    return compiled("document.typ", {"document": _data(document)}, document.made_at)


def compiled(template: str, inputs: Mapping[str, str], made_at: datetime) -> bytes:
    """One of our templates with its data, as PDF/A-2b. Raises typst.TypstError when the data do not fit it."""
    return typst.compile(
        (resources.files("openlfr.reporting") / template).read_bytes(),
        format="pdf",
        sys_inputs=dict(inputs),
        font_paths=_fonts(),
        pdf_standards="a-2b",
        timestamp=int(made_at.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"])


def _data(document: Document) -> str:
    blocks = [
        {"kind": type(block).__name__, **asdict(block)} for block in document.blocks if not isinstance(block, Links)
    ]
    return json.dumps(
        {
            "title": document.title,
            "publisher": document.publisher,
            "across": document.across,
            "mark": document.mark,
            "blocks": blocks,
        },
        default=sorted,
    )
