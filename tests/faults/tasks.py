"""A worker whose task carries rows away through the gate, with beds at its steps: `celery -A tests.faults.tasks`."""

from pathlib import Path

from portal.worker import app  # isort: skip

app.set_default()


@app.task
def carry_away(version: str, basis: str, user: str, out: str) -> None:
    """Writes all rows to a file, piece by piece, after those of an earlier try."""
    from tests.faults.carrying import carry
    from tests.faults.sleeper import make_beds

    make_beds()
    carry(version, basis, user, out)
    Path(f"{out}.done").touch()
