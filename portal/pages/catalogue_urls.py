"""The internal catalogue, for people of departments and of enterprises."""

from django.urls import path

from portal.pages import catalogue

urlpatterns = [
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/<uuid:pk>/", catalogue.entry, name="catalogue-dataset"),
]
