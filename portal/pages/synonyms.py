"""The authority's page of words that a search takes for the same."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalog.actions.synonyms import add_synonyms, remove_synonyms
from catalog.forms import ActionForm
from catalog.models import SearchSynonym
from catalog.permissions import check_may_set_words
from catalog.search.rebuilding import due
from portal.accounts.pages import signed_in
from portal.paging import page_of


class SynonymsForm(ActionForm):
    """Words, one a line or divided by bars, and whether they are joined or set apart."""

    words = forms.CharField(
        label=gettext_lazy("Words"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("One word or short phrase a line, in any language. Other endings need no line."),
    )
    apart = forms.BooleanField(
        label=gettext_lazy("These do not mean the same, though the search takes them so"), required=False
    )

    def wanted(self) -> dict:
        """What the action is to do."""
        lines = self.cleaned_data["words"].replace("|", "\n").splitlines()
        return {"words": [line for line in lines if line.strip()], "apart": self.cleaned_data["apart"]}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def synonyms(request: HttpRequest) -> HttpResponse:
    """The groups that the authority made; each can be taken back."""
    check_may_set_words(request.actor)
    if request.method == "POST":
        number = request.POST.get("group", "")
        group = get_object_or_404(SearchSynonym, pk=int(number) if number.isascii() and number.isdigit() else 0)
        remove_synonyms(group, by=request.actor)
        messages.success(request, _("The group counts no more, from the next search on."))
        return redirect("search-words")
    page = page_of(SearchSynonym.objects.select_related("added_by"), request, order=("-id",))
    return render(request, "portal/synonyms.html", {"section": "desk", "page": page, "due": due()})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Words are joined, or set apart."""
    check_may_set_words(request.actor)
    form = SynonymsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: add_synonyms(**form.wanted(), by=request.actor)):
        messages.success(request, _("Searches take it into account from now on."))
        return redirect("search-words")
    return render(request, "portal/synonyms_new.html", {"section": "desk", "form": form})
