"""What is done by the clock is known to those who do it."""

from django.conf import settings

from portal.worker import app


def test_every_task_of_the_schedule_is_one_that_workers_know():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= app.tasks.keys()
