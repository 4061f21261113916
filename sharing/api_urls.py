"""The addresses of grants in the API, below /api/v1/."""

from django.urls import path

from sharing import api

urlpatterns = [
    path("grants", api.Grants.as_view(), name="api-grants"),
    path("grants/<uuid:pk>", api.OneGrant.as_view(), name="api-grant"),
    path("grants/<uuid:pk>/events", api.GrantEvents.as_view(), name="api-grant-events"),
    path("grants/<uuid:pk>/suspend", api.Suspend.as_view(), name="api-grant-suspend"),
    path("grants/<uuid:pk>/resume", api.Resume.as_view(), name="api-grant-resume"),
    path("grants/<uuid:pk>/revoke", api.Revoke.as_view(), name="api-grant-revoke"),
]
