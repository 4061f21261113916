"""The e-mails of accounts, each a reaction to a committed event; the request that asked never waits for them."""

import json

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from audit.models import Event, EventDetail
from portal.accounts.links import seal
from portal.mail import address, post
from portal.models import User


def send_sign_up(event: Event) -> None:
    """The address gets the link that makes its account, or learns that it has one."""
    words = _words(event)
    if "email" not in words:
        return
    facts = json.loads(event.body)["facts"]
    account = User.objects.filter(email=words["email"]).first()
    if account is not None:
        post("sign_up_known", to=account.email, language=account.language, url=address("password-reset"))
        return
    sealed = seal({**words, "kind": facts["account_kind"], "language": facts["language"], "code": facts["code"]})
    url = address("sign-up-confirm", sealed=sealed)
    post("sign_up", to=words["email"], language=facts["language"], url=url, name=words["name"])


def send_invitation(event: Event) -> None:
    """Who has no password, newly invited or after a reset, gets a link to set one."""
    user = User.objects.get(pk=event.subject.partition(":")[2])
    if user.is_active and not user.has_usable_password():
        post("invitation", to=user.email, language=user.language, url=_own_link("invitation", user), name=user.name)


def send_reset(event: Event) -> None:
    """The account of this address gets a link to set another password; no account, no e-mail."""
    user = User.objects.filter(email=_words(event).get("email"), is_active=True).first()
    if user is not None:
        url = _own_link("password-reset-confirm", user)
        post("password_reset", to=user.email, language=user.language, url=url, name=user.name)


def tell_of_authenticator(event: Event) -> None:
    """The person learns that the second step was set up or taken away, in case it was somebody else."""
    user = User.objects.get(pk=event.subject.partition(":")[2])
    if user.is_active:
        letter = "authenticator_set" if event.kind == "account.totp_set" else "authenticator_removed"
        post(letter, to=user.email, language=user.language, name=user.name)


def _words(event: Event) -> dict[str, str]:
    """What was typed in; nothing where it was erased since."""
    kept = EventDetail.objects.filter(event_id=event.pk).first()
    return {name: one["value"] for name, one in kept.values.items() if name != "actor.name"} if kept else {}


def _own_link(name: str, user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return address(name, uidb64=uid, token=default_token_generator.make_token(user))
