"""What `manage.py check --deploy --database default` says of the log."""

from django.core.checks import Error
from django.db import connections

from audit.guards import weaknesses

HINT = "Run manage.py lockdown as the owner; docs/operator.md says which roles there are, and what each may do."


def check_log_is_closed(app_configs=None, databases=None, **kwargs) -> list[Error]:
    """An error for each way in which the application could change events, or could not add them."""
    if "default" not in (databases or []):
        return []
    return [Error(sentence, hint=HINT, id="audit.E001") for sentence in weaknesses(connections["default"])]
