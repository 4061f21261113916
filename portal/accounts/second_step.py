"""Who must sign in with a second step, and what a session is worth until they have set one up: nothing."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from catalog.models import Key, Membership, Role, Scope
from portal.models import User

ALWAYS = frozenset({Role.APPROVER, Role.REVIEWER, Role.AUTHORITY})


def must_prove(user: User) -> bool:
    """True for whoever holds a role that decides; SECOND_STEP_ALSO adds roles, and takes none away."""
    roles = ALWAYS | set(settings.SECOND_STEP_ALSO)
    return Membership.objects.live().filter(user=user, role__in=roles).exists()


def deciding_keys(user: User) -> QuerySet[Key]:
    """The live keys by which this person lends and decides: those made before there was an app end with its set-up."""
    return Key.objects.live().filter(user=user, scopes__contains=[Scope.GRANT])


def is_short_of_it(user) -> bool:
    """True for who is signed in, must have a second step, and has none yet."""
    return user.is_authenticated and user.authenticator is None and must_prove(user)


class SecondStepMiddleware:
    """`request.account` is whose session it is; `request.user` is the same, or nobody while a second step is missing.

    A session that was begun before the role was given is worth no more. Sessions hang on the authenticator as they
    hang on the password, so who has one and is signed in has used it.
    """

    def __init__(self, get_response):
        unknown = sorted(set(settings.SECOND_STEP_ALSO) - set(Role.values))
        if unknown:  # a slip of the pen must not leave a role without its second step
            raise ImproperlyConfigured(
                f"SECOND_STEP_ALSO names what is no role: {', '.join(unknown)}. Roles are {', '.join(Role.values)}."
            )
        self.get_response = get_response

    def __call__(self, request):
        request.account = request.user
        request.user = SimpleLazyObject(lambda: _counts(request.account))
        return self.get_response(request)


def _counts(account):
    return AnonymousUser() if is_short_of_it(account) else account
