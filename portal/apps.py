from django.apps import AppConfig

from portal.worker import app as work_queue


class PortalConfig(AppConfig):
    name = "portal"
    work_queue = work_queue  # shared tasks find their queue because it is made here, before any app is loaded
