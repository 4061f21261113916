"""The map of `/api/`: what the catalogue offers to programs. Other apps' addresses are joined in portal/urls.py."""

from django.urls import include, path

from catalog.api.docs import Docs, Redoc, Schema
from catalog.api.views import (
    checks,
    datasets,
    diff,
    exports,
    keys,
    lists,
    loads,
    parts,
    purges,
    root,
    rows,
    sources,
    suggest,
)

of_dataset = [
    path("", datasets.OneDataset.as_view(), name="api-dataset"),
    path("/activate", datasets.Activate.as_view(), name="api-dataset-activate"),
    path("/retire", datasets.Retire.as_view(), name="api-dataset-retire"),
    path("/restore", datasets.Restore.as_view(), name="api-dataset-restore"),
    path("/columns", parts.Columns.as_view(), name="api-columns"),
    path("/files", parts.Files.as_view(), name="api-files"),
    path("/versions", loads.VersionsAndLoads.as_view(), name="api-versions"),
    path("/retention", checks.Retention.as_view(), name="api-retention"),
    path("/versions/<int:number>/check", checks.Check.as_view(), name="api-version-check"),
    path("/versions/<int:number>/confirm", checks.Confirm.as_view(), name="api-version-confirm"),
    path("/versions/<int:number>/discard", checks.Discard.as_view(), name="api-version-discard"),
    path("/diff", diff.Diff.as_view(), name="api-diff"),
    path("/tables/<str:table>/diff", diff.Diff.as_view(), name="api-table-diff"),
    path("/rows", rows.Rows.as_view(), name="api-rows"),
    path("/tables/<str:table>/rows", rows.Rows.as_view(), name="api-table-rows"),
    path("/exports", exports.DatasetExports.as_view(), name="api-dataset-exports"),
    path("/tables/<str:table>/exports", exports.DatasetExports.as_view(), name="api-table-exports"),
    path("/versions/<int:number>/files", parts.Files.as_view(), name="api-version-files"),
    path("/versions/<int:number>/rows", rows.Rows.as_view(), name="api-version-rows"),
    path("/versions/<int:number>/tables/<str:table>/rows", rows.Rows.as_view(), name="api-version-table-rows"),
    path("/versions/<int:number>/exports", exports.DatasetExports.as_view(), name="api-version-exports"),
    path(
        "/versions/<int:number>/tables/<str:table>/exports",
        exports.DatasetExports.as_view(),
        name="api-version-table-exports",
    ),
]

of_purge = [
    path("", purges.OnePurge.as_view(), name="api-purge"),
    path("/withdraw", purges.Withdraw.as_view(), name="api-purge-withdraw"),
    path("/refuse", purges.Refuse.as_view(), name="api-purge-refuse"),
    path("/decide", purges.Decide.as_view(), name="api-purge-decide"),
]

of_source = [
    path("", sources.OneSource.as_view(), name="api-source"),
    path("/test", sources.Test.as_view(), name="api-source-test"),
    path("/trust", sources.Trust.as_view(), name="api-source-trust"),
    path("/key", sources.RenewKey.as_view(), name="api-source-key"),
    path("/run", sources.Run.as_view(), name="api-source-run"),
    path("/pause", sources.Pause.as_view(), name="api-source-pause"),
    path("/resume", sources.Resume.as_view(), name="api-source-resume"),
]

version_1 = [
    path("", root.Root.as_view(), name="api-root"),
    path("datasets", datasets.Datasets.as_view(), name="api-datasets"),
    path("datasets/<uuid:pk>", include(of_dataset)),
    path("datasets/<uuid:pk>/purges", purges.Purges.as_view(), name="api-purges"),
    path("datasets/<uuid:pk>/purges/<uuid:purge>", include(of_purge)),
    path("datasets/<uuid:pk>/source", include(of_source)),
    path("suggest", suggest.Suggest.as_view(), name="api-suggest"),
    path("departments", lists.Departments.as_view(), name="api-departments"),
    path("themes", lists.Themes.as_view(), name="api-themes"),
    path("keys", keys.Keys.as_view(), name="api-keys"),
    path("keys/<uuid:pk>", keys.OneKey.as_view(), name="api-key"),
    path("exports", exports.Exports.as_view(), name="api-exports"),
    path("exports/<uuid:pk>", exports.OneExport.as_view(), name="api-export"),
    path("exports/<uuid:pk>/file", exports.ExportFile.as_view(), name="api-export-file"),
    path("jobs/<uuid:pk>", loads.OneJob.as_view(), name="api-job"),
]

urlpatterns = [
    path("v1/", include(version_1)),
    path("openapi.json", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
    path("redoc/", Redoc.as_view(), name="api-redoc"),
    path("<path:rest>", root.Nowhere.as_view(), name="api-nowhere"),
]
