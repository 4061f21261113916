"""The addresses of grants."""

from django.urls import path

from sharing import views

urlpatterns = [
    path("grants/", views.grants, name="grants"),
    path("grants/<uuid:pk>/", views.grant, name="grant"),
    path("grants/<uuid:pk>/events/", views.events, name="grant-events"),
    path("grants/<uuid:pk>/suspend/", views.move, {"verb": "suspend"}, name="grant-suspend"),
    path("grants/<uuid:pk>/resume/", views.move, {"verb": "resume"}, name="grant-resume"),
    path("grants/<uuid:pk>/revoke/", views.move, {"verb": "revoke"}, name="grant-revoke"),
    path("grants/<uuid:pk>/rows.csv", views.rows_csv, name="grant-csv"),
    path("desk/datasets/<uuid:pk>/grants/new/", views.new, name="grant-new"),
]
