"""`/log/receipts/<event>`: the proof of one entry, for whoever may read the event; to all others it is not there."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from audit.receipts import receipt
from audit.verify import Refused
from catalog.api.base import ApiView
from catalog.api.problems import Problem
from catalog.permissions import readable_events
from sharing.permissions import readable_steps

TEXT = "text/plain; charset=utf-8"


class OneReceipt(ApiView):
    """GET: the receipt as a `.tlog-proof` file; 202 while no published checkpoint holds the event."""

    def get(self, request, pk):
        event = readable_events(self.by).filter(uuid=pk).first() or readable_steps(self.by).filter(uuid=pk).first()
        if event is None:
            raise Http404
        try:
            found = receipt(event)
        except Refused as reason:
            raise Problem("internal-error", str(reason)) from reason
        if found is None:
            return _waiting()
        response = HttpResponse(str(found), content_type=TEXT)
        response["Content-Disposition"] = f'attachment; filename="{pk}.tlog-proof"'
        response["Cache-Control"] = "private, no-cache"
        return response


def _waiting() -> HttpResponse:
    words = _("The event is written, but no published checkpoint holds it yet. Ask again in a second.")
    response = HttpResponse(f"{words}\n", status=202, content_type=TEXT)
    response["Retry-After"] = "1"
    response["Cache-Control"] = "no-store"
    return response
