"""Rows carried away past every view: what a task or somebody at the server's keyboard can do with the gate."""

from pathlib import Path

from audit.actor import Actor
from catalog.gate import open_rows, open_statistics
from catalog.models import Basis, Format, Version
from catalog.rows.formats import encode
from catalog.rows.query import RowQuery
from portal.models import User


def carry(version: str, basis: str, user: str, out: str, *, what: str = "rows") -> None:
    """Writes the rows, or their statistics, to the end of a file, piece by piece."""
    over = [(Version.objects.get(pk=version), Basis.objects.get(pk=basis))]
    by = Actor(user=User.objects.get(pk=user))
    with Path(out).open("ab", buffering=0) as file:
        if what == "statistics":
            file.write(repr(open_statistics("main", over=over, by=by)).encode())
            return
        rows = open_rows(RowQuery(limit=None), over=over, by=by)
        for piece in encode(rows, Format.CSV):
            file.write(piece)
        rows.close("complete")
