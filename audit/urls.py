"""The log as files (C2SP tlog-tiles)."""

from django.urls import path, re_path

from audit import views

NUMBER = r"(?P<number>(?:x\d{3}/){0,6}\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?"

urlpatterns = [
    path("log/checkpoint", views.checkpoint, name="log-checkpoint"),
    path("log/vkey", views.vkey, name="log-vkey"),
    re_path(rf"^log/tile/(?P<level>\d{{1,2}})/{NUMBER}$", views.tile, name="log-tile"),
    re_path(rf"^log/tile/entries/{NUMBER}$", views.entries, name="log-entries"),
]
