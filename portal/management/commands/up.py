"""Starts everything on one machine: services, tables, sample city, web server, worker, scheduler, sequencer."""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from portal import engines, prepare, running
from portal.engines import home, postgres, valkey
from portal.engines.home import CannotStart
from portal.supervisor import Child, Supervisor, die_with_parent

LOOK_AT_ENGINES = 2.0


class Command(BaseCommand):
    help = (
        "Start everything on one machine and keep it running until Ctrl-C. Where DATABASE_URL, BROKER_URL and "
        "CACHE_URL name servers of your own those are used; otherwise PostgreSQL and Valkey are started in var/."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        port = int(os.environ.get("PORT") or 8000)
        parser.add_argument("--port", type=int, default=port, help="port of the web server (default: PORT, or 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--no-worker", action="store_true", help="no worker and no scheduler: jobs wait")
        parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and begin anew")
        parser.add_argument("--with-parent", action="store_true", help="stop when the program that started this ends")

    def handle(self, *, port: int, host: str, no_worker: bool, fresh: bool, with_parent: bool, **_) -> None:
        self.var, self.stopping, self.watching = Path(settings.VAR).resolve(), False, False
        self.address = f"http://{prepare.shown_host(host)}:{port}"
        self.catch_signals(with_parent=with_parent)
        try:
            prepare.check_folder(self.var)
            with running.only_here(self.var):
                prepare.check_port(host, port)
                self.environment = prepare.environment(self.var, host=host, port=port, address=self.address)
                self.bring_up(fresh=fresh, worker=not no_worker)
        except KeyboardInterrupt:
            self.say("Stopped before everything was up.")
        except (OSError, DatabaseError) as error:
            if prepare.is_full_disk(error):
                raise CannotStart(f"The disk of {self.var} is full: make room and start again.") from None
            raise

    def bring_up(self, *, fresh: bool, worker: bool) -> None:
        """From nothing to serving, on until a signal comes, and back to nothing."""
        running.note(self.var, "starting", self.address)
        self.say(f"Causeway starts in {self.var}")
        supervisor = Supervisor(self.environment, self.say)
        try:
            if fresh:
                self.throw_away()
            self.start_engines()
            self.make_ready()
            self.start_children(supervisor, worker=worker)
            running.note(self.var, "running", self.address)
            self.watch(supervisor)
        finally:
            self.watching = True  # a second signal must not break the stopping off
            running.note(self.var, "stopping", self.address)
            supervisor.stop()
            self.stop_engines()
            self.say("Everything is stopped.")

    def start_engines(self) -> None:
        """The services of this folder, where the settings do not name others."""
        ours = engines.embedded(self.var)
        if "DATABASE_URL" in ours:
            postgres.start(self.var)
            self.say("  PostgreSQL     ready")
        if ours & {"BROKER_URL", "CACHE_URL"}:
            valkey.start(self.var)
            self.say("  Valkey         ready")

    def stop_engines(self) -> None:
        """The same, the other way round."""
        ours = engines.embedded(self.var)
        if ours & {"BROKER_URL", "CACHE_URL"}:
            valkey.stop(self.var)
        if "DATABASE_URL" in ours:
            postgres.stop(self.var)

    def look_after_engines(self) -> None:
        """Start a service again that died."""
        ours = engines.embedded(self.var)
        try:
            if "DATABASE_URL" in ours and not postgres.listens(self.var):
                self.say("PostgreSQL ended; starting it again.")
                postgres.start(self.var)
            if ours & {"BROKER_URL", "CACHE_URL"} and not valkey.answers(self.var):
                self.say("Valkey ended; starting it again.")
                valkey.start(self.var)
        except (CannotStart, OSError) as reason:
            self.say(str(reason))

    def make_ready(self) -> None:
        """Everything that must be true before the first page."""
        for folder in (settings.SCRATCH_DIR, settings.SERVING_DIR, self.var / "log", self.var / "beat"):
            home.make_folder(Path(folder))
        prepare.compile_catalogues()
        if prepare.collect_static():
            self.say("  Static files   collected")
        self.say("  Tables         " + ("brought up to date" if prepare.migrate() else "up to date"))
        if settings.DEMO and "demo" in get_commands():
            if prepare.sample_is_missing(self.var):
                self.say("  Sample city    loading, the first time only ...")
                prepare.load_sample(self.environment)
            prepare.readdress_sample(self.var, self.address)

    def start_children(self, supervisor: Supervisor, *, worker: bool) -> None:
        """The web server and, unless told otherwise, those who work behind it."""
        celery = ["-m", "celery", "-A", "portal.worker"]
        web = ["-m", "gunicorn", "--config", "python:portal.gunicorn", "portal.wsgi:application"]
        commands = {"web": web, "sequencer": ["manage.py", "sequencer"]}
        if worker:
            commands["worker"] = [*celery, "worker", "--concurrency=2", "--loglevel=INFO"]
            commands["scheduler"] = [*celery, "beat", f"--schedule={self.var / 'beat' / 'schedule'}", "--pidfile="]
        for name, command in commands.items():
            supervisor.add(Child(name, [sys.executable, *command], self.var / "log" / f"{name}.log"))
        prepare.await_answer(supervisor.children[0], self.environment)
        self.say(f"  {', '.join(commands).capitalize()} started")
        self.say("\n" + prepare.greeting(self.var, self.address))

    def watch(self, supervisor: Supervisor) -> None:
        """Look after children and services until a signal comes."""
        self.watching, looked = True, time.monotonic()
        while not self.stopping:
            supervisor.look_after()
            if time.monotonic() - looked > LOOK_AT_ENGINES:
                self.look_after_engines()
                looked = time.monotonic()
            time.sleep(0.1)
        self.say("\nStopping ...")

    def throw_away(self) -> None:
        """Forget the demo's data, files and secrets; data that is not a demo's is never touched."""
        if not settings.DEMO or "DATABASE_URL" not in engines.embedded(self.var):
            raise CannotStart("--fresh throws away the demo's data only; this is not a demo.")
        self.stop_engines()
        state = home.state_folder(self.var)
        for name in ("postgres", "valkey"):
            shutil.rmtree(state / name, ignore_errors=True)
        for name in ("storage", "serving", "scratch", "mail", "beat"):
            shutil.rmtree(self.var / name, ignore_errors=True)
        (self.var / "demo.json").unlink(missing_ok=True)

    def catch_signals(self, *, with_parent: bool) -> None:
        """Ctrl-C, SIGTERM and the end of the terminal stop everything; while starting they break off at once."""

        def stop(number, frame):
            if not self.watching:
                raise KeyboardInterrupt
            self.stopping = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        if with_parent:
            die_with_parent(signal.SIGTERM)

    def say(self, words: str) -> None:
        """Tell the person, if still there."""
        with suppress(BrokenPipeError, OSError):
            self.stdout.write(words)
            self.stdout.flush()
