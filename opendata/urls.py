"""The addresses of opening and of downloads."""

from django.urls import path

from opendata import downloads, views

urlpatterns = [
    path("desk/datasets/<uuid:pk>/submit/", views.propose, name="submit"),
    path("desk/datasets/<uuid:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("submissions/", views.submissions, name="submissions"),
    path("submissions/<uuid:pk>/", views.submission, name="submission"),
    path("submissions/<uuid:pk>/return/", views.give_back, name="submission-return"),
    path("submissions/<uuid:pk>/withdraw/", views.take_back, name="submission-withdraw"),
    path("files/<uuid:pk>/", downloads.file, name="file"),
    path("files/<uuid:pk>/<str:name>", downloads.file, name="file"),
    path("releases/<uuid:pk>/manifest.json", downloads.manifest, name="manifest"),
    path("documents/<uuid:pk>/", downloads.document, name="document"),
    path("documents/<uuid:pk>/<str:name>", downloads.document, name="document"),
]
