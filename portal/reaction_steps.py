"""What the reactions do: each takes a committed event, calls actions of the apps, and may run twice."""

from django.conf import settings

from audit.actor import service
from audit.models import Event
from catalog import manifests, search, tasks
from catalog.actions import exports
from catalog.actions.destruction import carry_out
from catalog.extents import extent
from catalog.models import Basis, Dataset, Message, Purge, Version
from catalog.terms import Terms
from catalog.version_lines import count_dataset
from opendata import files
from portal.mail import address, post
from sharing.actions import packages
from sharing.actions.ending import close_with_grant, follow_grant
from sharing.models import Package
from sharing.permissions import PLATFORM


def start_job(event: Event) -> None:
    """A worker takes the load up."""
    tasks.run_job.delay(event.subject.partition(":")[2])


def start_export(event: Event) -> None:
    """A worker makes the file."""
    tasks.run_export.delay(event.subject.partition(":")[2])


def sign_package(event: Event) -> None:
    """A file that is sealed to a recipient gets its signed manifest."""
    if package := Package.objects.filter(export=event.subject.partition(":")[2]).first():
        packages.sign_package(package)


def end_exports(event: Event) -> None:
    """Files that were made for single readers go with the basis or the version that they were made of."""
    exports.end_exports(by=service("clock"), dataset=event.dataset)


def end_request(event: Event) -> None:
    """The request that a grant was made for ends with it: its disposal is due."""
    if grant := Basis.objects.filter(pk=event.basis).first():
        follow_grant(grant, by=service(PLATFORM))


def close_request(event: Event) -> None:
    """The request of a grant whose disposal was attested is closed too."""
    if grant := Basis.objects.filter(pk=event.basis).first():
        close_with_grant(grant, by=service(PLATFORM))


def index_dataset(event: Event) -> None:
    """The search index says what the dataset is now."""
    if dataset := Dataset.objects.select_related("department").filter(pk=event.dataset).first():
        search.index_dataset(dataset)


def write_manifest(event: Event) -> None:
    """The manifest of the version stands beside its files."""
    kept = Version.objects.filter(pk=event.subject.partition(":")[2], state=Version.State.KEPT).first()
    if kept is not None:
        manifests.write_manifest(kept)


def index_department(event: Event) -> None:
    """The search index knows the department's new name."""
    for dataset in Dataset.objects.select_related("department").filter(department=event.department).iterator():
        search.index_dataset(dataset)


def measure_basis(event: Event) -> None:
    """The rows of a release are counted. Those of a grant are at the first reading: no service reads under it."""
    if release := live_release(event):
        terms = Terms.from_json(release.terms)
        for table in release.version.tables.all():
            if terms.of_table(table.name, table.types):
                extent(release.version, release, table.name, by=service("counts"))


def count_changes(event: Event) -> None:
    """What changed from version to version is counted: of all rows for the owner, of what is open for everybody."""
    if dataset := Dataset.objects.filter(pk=event.dataset).first():
        count_dataset(dataset, by=service("counts"))


def build_files(event: Event) -> None:
    """The files of a release are built."""
    if release := live_release(event):
        files.build_files(release, by=service("files"))


def remove_files(event: Event) -> None:
    """The files of a withdrawn release are gone."""
    files.remove_files(Basis.objects.get(pk=event.basis))


def carry_out_purge(event: Event) -> None:
    """What a law had destroyed is gone from the store too, file by file; what fails here the clock carries on with."""
    purge = Purge.objects.select_related("dataset__department").get(pk=event.subject.partition(":")[2])
    carry_out(purge, by=service("destruction"))


def tell_owner(event: Event) -> None:
    """The dataset's contact, or else its department's, gets the message by e-mail; the desk has it anyway."""
    message = _message_of(event)
    dataset = message.dataset
    to = dataset.contact_email or dataset.department.contact_email
    if not to:
        return
    url = address("message", pk=message.pk)
    post(
        "message",
        to=to,
        language=settings.LANGUAGE_CODE,
        topic=message.get_topic_display,
        dataset=dataset,
        words=message.text,
        url=url,
    )


def tell_sender(event: Event) -> None:
    """Whoever left an address gets the answer."""
    message = _message_of(event)
    if not message.email:
        return
    language = message.sent_by.language if message.sent_by else settings.LANGUAGE_CODE
    url = address("dataset", pk=message.dataset_id)
    post("answer", to=message.email, language=language, message=message, dataset=message.dataset, url=url)


def _message_of(event: Event) -> Message:
    found = Message.objects.select_related("dataset__department", "sent_by")
    return found.get(pk=event.subject.partition(":")[2])


def live_release(event: Event) -> Basis | None:
    """The release that the event is about, while it is open."""
    live = Basis.objects.releases().live().select_related("version", "dataset__department")
    return live.filter(pk=event.basis).first()
