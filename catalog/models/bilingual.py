"""Text kept in English and Chinese, read in the reader's language."""

from django.utils.translation import get_language


def in_language(english: str, chinese: str) -> str:
    """The text in the current language; the other one where that is empty."""
    first, second = (chinese, english) if (get_language() or "en").startswith("zh") else (english, chinese)
    return first or second


class Titled:
    """Reads `title_en` and `title_zh` as one `title`."""

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title_en, self.title_zh)


class Named:
    """Reads `name_en` and `name_zh` as one `name`."""

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)
