"""The map of the site."""

from django.urls import include, path

from portal import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include("sharing.api.urls")),
    path("api/", include("catalog.api.urls")),
    path("", include("audit.urls")),
    path("", include("portal.pages.log.urls")),
    path("", include("catalog.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.pages.desk.urls")),
    path("", include("portal.pages.export_urls")),
    path("", include("portal.retention.urls")),
    path("", include("portal.pages.catalogue_urls")),
    path("", include("portal.pages.board_urls")),
    path("", include("sharing.urls")),
    path("", include("opendata.urls")),
    path("", include("portal.pages.public_urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.failed"
