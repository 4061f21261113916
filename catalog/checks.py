"""What `manage.py check --deploy` says of the catalogue: that its search index waits to be made anew."""

from django.core.checks import Warning
from django.db import DatabaseError

from catalog.search.rebuilding import due


def check_search_index(app_configs=None, **kwargs) -> list[Warning]:
    """A changed dictionary or mapping asks for a rebuild; before the first migration there is nothing to say."""
    try:
        said = due()
    except DatabaseError:
        return []
    hint = "The workers begin it within five minutes; manage.py reindex --due does it now."
    return [Warning(said, hint=hint, id="catalog.W001")] if said else []
