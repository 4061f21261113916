"""Calls to copy and run as they stand."""

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Dataset

PYTHON = """\
import json
from urllib.request import urlopen

address = "{rows}?limit=100"
with urlopen(address) as answer:
    page = json.load(answer)
for row in page["results"]:
    print(row)
if page["next"]:
    print("Next page:", address + "&after=" + page["next"])
"""


@dataclass(frozen=True)
class Call:
    """One call: in which language, and its text."""

    title: str
    code: str


def calls(dataset: Dataset, *, table: str = "") -> list[Call]:
    """The calls that read the rows of a dataset, or of one of its tables, from the command line and from Python."""
    base = f"{settings.ADDRESS.rstrip('/')}/api/v1/datasets/{dataset.pk}"
    rows = f"{base}/tables/{table}/rows" if table else f"{base}/rows"
    return [
        Call("curl", f'curl "{rows}?limit=5"'),
        Call("Python", PYTHON.format(rows=rows)),
    ]
