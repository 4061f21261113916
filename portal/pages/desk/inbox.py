"""What readers wrote to the owner, and the answers."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.actions.messages import answer_message
from catalog.models import Message
from catalog.permissions import can, check_may_keep
from portal.accounts.pages import signed_in
from portal.pages.desk.forms import AnswerForm
from portal.pages.desk.kept import kept_by
from portal.paging import page_of


@signed_in
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages about my departments' datasets: those that wait, or with `?answered=1` those answered."""
    answered = request.GET.get("answered") == "1"
    found = Message.objects.filter(dataset__in=kept_by(request.actor), answered_at__isnull=not answered)
    page = page_of(found.select_related("dataset", "answered_by"), request, order=("-sent_at", "-id"))
    return render(request, "desk/messages.html", {"section": "desk", "page": page, "answered": answered})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One message; a steward answers it, once."""
    found = Message.objects.filter(dataset__in=kept_by(request.actor), pk=pk)
    about = found.select_related("dataset__department", "sent_by", "answered_by").first()
    if about is None:
        raise Http404

    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.act(
        lambda: answer_message(about, form.cleaned_data["answer"], by=request.actor)
    ):
        sent = _("Your answer is sent.") if about.email else _("Your answer is kept; the reader left no address.")
        messages.success(request, sent)
        return redirect("messages")
    may_answer = about.answered_at is None and can(check_may_keep, request.actor, about.dataset)
    context = {"section": "desk", "about": about, "form": form, "may_answer": may_answer}
    return render(request, "desk/message.html", context)
