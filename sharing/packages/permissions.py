"""Who has packages made and fetches them, and who looks after the public key of a recipient."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Basis, Department, Role, Scope
from catalog.permissions import check_at_keyboard, check_scope, check_signed_in, departments_of
from sharing.models import Package, PackagePlan, RecipientKey
from sharing.permissions import grants_lent_to


def check_may_fetch(by: Actor, grant: Basis) -> None:
    """The people of the recipient whom the grant names have packages made, and fetch them."""
    check_signed_in(by)
    check_scope(by, Scope.READ)
    if not grants_lent_to(by).filter(pk=grant.pk).exists():
        raise PermissionDenied(
            _("These rows are lent to %(recipient)s, whose people have them packed and fetch them.")
            % {"recipient": grant.department.name}
        )


def packages_of(by: Actor) -> QuerySet[Package]:
    """The packages of the grants that were lent to this person's departments."""
    found = Package.objects.filter(grant__in=grants_lent_to(by).order_by().values("pk"))
    return found.select_related("export", "key", "plan", "grant__dataset__department", "grant__department")


def plans_of(by: Actor) -> QuerySet[PackagePlan]:
    """The plans that make them."""
    found = PackagePlan.objects.filter(grant__in=grants_lent_to(by).order_by().values("pk"))
    return found.select_related("grant__dataset__department", "grant__department")


def key_keepers(by: Actor) -> QuerySet[Department]:
    """The departments and enterprises whose public key this person looks after."""
    keeping = departments_of(by, Role.APPROVER, Role.STEWARD)
    enterprises = departments_of(by).filter(kind=Department.Kind.ENTERPRISE)
    return Department.objects.filter(Q(pk__in=keeping.values("pk")) | Q(pk__in=enterprises.values("pk")))


def visible_keys(by: Actor) -> QuerySet[RecipientKey]:
    """The public keys of the departments and enterprises that this person belongs to."""
    return RecipientKey.objects.filter(department__in=departments_of(by)).select_related("department")


def check_may_keep_keys(by: Actor, department: Department) -> None:
    """An approver or a steward of the recipient says which key is its own; of an enterprise, any of its people."""
    check_signed_in(by)
    check_scope(by, Scope.ASK)
    if by.key is not None and (by.key.grant_id is not None or by.key.datasets.exists()):
        raise PermissionDenied(_("This key was made for certain datasets. Packages of all are sealed to a public key."))
    if not key_keepers(by).filter(pk=department.pk).exists():
        raise PermissionDenied(
            _("Only an approver or a steward of %(department)s looks after its public key.")
            % {"department": department.name}
        )


def check_may_confirm(by: Actor, department: Department) -> None:
    """A person compares fingerprints: whoever has stolen a key of the API gets nothing sealed to a key of their own."""
    check_at_keyboard(by)
    check_may_keep_keys(by, department)
