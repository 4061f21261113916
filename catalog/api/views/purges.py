"""Destruction by law, by program: asked for, and decided by a second person who signed in."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from catalog.actions.purges import ask_purge, decide_purge, refuse_purge, withdraw_purge
from catalog.api import purge_shapes as shapes
from catalog.api.access import find_dataset
from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.serializers import ReasonInput
from catalog.models import Purge, Scope
from catalog.permissions import check_may_ask_purge, visible_purges

ORDER = ("-asked_at", "-id")


class PurgeView(ApiView):
    """A view of the destructions of one dataset, for those who may know of them."""

    signed_in = True
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    def found(self, pk, number=None) -> Purge:
        """One of them, if the caller may know of it."""
        return get_object_or_404(visible_purges(self.by).filter(dataset=pk), pk=number)

    def described(self, purge: Purge, status: int = 200, **more) -> Response:
        """One of them as it stands now."""
        return Response(shapes.PurgeDetailSerializer(self.found(purge.dataset_id, purge.pk)).data, status, **more)


class Purges(PurgeView):
    @extend_schema(**shapes.LIST_PURGES)
    def get(self, request, pk):
        dataset = find_dataset(pk, self.by)
        page = page_of(visible_purges(self.by).filter(dataset=dataset), request, order=ORDER, about=f"purges {pk}")
        data = {"results": shapes.PurgeSerializer(page.items, many=True).data, "next": page.next}
        return link_pages(self.whole(data), request, page.next)

    @extend_schema(**shapes.ASK_PURGE)
    @once
    def post(self, request, pk):
        dataset = find_dataset(pk, self.by)
        check_may_ask_purge(self.by, dataset)
        given = shapes.PurgeInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)

        purge = ask_purge(dataset, numbers=fields.pop("versions"), **fields, by=self.by)

        address = reverse("api-purge", args=[pk, purge.pk])
        return self.described(purge, 201, headers={"Location": request.build_absolute_uri(address)})


class OnePurge(PurgeView):
    @extend_schema(**shapes.GET_PURGE)
    def get(self, request, pk, purge):
        return self.described(self.found(pk, purge))


class Withdraw(PurgeView):
    @extend_schema(**shapes.WITHDRAW_PURGE)
    def post(self, request, pk, purge):
        found = self.found(pk, purge)
        given = ReasonInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self.described(withdraw_purge(found, reason=given.validated_data["reason"], by=self.by))


class Refuse(PurgeView):
    @extend_schema(**shapes.REFUSE_PURGE)
    def post(self, request, pk, purge):
        found = self.found(pk, purge)
        given = ReasonInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self.described(refuse_purge(found, reason=given.validated_data["reason"], by=self.by))


class Decide(PurgeView):
    @extend_schema(**shapes.DECIDE_PURGE)
    def post(self, request, pk, purge):
        found = self.found(pk, purge)
        given = shapes.DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self.described(decide_purge(found, keep_current=given.validated_data["keep_current"], by=self.by))
