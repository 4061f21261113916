"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest

from catalog.models.bilingual import in_language


def site(request: HttpRequest) -> dict:
    """The city's name, whether this is a demonstration, and the address of this site."""
    return {
        "city_name": in_language(settings.CITY_NAME_EN, settings.CITY_NAME_ZH),
        "demo": settings.DEMO,
        "site_address": settings.ADDRESS,
    }
