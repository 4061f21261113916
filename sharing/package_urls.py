"""The addresses of packages, of the keys that they are sealed to, and of what a department holds."""

from django.urls import path

from sharing.views import held, packages, plans, recipient_keys

urlpatterns = [
    path("grants/held/", held.held, name="held"),
    path("grants/<uuid:pk>/packages/", packages.packages, name="packages"),
    path("grants/<uuid:pk>/packages/plan/", plans.new, name="package-plan-new"),
    path("packages/<uuid:pk>/", packages.package, name="package"),
    path("packages/<uuid:pk>/again/", packages.again, name="package-again"),
    path("packages/<uuid:pk>/link/", packages.link, name="package-link"),
    path("packages/<uuid:pk>/manifest", packages.manifest, name="package-manifest"),
    path("packages/files/<str:token>", packages.file, name="package-file"),
    path("packages/plans/<uuid:pk>/take-over/", plans.take_over, name="package-plan-take"),
    path("packages/plans/<uuid:pk>/end/", plans.end, name="package-plan-end"),
    path("desk/recipient-keys/", recipient_keys.keys, name="recipient-keys"),
    path("desk/recipient-keys/new/", recipient_keys.new, name="recipient-key-new"),
    path("desk/recipient-keys/<uuid:pk>/", recipient_keys.key, name="recipient-key"),
    path("desk/recipient-keys/<uuid:pk>/retire/", recipient_keys.retire, name="recipient-key-retire"),
]
