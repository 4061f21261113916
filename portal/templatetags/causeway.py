"""What templates need to show things the same way everywhere; no rule lives here."""

from functools import lru_cache
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from catalog.freshness import Freshness
from catalog.freshness import freshness as judge

register = template.Library()

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
# A description is a reader's text, not a page: pictures from elsewhere would tell a third party who reads it.
_MARKDOWN.disable("image")
_SAFE_SCHEMES = {"http", "https", "mailto", ""}
_MARKDOWN.validateLink = lambda address: urlsplit(address.strip()).scheme.lower() in _SAFE_SCHEMES
_UNITS = ["kB", "MB", "GB", "TB", "PB"]


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A picture from icons.svg beside words that say the same: hidden from screen readers."""
    return _icon(name, size, settings.STATIC_URL)


@lru_cache(maxsize=500)
def _icon(name: str, size: str, _under: str) -> SafeString:
    """The same few stand two hundred times on a page of results."""
    extra = f" icon-{size}" if size else ""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        static("causeway/icons.svg"),
        name,
    )


@register.filter
def size(count: int | None) -> str:
    """Bytes as a person reads them, decimal units: 1234567 is 1.2 MB."""
    if count is None:
        return ""
    if count < 1000:
        return _("%(count)d bytes") % {"count": count}
    power = min((len(str(count)) - 1) // 3, len(_UNITS))
    amount = count / 1000**power
    return f"{number_format(amount, 1 if amount < 100 else 0)} {_UNITS[power - 1]}"


@register.filter
def grouped(count: int | None) -> str:
    """A whole number with its thousands apart: 1234567 is 1,234,567."""
    return "" if count is None else f"{count:,}"


@register.filter
def markdown(text: str) -> SafeString:
    """A description as HTML; HTML inside it is shown as text, headings start below those of the page."""
    tokens = _MARKDOWN.parse(text or "")
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    return mark_safe(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S308 (html is off above)


@register.filter
def plain(text: str) -> str:
    """A description without its marks, for a few lines on a card."""
    inline = (token for token in _MARKDOWN.parse(text or "") if token.type == "inline")
    return " ".join("".join(_word(part) for part in token.children) for token in inline)


def _word(part) -> str:
    return " " if part.type in {"softbreak", "hardbreak"} else part.content


@register.simple_tag
def freshness(dataset, updated_at) -> Freshness:
    """How the dataset keeps its promise, to be shown as a badge."""
    return judge(dataset.frequency, updated_at)


@register.filter
def iso(value: str | None) -> str:
    """A date as the browser's own date field wants it, whatever the reader's language."""
    return str(value or "").replace("/", "-").replace(" ", "T")


@register.simple_tag
def moment(value) -> SafeString:
    """A point in time, for people and for machines; empty where there is none."""
    if not value:
        return SafeString("")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "DATE_FORMAT"))


@register.simple_tag
def words(thing, field: str) -> SafeString:
    """A bilingual text, marked with its language where that is not the page's."""
    english, chinese = getattr(thing, f"{field}_en"), getattr(thing, f"{field}_zh")
    reads_chinese = (get_language() or "en").startswith("zh")
    if reads_chinese and not chinese and english:
        return format_html('<span lang="en">{}</span>', english)
    if not reads_chinese and not english and chinese:
        return format_html('<span lang="zh-Hans">{}</span>', chinese)
    return format_html("{}", chinese if reads_chinese else english)


@register.filter
def language_of(thing, field: str) -> str:
    """The language that a bilingual text is shown in, for a `lang` attribute."""
    english, chinese = getattr(thing, f"{field}_en"), getattr(thing, f"{field}_zh")
    reads_chinese = (get_language() or "en").startswith("zh")
    return "zh-Hans" if (reads_chinese and chinese) or not english else "en"


@register.simple_block_tag
def region(content: str, label: str) -> SafeString:
    """A wide table inside a box of its own that scrolls, can be reached by keyboard and has a name."""
    return format_html('<div class="table-region" role="region" aria-label="{}" tabindex="0">{}</div>', label, content)
