"""Signing up: the address first, by a link in an e-mail; the account only once the link was followed."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.departments import begin_enterprise, check_enterprise_is_new, folded
from catalog.actions.memberships import begin
from catalog.models import Role
from portal.models import User


@transaction.atomic
def ask_citizen(name: str, email: str, *, language: str, by: Actor) -> None:
    """The address gets a link. Whether it has an account already is told to nobody but it."""
    _ask({"kind": User.Kind.CITIZEN, "name": name, "email": email, "language": language}, by=by)


@transaction.atomic
def ask_enterprise(name: str, email: str, *, code: str, enterprise: str, language: str, by: Actor) -> None:
    """The address gets a link to begin an enterprise that is not here yet."""
    code = folded(code)
    check_enterprise_is_new(code)

    words = {"kind": User.Kind.ENTERPRISE, "name": name, "email": email, "language": language}
    _ask({**words, "code": code, "enterprise": enterprise}, by=by)


@transaction.atomic
def confirm_sign_up(words: dict[str, str], password: str, *, by: Actor) -> User:
    """The account that the sealed link asked for, with its own password; an enterprise with its first requester."""
    if User.objects.filter(email=words["email"]).exists():
        raise ValidationError(_("This account was made already. Sign in."))

    user = User.objects.create_user(
        words["email"], password, name=words["name"], kind=words["kind"], language=words["language"]
    )
    by = Actor(user=user, request_id=by.request_id)
    if user.kind == User.Kind.ENTERPRISE:
        enterprise = begin_enterprise(words["code"], words["enterprise"], contact_email=user.email, by=by)
        begin(user, enterprise, Role.REQUESTER, by=by)

    record("account.signed_up", by=by, on=user, facts={"account_kind": user.kind}, private={"email": user.email})
    return user


def _ask(words: dict[str, str], *, by: Actor) -> None:
    words = {name: str(text).strip() for name, text in words.items()}
    words["email"] = User.objects.normalize(words["email"])
    facts = {"account_kind": words.pop("kind"), "language": words.pop("language"), "code": words.pop("code", "")}
    record("account.sign_up_asked", by=by, on=User(), facts=facts, private=words)
