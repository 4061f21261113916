"""The addresses of the log for people. Its files are in `audit.urls`."""

from django.urls import path

from portal.pages.log import event, public, receipts, taking_away, timeline

urlpatterns = [
    path("log/", public.log, name="log"),
    path("log/verify.py", public.verifier, name="log-verifier"),
    path("log/receipts/<uuid:pk>", receipts.OneReceipt.as_view(), name="receipt"),
    path("audit/", timeline.timeline, name="audit"),
    path("audit/events.ndjson", taking_away.Export.as_view(), name="audit-export"),
    path("audit/events/<uuid:pk>/", event.event, name="audit-event"),
]
