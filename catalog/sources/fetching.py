"""Which kind of source is fetched how: two verbs for each, to look at it and to bring all of it."""

import hashlib
from pathlib import Path

import rfc8785

from catalog.models import Source
from catalog.sources import databases, folders, sftp, web
from catalog.sources.parts import Brought, Progress, Sample

KINDS = {
    Source.Kind.POSTGRESQL: databases,
    Source.Kind.MYSQL: databases,
    Source.Kind.HTTPS: web,
    Source.Kind.SFTP: sftp,
    Source.Kind.FOLDER: folders,
}


def sample(source: Source) -> Sample:
    """The first rows of the source as it is now, or the first lines of its file."""
    return KINDS[source.kind].sample(source)


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """Brings what the source holds into the folder; `before` are the marks of the last run that came to an end."""
    return KINDS[source.kind].fetch(source, to, before, progress)


def fingerprint(source: Source, content: str) -> str:
    """What was fetched, and from where: the same twice makes no second version."""
    definition = [source.kind, source.host, source.port, source.database, source.what, content]
    return hashlib.sha256(rfc8785.dumps(definition)).hexdigest()
