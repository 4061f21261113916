"""The addresses of those who decide about requests."""

from django.urls import path

from sharing.deciding import ACTS
from sharing.views import deciding, inbox

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<uuid:pk>/", deciding.asked, name="inbox-request"),
    path("inbox/<uuid:pk>/try/", deciding.dry_run, name="inbox-try"),
    *(path(f"inbox/<uuid:pk>/{name}/", deciding.act, {"name": name}, name=f"inbox-{name}") for name in ACTS),
]
