"""Settings of the room: where it runs comes from the environment, never what the operation is.

ANOA_DATA            the data folder
ANOA_DATABASE_URL    postgresql://user:password@host:port/name instead of SQLite
ANOA_HELP_CALLS      posts that phones offer to call for help: Name:number;Name:number
ANOA_HELP_SMS        the number that takes calls for help by SMS
ANOA_HOSTS           further host names, separated by commas
ANOA_HTTPS           1: served over HTTPS, by a proxy in front; anoa serve --tls itself sets
                     own (with the site's certificate) or local (with the local authority's)
ANOA_LANGUAGE        the language of a reader who chose none (default: the pack's first)
ANOA_LOCK_MINUTES    minutes without input after which a screen locks (default: 5)
ANOA_LOG             what the server writes about itself: quiet (default: what broke), text or json
                     (a line for each request as well)
ANOA_MFA             required or optional: whether members must have a second factor (default:
                     required, optional in an exercise)
ANOA_OIDC            a file that names institutions' own sign-ins (default: none; nothing is asked)
ANOA_PIN_HOURS       hours after a full sign-in in which a PIN takes the duty over on the same
                     machine (default: 12; 0: never)
ANOA_SESSION_HOURS   hours after which a session ends, however busy (default: 12)
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from anoa.errors import StorageError
from anoa.room.field.numbers import help_calls, help_number
from anoa.room.identity.providers import read_providers
from anoa.room.storage import DataFolder, data_path
from anoa.room.watch.lines import configuration, form_of

DATA_FOLDER = DataFolder(data_path())
TLS = os.environ.get("ANOA_HTTPS", "")
HTTPS = TLS in ("1", "own", "local")
BY_PROXY = TLS == "1"  # only then is what a proxy says believed
HERE = Path(__file__).parent
CACHE_ROWS = "room_cache"
ALIVE = {  # a server whose machine has gone is noticed within half a minute
    "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


def _database(url: str) -> dict[str, Any]:
    """The database Django uses."""
    if url:
        return _postgresql(url)
    return {
        "ENGINE": "anoa.room.sqlite",
        "NAME": DATA_FOLDER.database,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": DATA_FOLDER.path / "test.sqlite3"},
    }


def _postgresql(url: str) -> dict[str, Any]:
    """A PostgreSQL by its address; what stands after ``?`` goes to its driver, as ``sslmode``.

    A commit is acknowledged once it is on the server's disk, whatever the server's default is.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not name:
        raise StorageError(
            "ANOA_DATABASE_URL is not postgresql://user:password@host:port/name: mend it, or unset "
            "it for SQLite in the data folder"
        )
    further = dict(parse_qsl(parts.query))
    host = further.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name, "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""), "HOST": host,
        "PORT": str(parts.port or ""), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "anoa", "connect_timeout": "10",
            "options": "-c synchronous_commit=on -c lock_timeout=30s "
            "-c idle_in_transaction_session_timeout=120s",
            **ALIVE, **further,
        },
    }  # fmt: skip


def _lock_minutes(text: str) -> int:
    """Minutes without input after which a screen locks: 1 to 30, as a session ends then."""
    if not text.isdecimal() or not 1 <= int(text) <= 30:
        raise StorageError(
            "ANOA_LOCK_MINUTES is a whole number from 1 to 30, not {text}", text=text
        )
    return int(text)


def _hours(name: str, least: int) -> int:
    """Hours of a setting: ``least`` to 24, 12 where nothing is said."""
    text = os.environ.get(name) or "12"
    if not text.isdecimal() or not least <= int(text) <= 24:
        raise StorageError(
            "{name} is a whole number from {least} to 24, not {text}",
            name=name, least=least, text=text,
        )  # fmt: skip
    return int(text)


def _second_factor(text: str) -> str:
    """The word of ANOA_MFA: required, optional, or nothing for what suits the operation."""
    if text not in ("", "required", "optional"):
        raise StorageError("ANOA_MFA is required or optional, not {text}", text=text)
    return text


DEBUG = False
SECRET_KEY = DATA_FOLDER.secret(
    "session.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(48))
).decode()
ALLOWED_HOSTS = [
    "localhost", "127.0.0.1", "[::1]",
    *(host.strip() for host in os.environ.get("ANOA_HOSTS", "").split(",") if host.strip()),
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS[3:]] if BY_PROXY else []
DATABASES = {"default": _database(os.environ.get("ANOA_DATABASE_URL", ""))}
if os.environ.get("ANOA_DATABASE_URL"):  # wrong passwords and used codes count on every machine
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": CACHE_ROWS,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "anoa.room",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "anoa.room.headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "anoa.room.passive.PatientSessions",
    "anoa.room.languages.ReadersLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "anoa.room.sessions.SessionLimits",
    "anoa.room.locking.ScreenLock",
]
ROOT_URLCONF = "anoa.room.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

LANGUAGE_CODE = os.environ.get("ANOA_LANGUAGE") or "en"  # see languages.py
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "anoa.room.finders.LeafletFiles",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Sign-in: by user name, made by the host's administrator; nobody signs up and nothing is mailed.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "anoa.room.accounts.RoomAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "", "reauthenticate": ""}  # see limits
MFA_ADAPTER = "anoa.room.factors.RoomFactors"
MFA_FORMS = {
    "authenticate": "anoa.room.factors.SignInCode",
    "reauthenticate": "anoa.room.factors.ProofCode",
    "activate_totp": "anoa.room.factors.FirstCode",
}
MFA_RATE_LIMITS = {"webauthn_login": "600/m/ip"}  # a signature cannot be guessed
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "anoa"
MFA_TOTP_TOLERANCE = 1  # clocks of phones differ
SOCIALACCOUNT_ADAPTER = "anoa.room.identity.oidc.RoomIdentities"
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_STORE_TOKENS = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

HELP_SMS = help_number(os.environ.get("ANOA_HELP_SMS", ""))
HELP_CALLS = help_calls(os.environ.get("ANOA_HELP_CALLS", ""))
OIDC = read_providers(os.environ.get("ANOA_OIDC", ""))
SECOND_FACTOR = _second_factor(os.environ.get("ANOA_MFA", ""))
PIN_HOURS = _hours("ANOA_PIN_HOURS", 0)
SESSION_HOURS = _hours("ANOA_SESSION_HOURS", 1)
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BY_PROXY else 0
LOCK_MINUTES = _lock_minutes(os.environ.get("ANOA_LOCK_MINUTES", "5"))
SESSION_COOKIE_AGE = 30 * 60  # idle, as every request renews it
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BY_PROXY else None
# With a local authority a phone that lost it must still be able to read how to get it again.
SECURE_HSTS_SECONDS = 31_536_000 if TLS in ("1", "own") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_HANDLERS = ["anoa.room.uploads.InMemory"]

LOGGING = configuration(form_of(os.environ.get("ANOA_LOG", "")))
