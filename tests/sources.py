"""A department's own database for tests of sources: a second database of the test server, with a login of its own."""

import os
from contextlib import contextmanager

from catalog.actions.sources import run_source
from catalog.models import Dataset, Job, Source
from catalog.sources import clock
from portal.engines import postgres
from tests import world
from tests.database import drop_database
from tests.engines import TEST_VAR
from tests.loads import run

HOST = str(postgres.sockets(TEST_VAR))
TREES = (
    "CREATE TABLE tree (code text PRIMARY KEY, height numeric, planted date, seen timestamptz, tag uuid, about jsonb,"
    " alive boolean, girth integer, price numeric(12,3), secret text)",
    "INSERT INTO tree SELECT lpad(n::text, 5, '0'), n + n / 4.0, date '2020-02-28' + n,"
    " timestamptz '2026-03-01 08:00+08' + n * interval '1 hour', gen_random_uuid(), jsonb_build_object('n', n),"
    " n % 2 = 0, n, n / 8.0, 'x' FROM generate_series(1, 40) n",
    "CREATE VIEW public_trees AS SELECT code, height, planted, seen, tag, about, alive, girth, price FROM tree",
    "GRANT SELECT ON public_trees TO {login}",
)


class City:
    """The department's side: what its own people do in their database."""

    def __init__(self, name: str, login: str):
        self.name, self.login = name, login

    def say(self, *statements: str) -> None:
        """Runs statements as the keeper of that database."""
        connection = postgres.connect(TEST_VAR, self.name)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement.replace("{login}", self.login))
        finally:
            connection.close()

    def fields(self, **more) -> dict:
        """What a steward states to fetch its view."""
        stated = {
            "kind": "postgresql",
            "host": HOST,
            "database": self.name,
            "username": self.login,
            "password": "plain blue kite",
            "what": "public.public_trees",
            "schedule": "hourly",
        }
        return {**stated, **more}


@contextmanager
def department_database(*statements: str):
    """A database with a table that only its keeper reads, and a view for the login of the platform."""
    name, login = f"test_department_{os.getpid()}", f"reader_{os.getpid()}"
    drop_database(name)
    admin = postgres.connect(TEST_VAR, "postgres")
    try:
        with admin.cursor() as cursor:
            cursor.execute(f"DROP ROLE IF EXISTS {login}")
            cursor.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'plain blue kite'")
            cursor.execute(f"CREATE DATABASE {name}")
        city = City(name, login)
        city.say(*(statements or TREES))
        yield city
    finally:
        drop_database(name)
        with admin.cursor() as cursor:
            cursor.execute(f"DROP ROLE IF EXISTS {login}")
        admin.close()


def carried_out(source: Source, job: Job) -> Job:
    """The run after a worker and the clock did their part."""
    job = run(job)
    clock.tick()
    source.refresh_from_db()
    return job


def fetched(source: Source, people) -> Job:
    """The run that its steward asks for, carried out."""
    return carried_out(source, run_source(source, by=world.by(people.owner)))


def due_now(source: Source) -> None:
    """The source's time has come."""
    Source.objects.filter(pk=source.pk).update(next_run_at="2026-01-01T00:00Z")


def ticked(dataset: Dataset) -> Job | None:
    """The run that the clock began, carried out; None where it began none."""
    clock.tick()
    job = dataset.jobs.filter(state=Job.State.WAITING).first()
    if job is None:
        return None
    run(job)
    clock.tick()
    dataset.refresh_from_db()
    job.refresh_from_db()
    return job
