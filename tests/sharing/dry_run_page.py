"""A page that shows nothing but a dry run, for the tests to look at."""

from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from portal import urls
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401  (this module is a map of the site)
from sharing.dry_run.picture import picture_of
from sharing.models import DryRun
from tests import world

PAGE = """{% extends "base.html" %}{% block title %}Dry run{% endblock %}
{% block content %}<h1>Dry run</h1>{% include "sharing/deciding/_dry_run.html" %}{% endblock %}"""


def dry_run(request, pk):
    """The dry run as who made it sees it."""
    run = DryRun.objects.select_related("request__dataset__department", "version", "made_by").get(pk=pk)
    shown = {"dry_run": picture_of(run, by=world.by(run.made_by)), "section": "desk"}
    return HttpResponse(Template(PAGE).render(RequestContext(request, shown)))


urlpatterns = [*urls.urlpatterns, path("dry-run/<uuid:pk>/", dry_run)]
