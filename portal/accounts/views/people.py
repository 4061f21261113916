"""People and their roles, for administrators."""

import uuid

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.memberships import end_role, give_role, move_person
from catalog.models import Department, Membership
from portal.accounts.actions.people import deactivate, invite, invite_again, reactivate
from portal.accounts.forms import InvitationForm, MoveForm, ReasonForm, RoleForm
from portal.accounts.pages import for_administrators
from portal.models import User
from portal.paging import page_of

LONGEST_HISTORY = 100


@for_administrators
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, found by name or address."""
    q = request.GET.get("q", "").strip()[:100]
    roles = Membership.objects.live().select_related("department").order_by("starts_at")
    found = User.objects.prefetch_related(Prefetch("memberships", roles, to_attr="roles"))
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q.lower()))
    page = page_of(found, request, order=("name", "id"))
    return render(request, "accounts/people.html", {"page": page, "q": q, "section": "desk"})


@for_administrators
@require_safe
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One person: the roles held now, and those that ended."""
    who = get_object_or_404(User, pk=pk)
    roles = who.memberships.select_related("department", "given_by", "ended_by").order_by("-starts_at", "-id")
    shown = list(roles[:LONGEST_HISTORY])
    context = {
        "person": who,
        "held": [role for role in shown if role.ended_at is None],
        "ended": [role for role in shown if role.ended_at is not None],
        "waits": who.is_active and not who.has_usable_password(),
        "section": "desk",
    }
    return render(request, "accounts/person.html", context)


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Invites somebody who has no account."""
    also = Department.objects.filter(code=request.GET.get("department", ""))
    form = InvitationForm(request.POST or None, also=also, initial={"department": also.first()})
    if request.method == "POST" and form.act(lambda: invite(**form.cleaned_data, by=request.actor)):
        messages.success(request, _("%(name)s gets an e-mail with a link.") % {"name": form.result.name})
        return redirect("person", pk=form.result.pk)
    return render(request, "accounts/person_new.html", {"form": form, "section": "desk"})


@for_administrators
@require_http_methods(["POST"])
def again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Sends another invitation."""
    who = get_object_or_404(User, pk=pk, is_active=True)
    if who.has_usable_password():
        raise Http404
    invite_again(who, by=request.actor)
    messages.success(request, _("%(name)s gets another link.") % {"name": who.name})
    return redirect("person", pk=pk)


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Gives one more role."""
    who = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or None, also=_places_of(who))
    if request.method == "POST" and form.act(lambda: give_role(who, **form.cleaned_data, by=request.actor)):
        messages.success(request, _("%(name)s holds the role from now on.") % {"name": who.name})
        return redirect("person", pk=pk)
    return render(request, "accounts/role_give.html", {"person": who, "form": form, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Moves somebody to another department: every role elsewhere ends at once."""
    who = get_object_or_404(User, pk=pk)
    form = MoveForm(request.POST or None, also=_places_of(who))
    if request.method == "POST" and form.act(lambda: move_person(who, **form.cleaned_data, by=request.actor)):
        messages.success(request, _("%(name)s has moved; the old rights are gone.") % {"name": who.name})
        return redirect("person", pk=pk)
    return render(request, "accounts/role_move.html", {"person": who, "form": form, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ends one role."""
    held = get_object_or_404(Membership.objects.select_related("user", "department"), pk=pk, ended_at=None)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: end_role(held, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("The role has ended."))
        return redirect("person", pk=held.user_id)
    return render(request, "accounts/role_end.html", {"held": held, "form": form, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Closes an account, or opens a closed one."""
    who = get_object_or_404(User, pk=pk)
    act = deactivate if who.is_active else reactivate
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: act(who, by=request.actor, **form.cleaned_data)):
        done = _("The account is closed.") if act is deactivate else _("The account is open again.")
        messages.success(request, done)
        return redirect("person", pk=pk)
    return render(request, "accounts/person_close.html", {"person": who, "form": form, "section": "desk"})


def _places_of(who: User):
    return Department.objects.filter(memberships__user=who)
