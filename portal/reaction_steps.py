"""What the reactions do: each takes a committed event, calls actions of the apps, and may run twice."""

from audit.models import Event


def start_job(event: Event) -> None:
    """A worker takes the load up."""


def index_dataset(event: Event) -> None:
    """The search index says what the dataset is now."""


def index_department(event: Event) -> None:
    """The search index knows the department's new name."""


def measure_basis(event: Event) -> None:
    """The rows that the basis lets out are counted."""


def build_files(event: Event) -> None:
    """The files of a release are built."""


def remove_files(event: Event) -> None:
    """The files of a withdrawn release are gone."""


def tell_owner(event: Event) -> None:
    """The owner's people get the message by e-mail."""
