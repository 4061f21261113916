"""Addresses of the catalogue's own pages."""

from django.urls import path

from catalog.views import loads

urlpatterns = [
    path("desk/datasets/<uuid:pk>/load/", loads.load, name="load"),
    path("desk/versions/<uuid:pk>/", loads.version_check, name="version-check"),
    path("desk/versions/<uuid:pk>/bad-cells/<str:table>/", loads.bad_cells, name="bad-cells"),
    path("jobs/<uuid:pk>/", loads.job, name="job"),
]
