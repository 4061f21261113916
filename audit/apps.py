from django.apps import AppConfig
from django.core.checks import Tags, register

from audit.checks import check_log_is_closed


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self):
        """Deployments are asked whether the log is closed to the application."""
        register(check_log_is_closed, Tags.database, deploy=True)
