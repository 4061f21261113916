"""The pages of accounts, people, departments and keys."""

from portal.accounts.views.sessions import locked_out

__all__ = ["locked_out"]
