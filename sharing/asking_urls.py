"""The addresses by which data is asked for."""

from django.urls import path

from sharing.views import asked, asking, basket

urlpatterns = [
    path("basket/", basket.basket, name="basket"),
    path("requests/", asked.requests, name="requests"),
    path("requests/<uuid:pk>/", asked.asked, name="request"),
    path("requests/<uuid:pk>/draft/", asking.draft, name="request-draft"),
    path("requests/<uuid:pk>/draft/check/", asking.check, name="request-check"),
    path("requests/<uuid:pk>/draft/<slug:slug>/", asking.page, name="request-page"),
    path("requests/<uuid:pk>/sent/", asking.sent, name="request-sent"),
    *(path(f"requests/<uuid:pk>/{name}/", asked.act, {"name": name}, name=f"request-{name}") for name in asked.ACTS),
]
