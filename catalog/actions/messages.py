"""What readers tell the owner of a dataset, and what the owner answers."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.changes import set_fields
from catalog.models import Dataset, Message
from catalog.permissions import check_may_keep, visible_datasets
from catalog.policies import faults

FIELDS = ("topic", "text", "email")


@transaction.atomic
def send_message(dataset: Dataset, fields: dict[str, Any], *, by: Actor) -> Message:
    """The owner's desk has the message. Whoever sees the dataset may send one."""
    if not visible_datasets(by).filter(pk=dataset.pk).exists():
        raise PermissionDenied(_("Only who can see a dataset can write to its owner."))

    message = Message(dataset=dataset, sent_by=by.user)
    set_fields(message, fields, FIELDS)
    wrong = faults(message, FIELDS)
    if wrong:
        raise ValidationError(wrong)

    message.save(force_insert=True)

    record(
        "message.sent",
        by=by,
        on=message,
        department=dataset.department,
        dataset=dataset,
        facts={"topic": message.topic},
        private={"email": message.email} if message.email else None,
    )
    return message


def tell_owner(dataset: Dataset, text: str, *, by: Actor) -> Message:
    """The owner's desk has a word of the system about a source of the dataset; part of a larger act."""
    message = Message.objects.create(dataset=dataset, topic=Message.Topic.SOURCE, text=text[:4000])
    about = {"department": dataset.department, "dataset": dataset}
    record("message.sent", by=by, on=message, **about, facts={"topic": message.topic})
    return message


@transaction.atomic
def answer_message(message: Message, answer: str, *, by: Actor) -> Message:
    """The message is answered, once; the sender who left an address is told."""
    check_may_keep(by, message.dataset)

    message = Message.objects.select_for_update(of=("self",)).select_related("dataset__department").get(pk=message.pk)
    if message.answered_at is not None:
        raise ValidationError(_("A colleague answered this message already. Load the page again to read the answer."))
    message.answer = answer.strip()
    if not message.answer:
        raise ValidationError({"answer": _("Write an answer.")})
    wrong = faults(message, ("answer",))
    if wrong:
        raise ValidationError(wrong)

    message.answered_at, message.answered_by = timezone.now(), by.user
    message.save(update_fields=["answer", "answered_at", "answered_by"])

    dataset = message.dataset
    record("message.answered", by=by, on=message, department=dataset.department, dataset=dataset)
    return message
