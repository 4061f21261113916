"""Calls that read a grant's rows, to copy and run with a key."""

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Basis

CURL = 'curl -H "Authorization: Bearer $CAUSEWAY_KEY" "{address}&limit=5"'
PYTHON = """\
import json
import os
from urllib.request import Request, urlopen

address = "{address}&limit=100"
headers = {{"Authorization": "Bearer " + os.environ["CAUSEWAY_KEY"]}}
with urlopen(Request(address, headers=headers)) as answer:
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


def calls(grant: Basis, table: str) -> list[Call]:
    """The calls for one table of the grant, from the command line and from Python."""
    base = f"{settings.ADDRESS.rstrip('/')}/api/v1/datasets/{grant.dataset_id}"
    counted = "&select=count(*)%20as%20n" if grant.least else ""
    address = f"{base}/tables/{table}/rows?basis={grant.pk}{counted}"
    return [Call("curl", CURL.format(address=address)), Call("Python", PYTHON.format(address=address))]
