"""One worker's try at one job, as a process of its own: `python -m tests.faults.runner <job> [stop|slow|die-in-STAGE]`.

With `stop` it stops itself (SIGSTOP) when its tables are in the store and the version is about to be written. With
`slow` it reads on only after a while, so that there is time to do something to it. With `die-in-STAGE` it kills itself
(SIGKILL) as it says that it has come to that stage, or, for `confirming`, when the version is about to become current.
"""

import os
import signal
import sys
import time

import django

django.setup()

from catalog import jobs, loader  # noqa: E402
from catalog.actions import proposals  # noqa: E402


def stop_before_writing() -> None:
    """The worker sleeps at the worst moment, and wakes up when somebody wakes it."""
    write = loader.propose_version

    def asleep(*args, **kwargs):
        loader.propose_version = write
        os.kill(os.getpid(), signal.SIGSTOP)
        return write(*args, **kwargs)

    loader.propose_version = asleep


def wait_before_writing() -> None:
    """The worker takes its time before it writes."""
    write = loader.propose_version

    def later(*args, **kwargs):
        time.sleep(4)
        return write(*args, **kwargs)

    loader.propose_version = later


def die_in(stage: str) -> None:
    """The worker is gone at once when it says that it has come so far."""
    report = jobs.Lease.report

    def said(lease, now, **done):
        report(lease, now, **done)
        if now == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    def killed(*_args, **_more):
        os.kill(os.getpid(), signal.SIGKILL)

    jobs.Lease.report = said
    if stage == "confirming":
        proposals.make_current = killed


if __name__ == "__main__":
    how = sys.argv[2] if len(sys.argv) > 2 else ""
    if how == "stop":
        stop_before_writing()
    if how.startswith("die-in-"):
        die_in(how.removeprefix("die-in-"))
    if how == "slow":
        wait_before_writing()
    sys.exit(0 if loader.run(sys.argv[1]) else 3)
