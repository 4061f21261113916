"""Public keys of recipients: registered, confirmed by their fingerprint, and retired, by the recipient's own people."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog import sealing
from catalog.actions.exports import end_sealed
from catalog.models import Department
from sharing.models import RecipientKey
from sharing.models.recipient_key import REPLACED
from sharing.packages.permissions import check_may_confirm, check_may_keep_keys
from sharing.policies.packages import check_may_wait
from sharing.states import RECIPIENT_KEY


@transaction.atomic
def register_key(department: Department, public_key: str, *, name: str, by: Actor) -> RecipientKey:
    """The key waits: nothing is sealed to it until its fingerprint was compared with the holder's own."""
    check_may_keep_keys(by, department)

    Department.objects.select_for_update(no_key=True).get(pk=department.pk)
    key = sealing.public_key(public_key)
    if not name.strip() or len(name.strip()) > 80:
        raise ValidationError({"name": _("Say where the private key is kept, in at most 80 characters.")})
    if RecipientKey.objects.filter(department=department, public_key=key).exists():
        raise ValidationError(_("This key was registered before. A retired key is not used again: make another pair."))
    check_may_wait(department)
    made = RecipientKey.objects.create(
        department=department,
        name=name.strip(),
        public_key=key,
        fingerprint=sealing.fingerprint(key),
        registered_by=by.user,
    )

    record("recipient_key.registered", by=by, on=made, department=department, facts={"fingerprint": made.fingerprint})
    return made


@transaction.atomic
def confirm_key(key: RecipientKey, fingerprint: str, *, by: Actor) -> RecipientKey:
    """Files are sealed to this key from now on; the one before it is retired, and its files stay for their time."""
    check_may_confirm(by, key.department)

    key = _locked(key)
    RECIPIENT_KEY.after(key.state, "confirm")
    if _bare(fingerprint) != _bare(key.fingerprint):
        raise ValidationError(
            _("This is not the fingerprint of the registered key. If yours differs from the one shown here, retire the "
              "key: somebody else registered it.")
        )  # fmt: skip
    former = RecipientKey.objects.live().filter(department=key.department_id).first()
    now = timezone.now()
    if former is not None:
        former.retired_at, former.retired_by, former.retired_why = now, by.user, REPLACED
        former.save(update_fields=["retired_at", "retired_by", "retired_why"])
    key.confirmed_at, key.confirmed_by = now, by.user
    key.save(update_fields=["confirmed_at", "confirmed_by"])

    facts = {"fingerprint": key.fingerprint, "replaces": former.fingerprint if former else None}
    record("recipient_key.confirmed", by=by, on=key, department=key.department, facts=facts)
    return key


@transaction.atomic
def retire_key(key: RecipientKey, *, reason: str, by: Actor) -> RecipientKey:
    """Nothing is sealed to it any more, and what is sealed to it goes: whoever may have the private key opens none."""
    check_may_keep_keys(by, key.department)

    if not reason.strip() or len(reason.strip()) > 300:
        raise ValidationError({"reason": _("Say why, in at most 300 characters: lost, stolen, or no longer used.")})
    key = _locked(key)
    RECIPIENT_KEY.after(key.state, "retire")
    key.retired_at, key.retired_by, key.retired_why = timezone.now(), by.user, reason.strip()
    key.save(update_fields=["retired_at", "retired_by", "retired_why"])
    end_sealed(key.public_key, key.department, by=by)

    facts = {"fingerprint": key.fingerprint, "reason": reason.strip()}
    record("recipient_key.retired", by=by, on=key, department=key.department, facts=facts)
    return key


def _locked(key: RecipientKey) -> RecipientKey:
    """The key as it is; confirmations of one department come one after the other."""
    Department.objects.select_for_update(no_key=True).get(pk=key.department_id)
    return RecipientKey.objects.select_for_update(of=("self",)).select_related("department").get(pk=key.pk)


def _bare(fingerprint: str) -> str:
    return "".join(fingerprint.split()).lower()
