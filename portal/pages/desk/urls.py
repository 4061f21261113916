"""The desk. Pages of loads, grants and submissions stand in their own apps."""

from django.urls import path

from portal.pages.desk import dataset, describe, dictionary, history, home, inbox, keeping, links, purges, sources

urlpatterns = [
    path("desk/", home.desk, name="desk"),
    path("desk/datasets/", home.datasets, name="desk-datasets"),
    path("desk/datasets/new/", describe.new, name="dataset-new"),
    path("desk/datasets/<uuid:pk>/", dataset.dataset, name="dataset-desk"),
    path("desk/datasets/<uuid:pk>/edit/", describe.edit, name="dataset-edit"),
    path("desk/datasets/<uuid:pk>/activate/", describe.activate, name="dataset-activate"),
    path("desk/datasets/<uuid:pk>/retire/", describe.retire, name="dataset-retire"),
    path("desk/datasets/<uuid:pk>/restore/", describe.restore, name="dataset-restore"),
    path("desk/datasets/<uuid:pk>/dictionary/", dictionary.dictionary, name="dictionary"),
    path("desk/datasets/<uuid:pk>/keeping/", keeping.keeping, name="dataset-keeping"),
    path("desk/datasets/<uuid:pk>/destruction/", purges.new, name="purge-new"),
    path("desk/destructions/", purges.purges, name="purges"),
    path("desk/destructions/<uuid:pk>/", purges.purge, name="purge"),
    path("desk/destructions/<uuid:pk>/decide/", purges.decide, name="purge-decide"),
    path("desk/destructions/<uuid:pk>/refuse/", purges.refuse, name="purge-refuse"),
    path("desk/destructions/<uuid:pk>/withdraw/", purges.withdraw, name="purge-withdraw"),
    path("desk/datasets/<uuid:pk>/links/", links.links, name="links"),
    path("desk/datasets/<uuid:pk>/links/<uuid:link>/remove/", links.remove, name="link-remove"),
    path("desk/datasets/<uuid:pk>/source/", sources.source, name="source"),
    path("desk/datasets/<uuid:pk>/source/test/", sources.test, name="source-test"),
    path("desk/datasets/<uuid:pk>/source/trust/", sources.trust, name="source-trust"),
    path("desk/datasets/<uuid:pk>/source/key/", sources.key, name="source-key"),
    path("desk/datasets/<uuid:pk>/source/run/", sources.run, name="source-run"),
    path("desk/datasets/<uuid:pk>/source/pause/", sources.pause, name="source-pause"),
    path("desk/datasets/<uuid:pk>/source/resume/", sources.resume, name="source-resume"),
    path("desk/datasets/<uuid:pk>/source/remove/", sources.remove, name="source-remove"),
    path("desk/datasets/<uuid:pk>/source/<str:kind>/", sources.edit, name="source-set"),
    path("datasets/<uuid:pk>/history/", history.history, name="dataset-history"),
    path("desk/messages/", inbox.inbox, name="messages"),
    path("desk/messages/<uuid:pk>/", inbox.message, name="message"),
]
