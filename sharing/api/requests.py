"""`/api/v1/requests`: a department's own system asks, and answers, without the pages."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.problems import bad_parameter
from catalog.api.schema import AFTER, IDEMPOTENCY_KEY, IF_NONE_MATCH, NEXT, listed, page_size, query
from catalog.models import Dataset, Scope
from sharing.actions.drafting import save_answers, set_columns, start_requests
from sharing.actions.grants import only_table
from sharing.api.request_shapes import AnswersInput, NewRequest, RequestDetail, RequestShape
from sharing.models import Request
from sharing.permissions import askable_datasets, check_may_draft, visible_requests

REQUESTS = "Requests"


class Requests(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ, "POST": Scope.ASK}

    @extend_schema(
        tags=[REQUESTS],
        summary="List requests",
        description="Those of your department, those over data that you keep or decide about once they are submitted, "
        "and for the authority and auditors all that were; the newest draft first.",
        parameters=[
            query("state", "Only those in this state.", enum=Request.State.values),
            page_size(20, 100),
            AFTER,
            IF_NONE_MATCH,
        ],
        responses={200: listed("RequestPage", RequestShape, next=NEXT)},
    )
    def get(self, request):
        found, state = visible_requests(self.by), request.GET.get("state", "")
        if state and state not in Request.State.values:
            raise bad_parameter("state", _("There is no such state. There are: ") + ", ".join(Request.State.values))
        if state:
            found = found.filter(state=state)
        about = f"requests {self.by.user_id} {state}"
        page = page_of(found, request, order=("-drafted_at", "-id"), about=about)
        results = RequestShape(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[REQUESTS],
        summary="Draft a request",
        description="For columns of one table. Send it when “missing” is empty. For requesters of the department, "
        "by a key with the scope `ask`.",
        parameters=[IDEMPOTENCY_KEY],
        request=NewRequest,
        responses={201: RequestDetail},
    )
    @once
    def post(self, request):
        given = NewRequest(data=request.data)
        given.is_valid(raise_exception=True)
        answers = dict(given.validated_data)
        department, name = answers.pop("department"), answers.pop("table")
        check_may_draft(self.by, department)
        dataset = get_object_or_404(
            askable_datasets(self.by).select_related("department", "current"), pk=answers.pop("dataset")
        )

        with transaction.atomic():
            item = (dataset, table_of(dataset, name), [])
            (draft,) = start_requests([item], department=department, by=self.by)
            draft = fill(draft, answers, by=self.by)

        address = request.build_absolute_uri(reverse("api-request", args=[draft.pk]))
        return described(draft.pk, self.by, status=201, headers={"Location": address})


class OneRequest(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ, "PATCH": Scope.ASK}

    @extend_schema(
        tags=[REQUESTS],
        summary="Read a request",
        description="With what it declares, what happened to it, and what was decided.",
        parameters=[IF_NONE_MATCH],
        responses={200: RequestDetail},
    )
    def get(self, request, pk):
        return self.whole(RequestDetail(whole(pk, self.by), context={"by": self.by}).data)

    @extend_schema(
        tags=[REQUESTS],
        summary="Change a draft",
        description="Only what is named changes; “columns” replaces all of them. For who drafted it. All answers but "
        "those about its table go to the other drafts of its bundle too.",
        request=AnswersInput,
        responses={200: RequestDetail},
    )
    def patch(self, request, pk):
        draft = found(pk, self.by)
        given = AnswersInput(data=request.data)
        given.is_valid(raise_exception=True)

        with transaction.atomic():
            fill(draft, dict(given.validated_data), by=self.by)

        return described(pk, self.by)


def fill(draft: Request, answers: dict, *, by) -> Request:
    """The draft with these answers, and these columns where any are named."""
    columns = answers.pop("columns", None)
    if columns is not None:
        draft = set_columns(draft, [(one["name"], one["need"], one["mask"] or "") for one in columns], by=by)
    return save_answers(draft, answers, by=by) if answers else draft


def table_of(dataset: Dataset, name: str) -> str:
    """The table of this name, or the only one."""
    if name:
        return name
    if dataset.current is None:
        raise ValidationError(_("This dataset has nothing to ask for yet."))
    return only_table(dataset.current)


def found(pk, by) -> Request:
    """The request, if this caller may know of it."""
    return get_object_or_404(visible_requests(by), pk=pk)


def whole(pk, by) -> Request:
    """The request with all that is said of it, if this caller may know of it."""
    seen = visible_requests(by).select_related("extension", "dataset__current")
    return get_object_or_404(seen.prefetch_related("columns", "questions", "moves__department"), pk=pk)


def described(pk, by, status: int = 200, **more) -> Response:
    """The request as it stands now."""
    return Response(RequestDetail(whole(pk, by), context={"by": by}).data, status, **more)
