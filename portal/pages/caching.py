"""How caches may keep public pages: they may, but must ask before each use, so that a withdrawal is seen at once."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import conditional_page


def revalidated(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the page a strong ETag of its content and `no-cache`; private for whoever is signed in."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
        patch_cache_control(response, no_cache=True, **({"private": True} if request.user.is_authenticated else {}))
        return response

    return conditional_page(answer)
