"""Who may. Each `check_...` raises with a sentence; `can` turns one into a yes or no for pages.

When it may happen is another question: see `policies.py`. A person without a right to know that a thing exists never
gets here with it: views fetch through `visible_datasets` and `bases_open_to`, and find nothing.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import remove_perm

from audit.actor import Actor
from audit.models import Event
from catalog.models import Basis, Dataset, Department, DepartmentPermission, Export, Key, Membership, Purge, Role, Scope
from catalog.persons import is_same_person, share_a_seat

OPERATOR = "operator"  # the service that a person at the server's command line acts as


def can(check, *args, **kwargs) -> bool:
    """True where the check passes."""
    try:
        check(*args, **kwargs)
    except PermissionDenied:
        return False
    return True


def departments_of(by: Actor, *roles: str) -> QuerySet[Department]:
    """The departments in which this actor holds one of the roles at this moment (any role where none is named).

    A right counts only while both agree: the permission derived for guardian, and the live membership behind it. A
    key for machines has no roles: it reads under its grant.
    """
    if by.user is None or (by.key is not None and by.key.grant_id is not None):
        return Department.objects.none()
    derived = DepartmentPermission.objects.filter(user=by.user_id, content_object=OuterRef("department"))
    held = Membership.objects.live().filter(
        Exists(derived.filter(permission__codename=OuterRef("role"))), user=by.user_id
    )
    if roles:
        held = held.filter(role__in=roles)
    return Department.objects.filter(pk__in=held.values("department"))


def holds(by: Actor, role: str, department: Department) -> bool:
    """True where the actor holds this role in this department now."""
    return departments_of(by, role).filter(pk=department.pk).exists()


def holds_in_city(by: Actor, role: str) -> bool:
    """True where the actor holds this city-wide role now."""
    return departments_of(by, role).filter(kind=Department.Kind.CITY).exists()


def is_officer(by: Actor) -> bool:
    """True for whoever holds any role in the city or a department of it."""
    return departments_of(by).exclude(kind=Department.Kind.ENTERPRISE).exists()


def check_signed_in(by: Actor) -> None:
    """Somebody must have signed in, or come with a key."""
    if by.user is None:
        raise PermissionDenied(_("Sign in first, or send a key."))


def check_scope(by: Actor, scope: str) -> None:
    """A key does only what it was made for, and decides for nobody without a second step."""
    check_has_scope(by, scope)
    if by.key is not None and scope == Scope.GRANT and by.user.authenticator is None:
        raise PermissionDenied(
            _("With this key one decides, and its person signs in with a password alone. Set up an authenticator app, "
              "then make another key.")
        )  # fmt: skip


def check_has_scope(by: Actor, scope: str) -> None:
    """The key was made for this. People at the keyboard have no scope."""
    if by.key is not None and scope not in by.key.scopes:
        raise PermissionDenied(
            _("This key was not made for that: it lacks the scope “%(scope)s”. Make a key that has it.")
            % {"scope": scope}
        )


def check_key_covers(by: Actor, dataset: Dataset) -> None:
    """A key that names datasets is for those alone."""
    if by.key is not None and by.key.datasets.exists() and not by.key.datasets.filter(pk=dataset.pk).exists():
        raise PermissionDenied(_("This key was made for other datasets. Make one that names this dataset."))


def check_may_create_in(by: Actor, department: Department) -> None:
    """A steward creates datasets in the own department."""
    check_scope(by, Scope.WRITE)
    if by.key is not None and by.key.datasets.exists():
        raise PermissionDenied(_("This key was made for certain datasets and makes no others. Use another key."))
    if not holds(by, Role.STEWARD, department):
        raise PermissionDenied(
            _("Only a steward of %(department)s can create its datasets. The administrator gives that role.")
            % {"department": department.name}
        )


def check_may_keep(by: Actor, dataset: Dataset) -> None:
    """A steward of the owning department edits, loads, submits and retires."""
    check_scope(by, Scope.WRITE)
    check_key_covers(by, dataset)
    if not holds(by, Role.STEWARD, dataset.department):
        raise PermissionDenied(
            _("Only a steward of %(department)s can do this.") % {"department": dataset.department.name}
        )


def check_may_decide(by: Actor, dataset: Dataset) -> None:
    """An approver of the owning department lends its data."""
    check_scope(by, Scope.GRANT)
    check_key_covers(by, dataset)
    if not holds(by, Role.APPROVER, dataset.department):
        raise PermissionDenied(
            _("Only an approver of %(department)s decides who may have this data.")
            % {"department": dataset.department.name}
        )


def check_may_name_acting(by: Actor, department: Department) -> None:
    """An approver of the department names who acts for them; who acts for another names nobody."""
    check_at_keyboard(by)
    if not holds(by, Role.APPROVER, department):
        raise PermissionDenied(
            _("Only an approver of %(department)s names who acts for them.") % {"department": department.name}
        )
    held = Membership.objects.live().filter(user=by.user_id, department=department, role=Role.APPROVER)
    if not held.filter(acting_for=None).exists():
        raise PermissionDenied(_("You act for another approver. Only that person names somebody else."))


def check_may_end_acting(by: Actor, acting: Membership) -> None:
    """Who named them, or any approver of the department who acts for nobody, ends it."""
    check_may_name_acting(by, acting.department)


def check_may_review(by: Actor) -> None:
    """A reviewer of the city clears or returns."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.REVIEWER):
        raise PermissionDenied(_("Only a reviewer can do this."))


def check_may_administer(by: Actor) -> None:
    """The administrator manages departments, people and roles."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.ADMINISTRATOR):
        raise PermissionDenied(_("Only an administrator can do this."))


def check_may_audit(by: Actor) -> None:
    """An auditor of the city reads every event; with a key that reads and names no datasets, also by program."""
    check_scope(by, Scope.READ)
    if by.key is not None and by.key.datasets.exists():
        raise PermissionDenied(_("This key was made for certain datasets, and the log is about all. Use another key."))
    if not holds_in_city(by, Role.AUDITOR):
        raise PermissionDenied(_("Only an auditor can do this. The administrator gives that role."))


def check_may_set_words(by: Actor) -> None:
    """The authority, which runs the platform, says which words of a search mean the same."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority changes which words a search takes for the same."))


def check_may_set_retention(by: Actor) -> None:
    """The authority, which runs the platform, decides how long personal details behind events are kept."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority decides how long personal details of events are kept."))


def check_may_read_demand(by: Actor) -> None:
    """The authority reads what people look for and do not find."""
    if not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority reads what was looked for and not found."))


def check_may_erase(by: Actor) -> None:
    """The authority erases on request; so does the operator, at the server's command line."""
    check_at_keyboard(by)
    if by.service != OPERATOR and not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(_("Only the authority erases personal details of events."))


def check_may_hold(by: Actor) -> None:
    """An auditor places and lifts legal holds: whoever erases cannot lift what stands against it."""
    check_at_keyboard(by)
    if not holds_in_city(by, Role.AUDITOR):
        raise PermissionDenied(_("Only an auditor places and lifts legal holds."))


def check_may_ask_purge(by: Actor, dataset: Dataset) -> None:
    """A steward or an approver of the owner asks for a destruction by law, or withdraws it; so does the authority."""
    check_scope(by, Scope.WRITE)
    check_key_covers(by, dataset)
    owns = departments_of(by, Role.STEWARD, Role.APPROVER).filter(pk=dataset.department_id).exists()
    if not owns and not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(
            _("Only a steward or an approver of %(department)s, or the authority, can ask for this.")
            % {"department": dataset.department.name}
        )


def check_may_decide_purge(by: Actor, purge: Purge) -> None:
    """An approver of the owner or the authority decides, at the keyboard, and never who asked: it takes two."""
    check_at_keyboard(by)
    dataset = purge.dataset
    if not holds(by, Role.APPROVER, dataset.department) and not holds_in_city(by, Role.AUTHORITY):
        raise PermissionDenied(
            _("Only an approver of %(department)s, or the authority, decides about this.")
            % {"department": dataset.department.name}
        )
    if is_same_person(by.user, purge.asked_by):
        raise PermissionDenied(_("You asked for this yourself. A second person must decide about it."))
    if share_a_seat(by.user, purge.asked_by, then=purge.asked_at):
        raise PermissionDenied(_("You and who asked for this count as one. A second person must decide about it."))


def visible_purges(by: Actor) -> QuerySet[Purge]:
    """Destructions by law: all to the authority and auditors, their own to the owner's stewards and approvers."""
    found = Purge.objects.select_related("dataset__department", "asked_by", "decided_by")
    if by.user is None:
        return found.none()
    if by.key is not None and by.key.datasets.exists():
        found = found.filter(dataset__in=by.key.datasets.values("pk"))
    if holds_in_city(by, Role.AUTHORITY) or holds_in_city(by, Role.AUDITOR):
        return found
    return found.filter(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))


def check_not_oneself(user, by: Actor) -> None:
    """Rights come from somebody else: two persons know of each."""
    if by.user_id == user.pk:
        raise PermissionDenied(_("Nobody gives a role to themselves. Ask another administrator."))


def check_at_keyboard(by: Actor) -> None:
    """Some acts are for a person who signed in: no key does them."""
    if by.key is not None:
        raise PermissionDenied(_("No key can do this. Sign in and do it on the page."))


def bases_open_to(by: Actor) -> QuerySet[Basis]:
    """The bases that let this actor in at this moment: valid, and naming everybody, the account or its department."""
    everybody = Q(recipient=Basis.Recipient.EVERYBODY)
    if by.user is None:
        mine = Q(recipient=Basis.Recipient.SERVICE, service=by.service)
        return Basis.objects.live().filter(everybody | mine if by.service else everybody)
    named = names(by)
    if by.key is not None:
        named &= _key_opens(by)
    return Basis.objects.live().filter(everybody | named)


def names(by: Actor) -> Q:
    """Bases that name this signed-in person, or a department in which one holds one of their roles; in any state."""
    member = Membership.objects.live().filter(user=by.user_id, department=OuterRef("department"))
    in_role = member.annotate(held=_as_list("role")).filter(held__overlap=OuterRef("roles"))
    return Q(recipient=Basis.Recipient.ACCOUNT, account=by.user_id, account__is_active=True) | (
        Q(recipient=Basis.Recipient.DEPARTMENT) & (Q(Exists(member), roles=[]) | Q(Exists(in_role)))
    )


def _as_list(field: str) -> Func:
    texts = ArrayField(CharField())
    return Func(F(field), template="ARRAY[%(expressions)s]::varchar[]", output_field=texts)


def _key_opens(by: Actor) -> Q:
    key = Key.objects.live().filter(pk=by.key.pk, user=by.user_id, scopes__contains=[Scope.READ])
    key = key.filter(Q(grant=None) | Q(grant=OuterRef("pk")))
    names_none = ~Exists(Key.datasets.through.objects.filter(key=by.key.pk))
    names_this = Exists(Key.datasets.through.objects.filter(key=by.key.pk, dataset=OuterRef("dataset")))
    return Q(Exists(key)) & (Q(names_none) | Q(names_this))


def visible_datasets(by: Actor) -> QuerySet[Dataset]:
    """The datasets whose existence and description this actor may know.

    Everybody: those with a live release. Officers of the city: also active ones that no law withholds. The owner's
    people: all of their department. Whoever a basis lets in: the dataset it is over.
    """
    open_bases = bases_open_to(by).filter(dataset=OuterRef("pk"))
    seen = Q(Exists(open_bases))
    if by.key is not None and by.key.grant_id is not None:  # suspended too: it is told why nothing leaves
        seen |= Q(Exists(Basis.objects.filter(names(by), pk=by.key.grant_id, dataset=OuterRef("pk"))))
    if by.user is not None:
        seen |= Q(department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
        if is_officer(by):
            seen |= Q(state=Dataset.State.ACTIVE) & ~Q(sharing_class="withheld")
        if holds_in_city(by, Role.AUTHORITY):
            seen |= ~Q(state=Dataset.State.DRAFT)
    return Dataset.objects.filter(seen)


def readable_events(by: Actor) -> QuerySet[Event]:
    """The events that this actor may read and prove to others.

    Auditors: all. Everybody else: those of the grants lent by or to their department, and their own readings. A key
    reads those of its own datasets.
    """
    if by.user is None or not can(check_scope, by, Scope.READ):
        return Event.objects.none()
    if can(check_may_audit, by):
        return Event.objects.all()
    decided = Q(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
    grants = Basis.objects.filter(decided | names(by), kind=Basis.Kind.GRANT)
    seen = Event.objects.filter(
        Q(basis__in=grants.values("pk")) | Q(actor=by.user_id, kind__in=["disclosure.opened", "disclosure.closed"])
    )
    if by.key is not None and by.key.grant_id is not None:
        return seen.filter(basis=by.key.grant_id)
    if by.key is None or not by.key.datasets.exists():
        return seen
    return seen.filter(dataset__in=by.key.datasets.values("pk"))


def exports_of(by: Actor) -> QuerySet[Export]:
    """The files that this reader asked for, packages apart; a key shows those of its grant, or of its datasets."""
    if by.user is None or not can(check_scope, by, Scope.READ):
        return Export.objects.none()
    mine = Export.objects.filter(reader=by.user_id, sealed_to="")
    if by.key is not None and by.key.grant_id is not None:
        return mine.filter(basis=by.key.grant_id)
    if by.key is None or not by.key.datasets.exists():
        return mine
    return mine.filter(basis__dataset__in=by.key.datasets.values("pk"))


def withdrawn_from_public() -> QuerySet[Dataset]:
    """Datasets that were open once and are no longer: their page says so, and nothing more."""
    releases = Basis.objects.releases().filter(dataset=OuterRef("pk"))
    live = releases.filter(state=Basis.State.ACTIVE, valid_from__lte=timezone.now())
    return Dataset.objects.filter(Exists(releases), ~Exists(live))


def last_release(dataset: Dataset) -> UUID | None:
    """The release by which the dataset was open last, withdrawn since or not."""
    releases = dataset.bases.releases().order_by("-state_at", "-version__number")
    return releases.values_list("pk", flat=True).first()


def derive_permissions(user) -> None:
    """Makes guardian's rows for this person exactly those of the memberships that have not ended."""
    wanted = {(m.role, m.department) for m in user.memberships.filter(ended_at=None).select_related("department")}
    held = DepartmentPermission.objects.filter(user=user).select_related("permission", "content_object")
    have = {(row.permission.codename, row.content_object) for row in held}
    for role, department in wanted - have:
        # The row is not looked for first: one that somebody else has just made stays as it is.
        DepartmentPermission.objects.assign_perm_to_many(role, [user], department, ignore_conflicts=True)
    for role, department in have - wanted:
        remove_perm(role, user, department)
