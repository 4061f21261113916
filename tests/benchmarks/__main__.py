"""`python -m tests.benchmarks`: all benchmarks on a city of its own, and docs/benchmarks.md anew."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from portal import engines
from portal.engines import home, postgres, valkey

ROOT = Path(__file__).resolve().parent.parent.parent


def begin(var: Path) -> None:
    """The engines as `make run` starts them, and the tables."""
    postgres.start(var)
    valkey.start(var)
    os.environ.update(engines.defaults(var))
    os.environ.update(DJANGO_SETTINGS_MODULE="portal.settings", DEMO="0", LOG_LEVEL="WARNING")

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", database="owner", verbosity=0)
    call_command("lockdown", verbosity=0)


def finish(var: Path) -> None:
    """Nothing of it stays."""
    valkey.stop(var)
    postgres.stop(var)
    home.forget(var)
    shutil.rmtree(var.parent, ignore_errors=True)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="causeway-bench-"))
    folder.chmod(0o755)
    try:
        begin(folder / "var")
        from tests.benchmarks.measure import TINY, Sizes
        from tests.benchmarks.runner import run, write

        only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
        if "--datasets" in sys.argv:  # how the search grows: said, and not written into the page
            run(Sizes(rows=2_000, datasets=int(sys.argv[sys.argv.index("--datasets") + 1])), only="Search speed")
        else:
            write(run(TINY if "--tiny" in sys.argv else Sizes(), only=only), ROOT / "docs" / "benchmarks.md")
    finally:
        finish(folder / "var")
