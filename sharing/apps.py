from django.apps import AppConfig
from django.core.checks import register


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self):
        """A start is refused with clock rules that mean nothing; a deployment hears of years that are not known."""
        from sharing.checks import check_rules, check_years  # which need the models, and those are there only now

        register(check_rules)
        register(check_years, deploy=True)
