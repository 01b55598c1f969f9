"""Each document in the files it is handed out in, made only when it is asked for: a PDF takes a while, a CSV does not.

Commands write all files of a document to a folder, the API answers with one of them, or with all in a signed zip file.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from openlfr.reporting import annual_report
from openlfr.reporting.annual_report import AnnualReport
from openlfr.reporting.document import Document, to_html
from openlfr.reporting.notices import Notice, SignSize, leaflet, sign, web_notice
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.publication import Publication, to_csv, to_json
from openlfr.reporting.publication_page import publication_document

Files = Mapping[str, Callable[[], bytes]]
"""Names of files, and how each is made."""


def made(files: Files) -> dict[str, bytes]:
    """All files."""
    return {name: make() for name, make in files.items()}


def page_files(name: str, document: Document) -> Files:
    """A document as a page and as PDF/A."""
    return {f"{name}.html": lambda: to_html(document).encode(), f"{name}.pdf": lambda: to_pdf(document)}


def record_files(publication: Publication, publisher: str) -> Files:
    """Deployment records in the published columns."""
    return {
        "deployment-record.csv": lambda: to_csv(publication).encode(),
        "deployment-record.json": lambda: to_json(publication).encode(),
        **page_files("deployment-record", publication_document(publication, publisher)),
    }


def annual_files(report: AnnualReport) -> Files:
    """The report of a year, or of another period."""
    name = report.name
    return {
        f"{name}.html": lambda: to_html(annual_report.to_document(report)).encode(),
        f"{name}.pdf": lambda: to_pdf(annual_report.to_document(report)),
        f"{name}.json": lambda: annual_report.to_json(report).encode(),
        f"{name}.csv": lambda: annual_report.to_csv(report).encode(),
    }


def notice_files(notice: Notice, made_at: datetime) -> Files:
    """What is put up and given out: signs on two papers, a leaflet, and a notice for a web page."""
    return {
        "sign-a2.pdf": lambda: sign(notice, SignSize.A2, made_at),
        "sign-a3.pdf": lambda: sign(notice, SignSize.A3, made_at),
        "leaflet.pdf": lambda: leaflet(notice, made_at),
        **page_files("notice", web_notice(notice, made_at)),
    }
