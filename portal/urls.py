"""The map of the site."""

from django.urls import include, path

from portal import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", include("catalog.api.urls")),
    path("", include("catalog.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("sharing.urls")),
    path("", include("opendata.urls")),
]
