"""Departments and enterprises, for administrators."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.departments import change_department, create_department, verify_enterprise
from catalog.forms import ActionForm
from catalog.models import Department
from portal.accounts.forms import DepartmentForm, NewDepartmentForm
from portal.accounts.pages import for_administrators
from portal.paging import page_of


@for_administrators
@require_safe
def departments(request: HttpRequest) -> HttpResponse:
    """The city and its departments by code, each with a way to change it."""
    found = Department.objects.exclude(kind=Department.Kind.ENTERPRISE).select_related("parent")
    page = page_of(found, request, order=("code",))
    return render(request, "accounts/departments.html", {"page": page, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new department of the city."""
    form = NewDepartmentForm(request.POST or None)

    def create() -> Department:
        fields = dict(form.cleaned_data)
        return create_department(fields.pop("code"), fields, by=request.actor)

    if request.method == "POST" and form.act(create):
        messages.success(request, _("%(name)s is here.") % {"name": form.result.name})
        return redirect("department", code=form.result.code)
    return render(request, "accounts/department_edit.html", {"form": form, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """What a department is called, does and stands below. Its code stays."""
    department = get_object_or_404(Department, code=code)
    form = DepartmentForm(request.POST or None, instance=department)
    if request.method == "POST" and form.act(
        lambda: change_department(department, form.cleaned_data, by=request.actor)
    ):
        messages.success(request, _("%(name)s is changed.") % {"name": form.result.name})
        return redirect("department", code=code)
    context = {"form": form, "department": department, "section": "desk"}
    return render(request, "accounts/department_edit.html", context)


@for_administrators
@require_safe
def enterprises(request: HttpRequest) -> HttpResponse:
    """The enterprises that signed up, newest first; those that wait for a check come with `?waiting=1`."""
    found = Department.objects.filter(kind=Department.Kind.ENTERPRISE).select_related("verified_by")
    waiting = request.GET.get("waiting") == "1"
    if waiting:
        found = found.filter(verified_at=None)
    page = page_of(found, request, order=("-created_at", "-id"))
    return render(request, "accounts/enterprises.html", {"page": page, "waiting": waiting, "section": "desk"})


@for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks once more, then says that the enterprise is who it says."""
    enterprise = get_object_or_404(Department, pk=pk, kind=Department.Kind.ENTERPRISE, verified_at=None)
    form = ActionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: verify_enterprise(enterprise, by=request.actor)):
        messages.success(request, _("%(name)s is verified.") % {"name": enterprise.name})
        return redirect("enterprises")
    people = enterprise.memberships.live().select_related("user")[:20]
    context = {"enterprise": enterprise, "people": people, "form": form, "section": "desk"}
    return render(request, "accounts/enterprise_verify.html", context)
