"""`/api/v1/calendar`: the days that the authority has set over the country's calendar."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.models import Scope
from catalog.permissions import is_officer
from sharing.calendar import warning
from sharing.models import CalendarDay


class CalendarDaySerializer(serializers.Serializer):
    """A day that the authority has set."""

    day = serializers.DateField()
    is_working = serializers.BooleanField(help_text="Whether clocks count it.")
    why = serializers.CharField()
    set_at = serializers.DateTimeField()


COUNTRY = serializers.CharField(help_text="The calendar below the set days: china, or weekdays.")
WARNING = serializers.CharField(help_text="What is amiss, such as a year that is not announced; empty if nothing is.")


class CalendarDays(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=["Requests"],
        summary="List the days of the city's calendar",
        description="The days that the authority has set as worked or free, over the country's calendar, by date. For "
        "officers; the clocks of requests count by them.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("CalendarPage", CalendarDaySerializer, next=NEXT, country=COUNTRY, warning=WARNING)},
    )
    def get(self, request):
        days = CalendarDay.objects.all() if is_officer(self.by) else CalendarDay.objects.none()
        page = page_of(days, request, order=("day",), about="calendar")
        results = CalendarDaySerializer(page.items, many=True).data
        whole = {"results": results, "next": page.next, "country": settings.WORKING_CALENDAR, "warning": warning()}
        return link_pages(self.whole(whole), request, page.next)
