"""E-mail: a template whose first line is the subject, in the language of whoever gets it."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from catalog.models.bilingual import in_language


def post(template: str, /, *, to: str, language: str, **words) -> None:
    """Sends `templates/mail/TEMPLATE.txt` now. Call it from a reaction, never while a page waits."""
    with translation.override(language):
        city = in_language(settings.CITY_NAME_EN, settings.CITY_NAME_ZH)
        text = render_to_string(f"mail/{template}.txt", {**words, "city_name": city, "site_address": settings.ADDRESS})
    subject, _line, body = text.lstrip().partition("\n")
    EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[to]).send()


def address(name: str, **parts) -> str:
    """The full address of a page, for an e-mail."""
    return settings.ADDRESS.rstrip("/") + reverse(name, kwargs=parts)
