"""Addresses of the catalogue's own pages."""

from django.urls import path

from catalog.views import loads

urlpatterns = [
    path("desk/datasets/<uuid:pk>/load/", loads.load, name="load"),
    path("desk/versions/<uuid:pk>/", loads.version_check, name="version-check"),
    path("jobs/<uuid:pk>/", loads.job, name="job"),
]
