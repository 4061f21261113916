"""What a steward decides by program: a version is looked at, made current or discarded, and how long versions stay."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from catalog.actions.retention import set_retention
from catalog.actions.versions import confirm_version, discard_version
from catalog.api import check_shapes as shapes
from catalog.api.idempotency import once
from catalog.api.serializers import ReasonInput
from catalog.api.views.keepers import KeepersView
from catalog.models import Version


class CheckView(KeepersView):
    """A view of one of its versions."""

    def version(self, pk, number) -> Version:
        """One of its versions that is still there."""
        versions = self.kept(pk).versions.exclude(state__in=Version.GONE).select_related("dataset__current")
        return get_object_or_404(versions, number=number)


class Check(CheckView):
    @extend_schema(**shapes.CHECK_VERSION)
    def get(self, request, pk, number):
        return Response(shapes.CheckSerializer(self.version(pk, number)).data)


class Confirm(CheckView):
    @extend_schema(**shapes.CONFIRM_VERSION)
    @once
    def post(self, request, pk, number):
        version = self.version(pk, number)
        given = shapes.ConfirmInput(data=request.data)
        given.is_valid(raise_exception=True)
        confirm_version(version, by=self.by, answer=given.said())
        return Response(shapes.CheckSerializer(self.version(pk, number)).data)


class Discard(CheckView):
    @extend_schema(**shapes.DISCARD_VERSION)
    def post(self, request, pk, number):
        version = self.version(pk, number)
        given = ReasonInput(data=request.data)
        given.is_valid(raise_exception=True)
        discard_version(version, reason=given.validated_data["reason"], by=self.by)
        return HttpResponse(status=204)


class Retention(KeepersView):
    @extend_schema(**shapes.GET_RETENTION)
    def get(self, request, pk):
        return Response(shapes.RetentionSerializer(self.kept(pk)).data)

    @extend_schema(**shapes.PUT_RETENTION)
    def put(self, request, pk):
        dataset = self.kept(pk)
        given = shapes.RetentionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        changed = set_retention(dataset, versions=said["keep_versions"], days=said["keep_days"], by=self.by)
        return Response(shapes.RetentionSerializer(changed).data)
