"""Where a dataset comes from by itself, by program: set, tried, run, paused, resumed, removed by its steward."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.actions import sources
from catalog.api import source_shapes as shapes
from catalog.api.idempotency import once
from catalog.api.serializers import JobSerializer
from catalog.api.views.keepers import KeepersView
from catalog.models import Source


class SourceView(KeepersView):
    """A view of the source of a dataset that the caller keeps."""

    def found(self, pk) -> Source:
        """Its source; where there is none, nothing is found."""
        source = sources.source_of(self.kept(pk))
        if source is None:
            raise Http404
        return source

    def described(self, pk) -> Response:
        """The source as it stands now."""
        return Response(shapes.SourceSerializer(self.found(pk)).data)


class OneSource(SourceView):
    @extend_schema(**shapes.GET_SOURCE)
    def get(self, request, pk):
        return self.described(pk)

    @extend_schema(**shapes.PUT_SOURCE)
    def put(self, request, pk):
        dataset = self.kept(pk)
        given = shapes.SourceInput(data=request.data)
        given.is_valid(raise_exception=True)
        sources.set_source(dataset, dict(given.validated_data), by=self.by)
        return self.described(pk)

    @extend_schema(**shapes.DELETE_SOURCE)
    def delete(self, request, pk):
        sources.remove_source(self.found(pk), by=self.by)
        return HttpResponse(status=204)


class Test(SourceView):
    @extend_schema(**shapes.TEST_SOURCE)
    def post(self, request, pk):
        return Response(shapes.SampleSerializer(sources.test_source(self.found(pk), by=self.by)).data)


class Trust(SourceView):
    @extend_schema(**shapes.TRUST_KEY)
    def post(self, request, pk):
        source = self.found(pk)
        given = shapes.HostKeyInput(data=request.data)
        given.is_valid(raise_exception=True)
        sources.trust_key(source, given.validated_data["key"], by=self.by)
        return self.described(pk)


class RenewKey(SourceView):
    @extend_schema(**shapes.RENEW_KEY)
    def post(self, request, pk):
        sources.renew_key(self.found(pk), by=self.by)
        return self.described(pk)


class Run(SourceView):
    @extend_schema(**shapes.RUN_SOURCE)
    @once
    def post(self, request, pk):
        job = sources.run_source(self.found(pk), by=self.by)
        headers = {"Location": request.build_absolute_uri(reverse("api-job", args=[job.pk])), "Retry-After": "1"}
        return Response(JobSerializer(job).data, status=202, headers=headers)


class Pause(SourceView):
    @extend_schema(**shapes.PAUSE_SOURCE)
    def post(self, request, pk):
        source = self.found(pk)
        given = shapes.PauseInput(data=request.data)
        given.is_valid(raise_exception=True)
        sources.pause_source(source, reason=given.validated_data["reason"], by=self.by)
        return self.described(pk)


class Resume(SourceView):
    @extend_schema(**shapes.RESUME_SOURCE)
    def post(self, request, pk):
        sources.resume_source(self.found(pk), by=self.by)
        return self.described(pk)
