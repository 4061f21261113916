from django.apps import AppConfig
from django.core.checks import Tags, register


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self):
        """A deployment hears of a search index that waits to be made anew."""
        from catalog.checks import check_search_index  # which needs the models, and those are there only now

        register(check_search_index, Tags.database, deploy=True)
