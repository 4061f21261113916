"""Every setting of Causeway, read from the environment alone.

In a checkout with nothing set, the addresses are those of the services that `make run` starts in `var/`.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal.engines import defaults

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR", BASE_DIR / "var"))

if "DATABASE_URL" not in os.environ:
    for name, value in defaults(VAR).items():
        os.environ.setdefault(name, value)


def text(name: str, default: str | None = None) -> str:
    """The value of an environment variable; a missing one without a default says what to set."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"Set {name} in the environment. See docs/operator.md for what each variable means, or use `make run`."
        )
    return value


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on."""
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """A whole number."""
    return int(os.environ.get(name, default))


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def without_credentials(address: str) -> str:
    """Where a service is, and not how one gets in: of each address its scheme, host, port and path."""
    places = [urlsplit(part) for part in address.split(";")]
    return ";".join(f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path}" for place in places)


DEBUG = flag("DEBUG")
DEMO = flag("DEMO")
SECRET_KEY = text("SECRET_KEY")
PSEUDONYM_SECRET = text("PSEUDONYM_SECRET")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
ADDRESS = os.environ.get("ADDRESS", "http://127.0.0.1:8000")
CITY_NAME_EN = os.environ.get("CITY_NAME_EN", "Lanting")
CITY_NAME_ZH = os.environ.get("CITY_NAME_ZH", "兰汀市")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "django_htmx",
    "axes",
    "csp",
    "audit",
    "catalog",
    "sharing",
    "opendata",
    "portal",
]

MIDDLEWARE = [
    "portal.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "catalog.api.middleware.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.second_step.SecondStepMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "portal.gone.GonePages",
    "portal.usage.CountCalls",
]

ROOT_URLCONF = "portal.urls"
SILENCED_SYSTEM_CHECKS = ["urls.W002"]  # "datasets/<id>" + "/rows": addresses of the API do not end in a slash
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "portal.forms.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    },
]

# Two database roles: "default" serves and cannot change events; "owner" owns the tables and migrates.
DATABASES = {
    "default": dj_database_url.parse(text("DATABASE_URL"), conn_max_age=60, conn_health_checks=True),
    "owner": dj_database_url.parse(text("DATABASE_OWNER_URL", text("DATABASE_URL"))),
}
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": text("CACHE_URL"),
        "KEY_PREFIX": "causeway",
    }
}

CELERY_BROKER_URL = text("BROKER_URL")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 3600 * 4
CELERY_TIMEZONE = "UTC"
# Without both, tasks of a killed worker come back only after an hour.
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600 * 9, "unacked_restore_throttle": 1}
CELERY_BEAT_SCHEDULE = {
    "sweep-reactions": {"task": "portal.tasks.sweep_reactions", "schedule": 10.0},
    "sweep-jobs": {"task": "catalog.tasks.sweep_jobs", "schedule": 10.0},
    "run-sources": {"task": "catalog.tasks.run_sources", "schedule": 5.0},
    "expire-bases": {"task": "catalog.tasks.expire_bases", "schedule": 60.0},
    "note-deliveries": {"task": "sharing.tasks.note_deliveries", "schedule": 10.0},
    "end-bridges": {"task": "sharing.tasks.end_bridges", "schedule": 60.0},
    "look-at-clocks": {"task": "sharing.tasks.look_at_clocks", "schedule": 60.0},
    "forget-old-notices": {"task": "sharing.tasks.forget_old_notices", "schedule": 3600.0},
    "end-memberships": {"task": "catalog.tasks.end_memberships", "schedule": 60.0},
    "prepare-months": {"task": "audit.tasks.prepare_months", "schedule": 6 * 3600.0},
    "erase-old-details": {"task": "audit.tasks.erase_old_details", "schedule": 6 * 3600.0},
    "watch-witnesses": {"task": "audit.tasks.watch_witnesses", "schedule": 60.0},
    "tend-packages": {"task": "sharing.tasks.tend_packages", "schedule": 60.0},
    "end-exports": {"task": "catalog.tasks.end_exports", "schedule": 300.0},
    "carry-out-purges": {"task": "catalog.tasks.carry_out_purges", "schedule": 60.0},
    "look-after-purges": {"task": "catalog.tasks.look_after_purges", "schedule": 3600.0},
    "forget-destroyed": {"task": "catalog.tasks.forget_destroyed", "schedule": 60.0},
    "drop-old-versions": {"task": "catalog.tasks.drop_old_versions", "schedule": 3600.0},
    "refresh-search-words": {"task": "catalog.tasks.refresh_search_words", "schedule": 600.0},
    "forget-old-demand": {"task": "catalog.tasks.forget_old_demand", "schedule": 6 * 3600.0},
    "tell-search": {"task": "catalog.tasks.tell_search", "schedule": 5.0},
    "look-after-search": {"task": "catalog.tasks.look_after_search", "schedule": 300.0},
    "weigh-by-use": {"task": "portal.tasks.weigh_by_use", "schedule": crontab(hour=2, minute=40)},
    "reconcile-search": {"task": "catalog.tasks.reconcile_search", "schedule": crontab(hour=3, minute=20)},
    "clear-uploads": {"task": "catalog.tasks.clear_leftovers", "schedule": 3600.0},
}

# A search engine beside the database, and what the names of its indexes begin with.
SEARCH_URL = os.environ.get("SEARCH_URL", "")
SEARCH_PREFIX = os.environ.get("SEARCH_PREFIX", "causeway")

STORAGE_URL = text("STORAGE_URL")
SERVING_DIR = Path(os.environ.get("SERVING_DIR", VAR / "serving"))
SCRATCH_DIR = Path(os.environ.get("SCRATCH_DIR", VAR / "scratch"))
with suppress(OSError):  # where it cannot be made, Django's own check says so
    SCRATCH_DIR.mkdir(parents=True, exist_ok=True)

# Sources that are fetched by themselves: what seals their passwords, and where they may lead.
SOURCE_KEYS = words("SOURCE_KEYS")
SOURCE_HOSTS = words("SOURCE_HOSTS")
SOURCE_FOLDER = os.environ.get("SOURCE_FOLDER", "")
SOURCE_CA_FILE = os.environ.get("SOURCE_CA_FILE", "")
SOURCE_RUN_SECONDS = number("SOURCE_RUN_SECONDS", 3600)
SOURCE_STATEMENT_SECONDS = number("SOURCE_STATEMENT_SECONDS", 300)

# Budgets.
UPLOAD_MAX_BYTES = number("UPLOAD_MAX_BYTES", 8 * 1024**3)
PAGE_MAX_BYTES = number("PAGE_MAX_BYTES", 32 * 1024**2)
ENGINE_MEMORY_MB = number("ENGINE_MEMORY_MB", 512)
ENGINE_THREADS = number("ENGINE_THREADS", 2)
ENGINE_QUERY_MS = number("ENGINE_QUERY_MS", 60_000)
ENGINE_AT_ONCE = number("ENGINE_AT_ONCE", 4)
JOB_LEASE_SECONDS = number("JOB_LEASE_SECONDS", 30)
# Files that are made in the background of what a query asks for.
EXPORT_HOURS = number("EXPORT_HOURS", 24)
EXPORT_MAX_BYTES = number("EXPORT_MAX_BYTES", 8 * 1024**3)
EXPORT_QUERY_MS = number("EXPORT_QUERY_MS", 30 * 60_000)
EXPORT_MEMORY_MB = number("EXPORT_MEMORY_MB", 768)
EXPORT_DISK_GB = number("EXPORT_DISK_GB", 16)
EXPORT_SECONDS = number("EXPORT_SECONDS", 2 * 3600)
EXPORTS_AT_ONCE = number("EXPORTS_AT_ONCE", 1)
EXPORTS_OPEN = number("EXPORTS_OPEN", 3)
EXPORTS_KEPT = number("EXPORTS_KEPT", 20)
# Requests for data. How many rows of personal data are so many that two approvers must agree to lend them.
INTERNAL_REVIEW = flag("INTERNAL_REVIEW", default=True)
COMPLIANCE_CHECK = flag("COMPLIANCE_CHECK", default=True)
BULK_ROWS = number("BULK_ROWS", 10_000)
REQUESTS_OPEN = number("REQUESTS_OPEN", 100)
# Grants of counts: how many rows or people a count is about at least, and how many different questions a month.
COUNTS_GROUP = number("COUNTS_GROUP", 10)
COUNTS_QUESTIONS = number("COUNTS_QUESTIONS", 100)
WORKING_CALENDAR = os.environ.get("WORKING_CALENDAR", "china")
CLOCK_RULES = os.environ.get("CLOCK_RULES", "national")
# Files that a recipient alone opens: for how long they and links to them are kept, and what signs their manifests.
PACKAGE_HOURS = number("PACKAGE_HOURS", 14 * 24)
PACKAGE_LINK_MINUTES = number("PACKAGE_LINK_MINUTES", 60)
PACKAGE_SIGNER = os.environ.get("PACKAGE_SIGNER", f"{ADDRESS.split('://')[-1].rstrip('/')}/packages")
PACKAGE_KEY = os.environ.get("PACKAGE_KEY", "")
PACKAGE_KEY_FILE = os.environ.get("PACKAGE_KEY_FILE", "")
PACKAGE_VKEYS = words("PACKAGE_VKEYS")
EVENT_LISTENER = "portal.reactions.hear"

# The log. Its origin is its name for ever; keys that are on their way out still sign beside the current one.
LOG_ORIGIN = os.environ.get("LOG_ORIGIN", f"{ADDRESS.split('://')[-1].rstrip('/')}/log")
LOG_KEY = os.environ.get("LOG_KEY", "")
LOG_KEY_FILE = os.environ.get("LOG_KEY_FILE", "")
LOG_OLD_KEY_FILES = words("LOG_OLD_KEY_FILES")
LOG_VKEYS = words("LOG_VKEYS")
LOG_STORAGE_URL = os.environ.get("LOG_STORAGE_URL", f"{STORAGE_URL.rstrip('/')}/log")
LOG_CHECKPOINT_SECONDS = float(os.environ.get("LOG_CHECKPOINT_SECONDS", "1"))
LOG_POLICY_FILE = os.environ.get("LOG_POLICY_FILE", "")
LOG_WITNESS_SECONDS = float(os.environ.get("LOG_WITNESS_SECONDS", "3"))
LOG_WITNESS_SILENT_SECONDS = number("LOG_WITNESS_SILENT_SECONDS", 900)
LOG_ENTRIES_PUBLIC = flag("LOG_ENTRIES_PUBLIC")
LOG_ENTRY_READERS = "portal.pages.log.readers.may_read_entries"

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "portal.accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Approvers, reviewers and the authority always; here roles that need it too. What seals the apps' secrets.
SECOND_STEP_ALSO = words("SECOND_STEP_ALSO")
TOTP_KEYS = words("TOTP_KEYS")
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "portal.accounts.views.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "password"]
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "portal.throttle.network_of"  # behind our own proxy too
AXES_DISABLE_ACCESS_LOG = True  # events say who signed in; a second list would keep addresses in the clear

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
TESTING = "pytest" in sys.modules
if TESTING:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
FILE_UPLOAD_HANDLERS = ["catalog.receiving.BoundedUpload"]
FILE_UPLOAD_TEMP_DIR = SCRATCH_DIR
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

_csp = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "style-src": [SELF],
    "script-src": [SELF],
    "connect-src": [SELF],
    "font-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _csp}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.stale_form"
HTTPS = flag("HTTPS", default=ADDRESS.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
ACCEL_PREFIX = os.environ.get("ACCEL_PREFIX", "")

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = number("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "causeway@localhost")
if DEMO and "EMAIL_HOST" not in os.environ:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR / "mail"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "catalog.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["catalog.api.parsers.JsonParser", "catalog.api.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalog.api.problems.handler",
    "DEFAULT_THROTTLE_CLASSES": ["catalog.api.limits.Limit"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
API_LIMIT_ANONYMOUS = number("API_LIMIT_ANONYMOUS", 600)
API_LIMIT_KEY = number("API_LIMIT_KEY", 6000)
SPECTACULAR_SETTINGS = {
    "TITLE": "Causeway API",
    "DESCRIPTION": "Find, read and lend the city's data. Errors are RFC 9457 problem documents.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "DatasetState": "catalog.models.dataset.Dataset.State",
        "SourceState": "catalog.models.source.Source.State",
        "ExportState": "catalog.models.export.Export.State",
        "PurgeState": "catalog.models.purge.Purge.State",
        "JobState": "catalog.models.job.Job.State",
        "VersionState": "catalog.models.version.Version.State",
        "PackageFormat": "sharing.models.package.PackageFormat",
        "PackagePlanState": "sharing.models.package.PackagePlan.State",
        "RecipientKeyState": "sharing.models.recipient_key.RecipientKey.State",
        "GrantState": "sharing.api.grant_shapes.STATES",
        "ReadingFrequency": "sharing.models.request.Frequency",
        "UpdateFrequency": "catalog.codes.Frequency",
        "DepartmentKind": "catalog.models.department.Department.Kind",
        "SourceKind": "catalog.models.source.Source.Kind",
        "RequestState": "sharing.models.request.Request.State",
        "SharingClass": "catalog.codes.SharingClass",
        "ColumnType": "catalog.codes.ColumnType",
    },
    "PREPROCESSING_HOOKS": ["catalog.api.schema_hooks.only_version_1"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "catalog.api.schema_hooks.complete",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "elastic_transport": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}

SERVICES = {
    "database": without_credentials(text("DATABASE_URL")),
    "queue": without_credentials(CELERY_BROKER_URL),
    "cache": without_credentials(text("CACHE_URL")),
    "storage": without_credentials(STORAGE_URL),
    "log": without_credentials(LOG_STORAGE_URL),
}
# What the log says when it changes: never a secret, nothing that differs from machine to machine without meaning.
RECORDED_SETTINGS = [
    "ADDRESS",
    "ALLOWED_HOSTS",
    "API_LIMIT_ANONYMOUS",
    "API_LIMIT_KEY",
    "AXES_COOLOFF_TIME",
    "AXES_FAILURE_LIMIT",
    "BULK_ROWS",
    "CITY_NAME_EN",
    "CITY_NAME_ZH",
    "CLOCK_RULES",
    "COMPLIANCE_CHECK",
    "COUNTS_GROUP",
    "COUNTS_QUESTIONS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEMO",
    "EMAIL_HOST",
    "ENGINE_AT_ONCE",
    "ENGINE_MEMORY_MB",
    "ENGINE_QUERY_MS",
    "ENGINE_THREADS",
    "EVENT_LISTENER",
    "EXPORTS_AT_ONCE",
    "EXPORTS_KEPT",
    "EXPORTS_OPEN",
    "EXPORT_DISK_GB",
    "EXPORT_HOURS",
    "EXPORT_MAX_BYTES",
    "EXPORT_MEMORY_MB",
    "EXPORT_QUERY_MS",
    "EXPORT_SECONDS",
    "HTTPS",
    "INTERNAL_REVIEW",
    "JOB_LEASE_SECONDS",
    "LOG_CHECKPOINT_SECONDS",
    "LOG_ENTRIES_PUBLIC",
    "LOG_ENTRY_READERS",
    "LOG_ORIGIN",
    "LOG_POLICY_FILE",
    "PACKAGE_HOURS",
    "PACKAGE_LINK_MINUTES",
    "PACKAGE_SIGNER",
    "PAGE_MAX_BYTES",
    "PASSWORD_HASHERS",
    "REQUESTS_OPEN",
    "SECOND_STEP_ALSO",
    "SERVICES",
    "SESSION_COOKIE_AGE",
    "SOURCE_FOLDER",
    "SOURCE_HOSTS",
    "TIME_ZONE",
    "UPLOAD_MAX_BYTES",
    "WORKING_CALENDAR",
]
