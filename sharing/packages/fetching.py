"""A package on its way out by a link: with ranges, so that a broken download goes on, and counted for the link."""

import logging
from collections.abc import Iterator

from django.db import Error
from django.http import HttpResponse

from audit.actor import Actor
from catalog.streams import send_export
from sharing.actions.package_links import begin_fetch, end_fetch
from sharing.models import PackageLink
from sharing.packages.links import check_fetch, find_link

log = logging.getLogger(__name__)


def send_package(request, token: str, *, by: Actor) -> HttpResponse:
    """The file that the link leads to, or the part of it that is asked for; the gate asks the grant and writes down."""
    link = find_link(token, by=by)
    check_fetch(link, by=by)
    response = send_export(request, link.export, by=by)
    if response.streaming:
        length = int(response["Content-Length"])
        response.streaming_content = _counted(response.streaming_content, link, length, by)
    return response


def _counted(pieces: Iterator[bytes], link: PackageLink, length: int, by: Actor) -> Iterator[bytes]:
    """The pieces, counted for the link before the first leaves; what the reader did not take is given back."""
    begin_fetch(link, length, by=by)
    gone = 0
    try:
        for piece in pieces:
            gone += len(piece)
            yield piece
    finally:
        try:
            end_fetch(link, begun=length, gone=gone, by=by)
        except Error:
            log.exception("How much left by link %s was not noted; all of it counts.", link.pk)
