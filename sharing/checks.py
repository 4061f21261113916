"""What `manage.py check` says of the clocks: rules that mean nothing, and years that the calendar does not know."""

from django.conf import settings
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

from sharing.calendar import COUNTRIES, warning
from sharing.clock_rules import read_rules


def check_rules(app_configs=None, **kwargs) -> list[Error]:
    """A setting that means nothing stops the start, not the first request."""
    found = []
    try:
        read_rules(settings.CLOCK_RULES)
    except ImproperlyConfigured as wrong:
        found.append(Error(str(wrong), id="sharing.E001"))
    if settings.WORKING_CALENDAR not in COUNTRIES:
        found.append(Error(f"WORKING_CALENDAR is one of: {', '.join(COUNTRIES)}.", id="sharing.E002"))
    return found


def check_years(app_configs=None, **kwargs) -> list[Warning]:
    """A year within reach of a clock that the country's calendar does not know yet is counted by the week."""
    if settings.WORKING_CALENDAR not in COUNTRIES or not (said := warning()):
        return []
    return [Warning(said, hint="docs/operator.md says how the calendar is kept up to date.", id="sharing.W001")]
