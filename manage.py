#!/usr/bin/env python3
"""Causeway's commands: `python manage.py help` lists them, `python manage.py up` starts everything."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (this line is what an older Python gets to read)
    sys.exit(f"Causeway needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def main():
    """Run the command that the words after `manage.py` name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line

        from portal.engines.home import CannotStart
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed: run make run once, then use .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except CannotStart as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
