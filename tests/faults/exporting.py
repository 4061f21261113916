"""One worker's try at one export, as a process of its own that kills itself in a stage (export, stage)."""

import os
import signal
import sys

import django

django.setup()

from catalog import exporter, jobs  # noqa: E402


def die_in(stage: str) -> None:
    """The worker is gone at once when it says that it has come so far; after `storing`, with the whole file stored."""
    report, finish = jobs.Lease.report, exporter.finish_export

    def said(lease, now, **done):
        report(lease, now, **done)
        if now == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    def killed(*_args):
        os.kill(os.getpid(), signal.SIGKILL)

    jobs.Lease.report = said
    exporter.finish_export = killed if stage == "finishing" else finish


if __name__ == "__main__":
    die_in(sys.argv[2])
    sys.exit(0 if exporter.run(sys.argv[1]) else 3)
