"""What exchange does by the clock: tasks call actions, which may run twice."""

from celery import shared_task

from audit.actor import service
from sharing import notices
from sharing.actions import bridges, deadlines, ending, packages
from sharing.actions.package_plans import run_plans
from sharing.actions.package_retries import retry_packages
from sharing.packages.links import forget_links
from sharing.permissions import PLATFORM


@shared_task
def note_deliveries() -> None:
    """Requests whose first rows have left are active."""
    ending.note_deliveries(by=service(PLATFORM))


@shared_task
def end_bridges() -> None:
    """Bridges whose day has passed end."""
    bridges.end_past_bridges()


@shared_task
def look_at_clocks() -> None:
    """Reminders are given and lapses recorded, each once; nothing is decided."""
    deadlines.look_at_clocks(by=service(PLATFORM))


@shared_task
def tend_packages() -> None:
    """Packages of new periods are asked for, failed ones again; what is left unsigned is signed; old links go."""
    clock = service("clock")
    run_plans(by=clock)
    retry_packages(by=clock)
    packages.sign_packages()
    forget_links()


@shared_task
def forget_old_notices() -> None:
    """Notices of long ago are gone."""
    notices.forget_old_notices()
