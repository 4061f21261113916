"""`/api/v1/boards/{department}`: how a department keeps the clocks, in figures."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from catalog.api.base import ApiView
from catalog.api.problems import bad_parameter
from catalog.api.schema import IF_NONE_MATCH
from catalog.api.serializers import DepartmentName
from catalog.models import Scope
from sharing.board import PERIODS, board_of, departments_on_board

DAYS = OpenApiParameter("days", OpenApiTypes.INT, enum=PERIODS, default=PERIODS[-1], description="The last so many.")


class BoardSerializer(serializers.Serializer):
    """The figures of one department as an owner of data, over the last days."""

    department = DepartmentName()
    days = serializers.IntegerField()
    replied = serializers.IntegerField(help_text="Replies given: agreed, refused, or handed to the authority late.")
    in_time = serializers.IntegerField()
    late = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Replies in time of a hundred.")
    median = serializers.FloatField(allow_null=True, help_text="Working days to a reply; open questions do not count.")
    waiting = serializers.IntegerField(help_text="Replies and deliveries that are due now or later.")
    overdue = serializers.IntegerField()
    returned = serializers.IntegerField(help_text="Requests returned with questions.")
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="By the code of the reason.")


class OneBoard(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=["Requests"],
        summary="Read how a department keeps the clocks",
        description="For stewards and approvers of the department, the authority and auditors.",
        parameters=[DAYS, IF_NONE_MATCH],
        responses={200: BoardSerializer},
    )
    def get(self, request, pk):
        department = get_object_or_404(departments_on_board(self.by), pk=pk)
        wanted = request.GET.get("days", str(PERIODS[-1]))
        if wanted not in map(str, PERIODS):
            raise bad_parameter("days", _("This is one of: %(known)s.") % {"known": ", ".join(map(str, PERIODS))})
        return self.whole(BoardSerializer(board_of(department, days=int(wanted))).data)
