"""Documents as PDF/A: the archive's standard, with the words in it, and no word of anybody read as markup."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pypdf
import pypdf.generic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openlfr.reporting.document import Document, Facts, Heading, Listing, Paragraph, Table, to_html
from openlfr.reporting.pdf import to_pdf

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
MOMENT = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)


def document(*blocks: Paragraph | Heading | Listing | Table | Facts, title: str = "A report") -> Document:
    return Document(title, "Borough Police", MOMENT, blocks)


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def conformance(pdf: bytes) -> tuple[str, str]:
    """The part and the level of PDF/A that the file's XMP metadata claim."""
    xmp = pypdf.PdfReader(io.BytesIO(pdf)).xmp_metadata
    assert xmp is not None
    root = xmp.rdf_root
    name = "http://www.aiim.org/pdfa/ns/id/"
    part, level = (root.getElementsByTagNameNS(name, each)[0].firstChild for each in ("part", "conformance"))
    assert part is not None
    assert level is not None
    return str(part.nodeValue), str(level.nodeValue)


def test_it_claims_pdf_a_2b_embeds_its_fonts_and_holds_the_words() -> None:
    table = Table("Counts", ("What", "How many"), (("Alerts", "12"), ("False alerts", "1")))
    pdf = to_pdf(document(Heading("Figures"), table, Listing(("first", "second")), Facts((("Faces", "4,711"),))))
    assert conformance(pdf) == ("2", "B")
    for words in ("Borough Police", "A report", "Figures", "False alerts", "second", "4,711"):
        assert words in text_of(pdf)
    fonts = [
        font.get_object()
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(described)


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.pdf")), ids=lambda path: path.name)
def test_every_kind_of_document_is_as_archives_and_readers_aloud_need_it(path: Path) -> None:
    """What PDF/A-2b (ISO 19005-2, 6) asks and pypdf can see; and tags, language and title, for those who listen."""
    reader = pypdf.PdfReader(path)
    root: Any = reader.trailer["/Root"]
    assert conformance(path.read_bytes()) == ("2", "B")
    assert reader.metadata is not None
    assert reader.xmp_metadata is not None
    assert reader.xmp_metadata.dc_title == {"x-default": reader.metadata.title}
    assert "/ID" in reader.trailer
    assert not reader.is_encrypted
    (intent,) = (each.get_object() for each in root["/OutputIntents"])
    assert (intent["/S"], "/DestOutputProfile" in intent) == ("/GTS_PDFA1", True)
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-GB"
    assert not {"/OpenAction", "/AA", "/AcroForm", "/Collection"} & set(root)
    kinds = set()
    for number in range(1, cast(int, reader.trailer["/Size"])):
        found = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        if isinstance(found, pypdf.generic.DictionaryObject):
            kinds.add(found.get("/Type"))
            assert found.get("/S") not in ("/JavaScript", "/Launch", "/Movie", "/Sound", "/SubmitForm")
            assert "/LZWDecode" not in str(found.get("/Filter"))
            if found.get("/Type") == "/FontDescriptor":
                assert {"/FontFile2", "/FontFile3"} & set(found)
    assert "/FontDescriptor" in kinds


def test_words_are_never_read_as_markup() -> None:
    hostile = '#panic("read") *bold* $x$ <label> @ref // gone \\ `raw` [a](b) = heading'
    said = text_of(to_pdf(document(Paragraph(hostile), Listing((hostile,)), Table("t", (hostile,), ((hostile,),)))))
    assert said.replace(" ", "").count(hostile.replace(" ", "")) == 4
    assert "&lt;label&gt;" in to_html(document(Paragraph(hostile)))


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=200))
def test_any_text_makes_a_document(words: str) -> None:
    assert to_pdf(document(Paragraph(words), title=words)).startswith(b"%PDF")


def test_a_character_that_no_font_holds_is_told_by_its_number_and_no_name_loses_a_part() -> None:
    said = text_of(to_pdf(document(Paragraph("Łukasz Żółć, Ελένη, 王 at noon"))))
    assert "Łukasz Żółć, Ελένη, [U+738B] at noon" in said


def test_the_same_document_gives_the_same_bytes() -> None:
    assert to_pdf(document(Paragraph("x"))) == to_pdf(document(Paragraph("x")))
