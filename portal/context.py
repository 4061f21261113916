"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.models.bilingual import in_language
from sharing.notices import count_unread


def site(request: HttpRequest) -> dict:
    """The city's name, whether this is a demonstration, the address of this site; and, once asked, unread notices."""
    return {
        "city_name": in_language(settings.CITY_NAME_EN, settings.CITY_NAME_ZH),
        "demo": settings.DEMO,
        "site_address": settings.ADDRESS,
        "unread_notices": SimpleLazyObject(lambda: count_unread(request.user)),
    }
