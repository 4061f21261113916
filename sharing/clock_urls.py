"""The addresses of what follows the clocks: notices, and the city's working days."""

from django.urls import path

from sharing.views import calendar, notices

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read, name="notices-read"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/set/", calendar.set_some, name="calendar-set"),
    path("calendar/take-back/", calendar.clear_some, name="calendar-clear"),
]
