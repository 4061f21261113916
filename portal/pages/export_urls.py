"""Addresses of prepared files."""

from django.urls import path

from portal.pages import exports

urlpatterns = [
    path("datasets/<uuid:pk>/export/", exports.new, name="export-new"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<uuid:pk>/", exports.export, name="export"),
    path("exports/<uuid:pk>/file", exports.file, name="export-file"),
    path("exports/<uuid:pk>/end/", exports.end, name="export-end"),
]
