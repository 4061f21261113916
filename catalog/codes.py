"""The code lists of the catalogue: what a form offers, the API states and the standards expect."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Theme(models.TextChoices):
    AGRICULTURE = "agriculture", _("Agriculture and food")
    CULTURE = "culture", _("Culture and sport")
    ECONOMY = "economy", _("Economy and work")
    EDUCATION = "education", _("Education")
    ENERGY = "energy", _("Energy")
    ENVIRONMENT = "environment", _("Environment")
    GOVERNMENT = "government", _("Government")
    HEALTH = "health", _("Health")
    HOUSING = "housing", _("Housing")
    JUSTICE = "justice", _("Justice")
    POPULATION = "population", _("Population and society")
    REGIONS = "regions", _("Regions and places")
    SAFETY = "safety", _("Safety")
    SCIENCE = "science", _("Science and technology")
    TRANSPORT = "transport", _("Transport")


class Frequency(models.TextChoices):
    CONTINUOUS = "continuous", _("Continuously")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    ANNUAL = "annual", _("Every year")
    IRREGULAR = "irregular", _("Now and then")
    ONCE = "once", _("Once only")

    @property
    def days(self) -> int | None:
        """The longest time between two updates that keeps the promise; None where none was made."""
        return {"continuous": 1, "daily": 2, "weekly": 8, "monthly": 32, "quarterly": 94, "annual": 370}.get(self.value)


class UpdateState(models.TextChoices):
    """Whether the promised update was kept; it changes by itself as time passes."""

    CURRENT = "current", _("Up to date")
    LATE = "late", _("Late")
    OVERDUE = "overdue", _("Long overdue")
    UNPROMISED = "unpromised", _("No update promised")


class Yes(models.TextChoices):
    """The one choice of a facet that only asks whether something is there."""

    YES = "yes", _("Yes")


class Licence(models.TextChoices):
    CC0 = "cc0", "CC0 1.0"
    CC_BY_4 = "cc-by-4.0", "CC BY 4.0"
    CC_BY_3_IGO = "cc-by-3.0-igo", "CC BY 3.0 IGO"
    OGL_UK_3 = "ogl-uk-3.0", "Open Government Licence 3.0 (UK)"
    PDDL = "pddl", "PDDL 1.0"
    US_PD = "us-pd", _("Public domain (work of the US Government)")
    MIT = "mit", "MIT"
    WTFPL = "wtfpl", "WTFPL 2"
    CITY_RESTRICTED = "city-restricted", _("Not open: only under a grant")

    @property
    def is_open(self) -> bool:
        """True where anybody may use, change and share."""
        return self is not Licence.CITY_RESTRICTED

    @property
    def address(self) -> str:
        """Where the licence's text stands; empty where it has none."""
        return {
            "cc0": "https://creativecommons.org/publicdomain/zero/1.0/",
            "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
            "cc-by-3.0-igo": "https://creativecommons.org/licenses/by/3.0/igo/",
            "ogl-uk-3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            "pddl": "https://opendatacommons.org/licenses/pddl/1-0/",
            "mit": "https://opensource.org/license/mit",
            "wtfpl": "http://www.wtfpl.net/txt/copying/",
        }.get(self.value, "")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    CHINESE = "zh", _("Chinese")
    OTHER = "other", _("Another language")


class SharingClass(models.TextChoices):
    UNCONDITIONAL = "unconditional", _("Unconditional: any department may have it")
    CONDITIONAL = "conditional", _("Conditional: for a stated purpose, decided by the owner")
    WITHHELD = "withheld", _("Withheld: a law forbids sharing")


class OpeningClass(models.TextChoices):
    OPEN = "open", _("Open to everybody")
    ON_APPLICATION = "on_application", _("Open on application")
    CLOSED = "closed", _("Closed")


class Sensitivity(models.TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    PERSONAL = "personal", _("Personal")
    SENSITIVE = "sensitive", _("Sensitive")


class IdentityRole(models.TextChoices):
    NONE = "none", _("None")
    PERSON_CODE = "person_code", _("Person code")
    ENTERPRISE_CODE = "enterprise_code", _("Enterprise code")
    ADDRESS = "address", _("Address")
    PLACE = "place", _("Place")
    TIME = "time", _("Time")


class ColumnType(models.TextChoices):
    BOOLEAN = "boolean", _("Yes or no")
    INTEGER = "integer", _("Whole number")
    DECIMAL = "decimal", _("Decimal number")
    FLOAT = "float", _("Floating number")
    DATE = "date", _("Date")
    TIME = "time", _("Time of day")
    TIMESTAMP = "timestamp", _("Date and time")
    TIMESTAMPTZ = "timestamptz", _("Date and time with zone")
    TEXT = "text", _("Text")
    GEOMETRY = "geometry", _("Geometry")
