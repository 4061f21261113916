"""`/api/v1/requests/{id}/dry-runs`: what terms would let out, before anybody agrees to them."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.models import Least, Scope
from catalog.terms import Terms
from sharing.actions.dry_runs import make_dry_run
from sharing.api.requests import REQUESTS
from sharing.dry_run.joins import known_datasets, ledger_for
from sharing.models import Request
from sharing.permissions import check_may_answer_request, visible_requests


class Tried(serializers.Serializer):
    """The terms to try; without any, those that were asked for."""

    columns = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True, max_length=40),
        required=False,
        help_text="Fewer columns, or stronger masks: each with its mask, or null for as it is.",
    )
    where = serializers.CharField(
        required=False, allow_blank=True, max_length=4000, help_text="A further condition on rows."
    )
    telling = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        help_text="The columns that together tell people apart, where other ones are meant than the dictionary says.",
    )
    least = serializers.ChoiceField(
        Least.choices, required=False, default="", help_text="No more than counts, or yes or no; empty: as asked."
    )


class Groups(serializers.Serializer):
    """How rows are told apart; null where no column tells them apart."""

    rows = serializers.IntegerField()
    groups = serializers.IntegerField(allow_null=True)
    smallest = serializers.IntegerField(allow_null=True, help_text="Rows of the smallest group.")
    unique = serializers.IntegerField(allow_null=True, help_text="Rows that are alone in their group.")
    counted = serializers.DictField(
        child=serializers.IntegerField(), help_text="Distinct values of each column that names persons or enterprises."
    )


class Counts(serializers.Serializer):
    """What counts could tell, where no more is lent: then no row leaves, and nothing is added to what is read."""

    least = serializers.CharField(help_text="count, or yes-no.")
    group = serializers.IntegerField(help_text="The smallest group that is told.")
    questions = serializers.IntegerField(help_text="Different questions in a month.")
    people = serializers.CharField(help_text="The column by which people are counted; empty where rows are.")
    by = serializers.ListField(child=serializers.CharField(), help_text="The columns by which it may be asked.")
    rows = serializers.IntegerField(default=None, allow_null=True, help_text="Rows that are counted; null: unsaid.")
    groups = serializers.IntegerField(default=None, allow_null=True, help_text="Null where no column tells apart.")
    large = serializers.IntegerField(default=None, allow_null=True, help_text="Groups that are large enough.")
    counted = serializers.DictField(child=serializers.IntegerField(), default=dict)


class DryRunShape(serializers.Serializer):
    """What terms would let out of a version, beside what the requester reads today."""

    id = serializers.UUIDField()
    version = serializers.IntegerField(source="version.number")
    columns = serializers.SerializerMethodField(help_text="The columns that were tried, each with its mask.")
    where = serializers.SerializerMethodField(help_text="The condition on rows that was tried.")
    terms_sha256 = serializers.CharField()
    telling = serializers.ListField(source="figures.telling", child=serializers.CharField())
    today = Groups(source="figures.today", default=None, allow_null=True, help_text="Null where nothing is read.")
    proposed = Groups(
        source="figures.proposed", default=None, allow_null=True, help_text="Null where unsaid, and for counts."
    )
    counts = Counts(source="figures.counts", default=None, allow_null=True, help_text="Null where rows are lent.")
    added = serializers.JSONField(source="figures.added", default=None, help_text="Rows and distinct values more.")
    suggestions = serializers.JSONField(source="figures.suggestions", help_text="Changes with their measured effect.")
    ledger = serializers.SerializerMethodField(
        help_text="What could be joined with what the requester reads already: shares in steps of ten per cent."
    )
    unsaid = serializers.ListField(source="figures.unsaid", child=serializers.CharField())
    made_at = serializers.DateTimeField()

    def _terms(self, run):
        return Terms.from_json(run.terms).tables[run.request.table]

    def get_columns(self, run) -> dict[str, str | None]:
        return self._terms(run).columns

    def get_where(self, run) -> str:
        return self._terms(run).where

    def get_ledger(self, run) -> list[dict]:
        return ledger_for(run.figures["ledger"]["entries"], self.context["names"])


class DryRuns(ApiView):
    signed_in = True
    scopes = {"GET": Scope.GRANT, "POST": Scope.GRANT}

    @extend_schema(
        tags=[REQUESTS],
        summary="List the dry runs of a request",
        description="What was tried, the newest first. For whoever decides about the request.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("DryRunPage", DryRunShape, next=NEXT)},
    )
    def get(self, request, pk):
        found = self._decided(pk)
        runs = found.dry_runs.select_related("version", "request")
        page = page_of(runs, request, order=("-made_at", "-id"), about=f"dry runs of {found.pk}")
        results = DryRunShape(page.items, many=True, context={"names": self._names(page.items)}).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[REQUESTS],
        summary="Try terms",
        description="What these terms would let out, never more than was asked. Equal terms over equal data are "
        "computed once, and those of one request only so often an hour. It is written down, as any reading is. For "
        "approvers of the department that owns the dataset, by a key with the scopes `read` and `grant`.",
        request=Tried,
        responses={200: DryRunShape},
    )
    def post(self, request, pk):
        found = self._decided(pk)
        given = Tried(data=request.data)
        given.is_valid(raise_exception=True)

        run = make_dry_run(found, **given.validated_data, by=self.by)

        return Response(DryRunShape(run, context={"names": self._names([run])}).data)

    def _names(self, runs) -> dict[str, str]:
        """The datasets in the ledgers of these runs that the caller may know of: one question for all of them."""
        return known_datasets([entry for run in runs for entry in run.figures["ledger"]["entries"]], by=self.by)

    def _decided(self, pk) -> Request:
        """The request, for whoever decides about it."""
        found = get_object_or_404(visible_requests(self.by), pk=pk)
        check_may_answer_request(self.by, found)
        return found
