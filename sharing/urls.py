"""The addresses of exchange: grants here; asking, deciding, clocks and packages each in a file of their own."""

from django.urls import include, path

from sharing.views import bridges, keys
from sharing.views import grants as views
from sharing.views.grant_moves import STEPS, move

urlpatterns = [
    path("", include("sharing.asking_urls")),
    path("", include("sharing.inbox_urls")),
    path("", include("sharing.clock_urls")),
    path("", include("sharing.package_urls")),
    path("grants/", views.grants, name="grants"),
    path("grants/<uuid:pk>/", views.grant, name="grant"),
    path("grants/<uuid:pk>/events/", views.events, name="grant-events"),
    *(path(f"grants/<uuid:pk>/{verb}/", move, {"verb": verb}, name=f"grant-{verb}") for verb in STEPS),
    path("grants/<uuid:pk>/bridges/new/", bridges.new, name="bridge-new"),
    path("bridges/", bridges.bridges, name="bridges"),
    path("bridges/<uuid:pk>/", bridges.bridge, name="bridge"),
    *(
        path(f"bridges/<uuid:pk>/{verb}/", bridges.move, {"verb": verb}, name=f"bridge-{verb}")
        for verb in bridges.STEPS
    ),
    path("grants/<uuid:pk>/keys/new/", keys.new, name="grant-key-new"),
    path("grants/<uuid:pk>/keys/<uuid:key>/rotate/", keys.rotate, name="grant-key-rotate"),
    path("grants/<uuid:pk>/rows.csv", views.rows_csv, name="grant-csv"),
    path("desk/datasets/<uuid:pk>/grants/new/", views.new, name="grant-new"),
]
