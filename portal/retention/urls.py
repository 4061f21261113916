"""The addresses of retention, holds and erasure."""

from django.urls import path

from portal.retention import views

urlpatterns = [
    path("retention/", views.kept, name="retention"),
    path("retention/set/", views.set_months, name="retention-set"),
    path("retention/erase/", views.erase, name="details-erase"),
    path("retention/holds/new/", views.new_hold, name="hold-new"),
    path("retention/holds/<uuid:pk>/lift/", views.lift, name="hold-lift"),
]
