"""Datasets: the list of what the caller may know of, one of them whole, and the steward's changes."""

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.actions.datasets import activate_dataset, change_dataset, create_dataset, restore_dataset, retire_dataset
from catalog.api import schema
from catalog.api.access import find_dataset
from catalog.api.base import ApiView
from catalog.api.conditional import check_unchanged, etag_of
from catalog.api.detail import seen_by
from catalog.api.idempotency import once
from catalog.api.listing import DatasetFilter, listing
from catalog.api.pages import link_pages
from catalog.api.serializers import DatasetDetailSerializer, DatasetInput, DatasetSerializer, ReasonInput
from catalog.models import Dataset, Department, Scope


class DatasetView(ApiView):
    """A view that answers with one dataset whole."""

    def found(self, pk) -> Dataset:
        """The dataset, if the caller may know of it."""
        return find_dataset(pk, self.by)

    def described(self, dataset: Dataset) -> dict:
        """All that the caller may know of it."""
        return DatasetDetailSerializer(seen_by(dataset, self.by, self.request), context={"request": self.request}).data


class Datasets(DatasetView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(**schema.LIST_DATASETS)
    def get(self, request):
        found = listing(DatasetFilter.from_params(request.GET), request, by=self.by)
        data = {
            "results": DatasetSerializer(found.items, many=True, context={"request": request}).data,
            "total": found.total,
            "next": found.next,
            "facets": found.facets,
        }
        return link_pages(self.whole(data), request, found.next)

    @extend_schema(**schema.CREATE_DATASET)
    @once
    def post(self, request):
        given = DatasetInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        department = Department.objects.filter(code=fields.pop("department", ""), kind="department").first()
        if department is None:
            raise ValidationError({"department": _("Name your department by its code, as listed at /departments.")})

        dataset = create_dataset(department, fields, by=self.by)

        address = reverse("api-dataset", args=[dataset.pk])
        headers = {"Location": request.build_absolute_uri(address)}
        return Response(self.described(self.found(dataset.pk)), status=201, headers=headers)


class OneDataset(DatasetView):
    scopes = {"PATCH": Scope.WRITE}

    @extend_schema(**schema.GET_DATASET)
    def get(self, request, pk):
        return self.whole(self.described(self.found(pk)))

    @extend_schema(**schema.CHANGE_DATASET)
    def patch(self, request, pk):
        dataset = self.found(pk)
        if "If-Match" in request.headers:
            check_unchanged(request, etag_of(self.described(dataset)))
        given = DatasetInput(data=request.data)
        given.is_valid(raise_exception=True)

        change_dataset(dataset, dict(given.validated_data), by=self.by)

        return Response(self.described(self.found(pk)))


class Activate(DatasetView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(**schema.ACTIVATE_DATASET)
    @once
    def post(self, request, pk):
        activate_dataset(self.found(pk), by=self.by)
        return Response(self.described(self.found(pk)))


class Retire(DatasetView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(**schema.RETIRE_DATASET)
    @once
    def post(self, request, pk):
        dataset = self.found(pk)
        given = ReasonInput(data=request.data)
        given.is_valid(raise_exception=True)

        retire_dataset(dataset, reason=given.validated_data["reason"], by=self.by)

        return Response(self.described(self.found(pk)))


class Restore(DatasetView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(**schema.RESTORE_DATASET)
    @once
    def post(self, request, pk):
        restore_dataset(self.found(pk), by=self.by)
        return Response(self.described(self.found(pk)))
