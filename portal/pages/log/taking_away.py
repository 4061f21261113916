"""Events as a file, for an auditor by session or key: the filtered ones with the checkpoint, one a line."""

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone

from audit.export import export_lines
from catalog.api.base import ApiView
from catalog.api.problems import Problem
from catalog.permissions import can, check_may_audit
from portal.pages.log.actions import export_log
from portal.pages.log.filters import FilterForm
from portal.pages.log.state import log_now

NDJSON = "application/x-ndjson"


class Export(ApiView):
    """GET: the events that the filters of the timeline find, oldest first, one a line."""

    signed_in = True

    def get(self, request):
        if not can(check_may_audit, self.by):
            raise Http404
        form = FilterForm(request.GET)
        if not form.is_valid():
            errors = [{"parameter": name, "detail": " ".join(all_of)} for name, all_of in form.errors.items()]
            raise Problem("bad-parameter", errors[0]["detail"], errors=errors)
        point = log_now().point  # before the count: everything that it holds is among the events that are counted
        events = form.events()
        count, filters = events.count(), form.stated()

        export_log(filters, count, by=self.by, private=form.private())

        lines = export_lines(events, checkpoint=point, origin=settings.LOG_ORIGIN, filters=filters, most=count)
        response = StreamingHttpResponse(lines, content_type=NDJSON)
        response["Content-Disposition"] = f'attachment; filename="events-{timezone.now():%Y%m%d-%H%M%S}.ndjson"'
        response["Cache-Control"] = "private, no-store"
        return response
