"""Loading a file by program: the upload, and the job that reads it."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from catalog.actions.loads import start_load
from catalog.api import schema
from catalog.api.access import find_dataset
from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.parsers import FormParser
from catalog.api.serializers import JobSerializer, VersionInput
from catalog.api.views.parts import Versions
from catalog.models import Job, Role, Scope
from catalog.permissions import check_may_keep, departments_of


@extend_schema_view(get=extend_schema(**schema.LIST_VERSIONS))
class VersionsAndLoads(Versions):
    parser_classes = [FormParser]
    scopes = {"POST": Scope.WRITE}

    @extend_schema(**schema.LOAD_VERSION)
    def post(self, request, pk):
        dataset = find_dataset(pk, self.by)
        check_may_keep(self.by, dataset)  # before the file is taken in: the action asks again
        return self._load(request, dataset)

    @once
    def _load(self, request, dataset):
        given = VersionInput(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]

        job = start_load(
            dataset,
            file,
            name=file.name,
            by=self.by,
            reading=given.validated_data.get("reading"),
            confirm=given.validated_data["confirm"],
            mode=given.validated_data["mode"],
        )

        headers = {"Location": request.build_absolute_uri(reverse("api-job", args=[job.pk])), "Retry-After": "1"}
        return Response(JobSerializer(job).data, status=202, headers=headers)


class OneJob(ApiView):
    signed_in = True

    @extend_schema(**schema.GET_JOB)
    def get(self, request, pk):
        kept = departments_of(self.by, Role.STEWARD)
        jobs = Job.objects.filter(dataset__department__in=kept).select_related("version")
        if self.by.key is not None and self.by.key.datasets.exists():
            jobs = jobs.filter(dataset__in=self.by.key.datasets.all())
        return self.whole(JobSerializer(get_object_or_404(jobs, pk=pk)).data)
