"""Documents as PDF/A: the archive's standard, with the words in it, and no word of anybody read as markup."""

import io
from datetime import UTC, datetime

import pypdf
from hypothesis import given, settings
from hypothesis import strategies as st

from openlfr.reporting.document import Document, Facts, Heading, Listing, Paragraph, Table, to_html
from openlfr.reporting.pdf import to_pdf

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
