"""One settings module for every place Chairside runs; the environment switches it (see `.env.example`).

`CHAIRSIDE_MODE` is `production` unless something says otherwise, and production refuses to start
half-configured: `config.production.require` names each variable that is missing or unsafe.
"""

from datetime import timedelta
from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from environs import Env
from kombu import Queue

from config import brokers, production

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

MODE = env.str("CHAIRSIDE_MODE", "production", validate=production.known_mode)
PRODUCTION = MODE == "production"
DEMO_SECRET_KEY = "demo-secret-key-that-production-refuses-0123456789-0123456789"  # noqa: S105

SECRET_KEY = env.str("SECRET_KEY", "" if PRODUCTION else DEMO_SECRET_KEY)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
DEBUG = env.bool("DEBUG", False)
PUBLIC_URL = env.str("PUBLIC_URL", "" if PRODUCTION else "http://localhost:8000").rstrip("/")
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
EMAIL_URL = env.str("EMAIL_URL", "")
SMS_URL = env.str("SMS_URL", "")
MFA_REQUIRED = env.bool("MFA_REQUIRED", PRODUCTION)
# Whose address rate limits count: the one the proxy saw, or the peer's. X-Forwarded-For is believed only
# as far as our own single proxy wrote it.
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
# What a Prometheus server brings to read /metrics; without one there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
IDLE_LOGOFF = timedelta(minutes=env.int("IDLE_LOGOFF_MINUTES", 15))

if PRODUCTION:
    production.require(
        secret_key=SECRET_KEY,
        demo_secret_key=DEMO_SECRET_KEY,
        debug=DEBUG,
        public_url=PUBLIC_URL,
        database_url=DATABASE_URL,
        redis_url=REDIS_URL,
        email_url=EMAIL_URL,
        sms_url=SMS_URL,
        mfa_required=MFA_REQUIRED,
        metrics_token=METRICS_TOKEN,
    )

# --- What is installed: the house, upper floors last -------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "pgtrigger",
    "pghistory",
    "phonenumber_field",
    "rest_framework",
    "clinic",
    "scheduler",
    "sessions_app",
    "notifications",
    "web",
]

MIDDLEWARE = [
    "web.secret_addresses.SecretAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "web.compressing.CompressPagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinic.middleware.SecurityHeadersMiddleware",
    "clinic.middleware.Utf8Middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.middleware.IdleLogoffMiddleware",
    "clinic.middleware.ActorMiddleware",
    "clinic.middleware.RequireMFAMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.methods.MethodNotAllowedMiddleware",
    "web.request_log.RequestLogMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],  # our sign-in pages before allauth's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.house",
            ],
            # Every form that a page sends says in which clinic it was opened.
            "builtins": ["web.templatetags.forms_of_a_clinic"],
        },
    },
]
FORM_RENDERER = "web.forms.PageRenderer"

# --- Where the truth is ------------------------------------------------------------------------------
DATABASES = {"default": brokers.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": brokers.cache(REDIS_URL)}
# Whoever is signed in reads and records without Valkey: the database knows them, and is asked anyway.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

PGHISTORY_APPEND_ONLY = True

# --- Celery: a bell, never a store -------------------------------------------------------------------
CELERY_BROKER_URL = brokers.celery_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 210
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What a patient's safety hangs on never waits behind ten thousand reminders: the clocks have a queue, and a
# worker, of their own. A worker that is told of no queue takes from both. (Left to itself, Celery would give
# both the same routing key, and each task to both.)
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_QUEUES = [Queue("celery", routing_key="celery"), Queue("clocks", routing_key="clocks")]
CELERY_TASK_ROUTES = {
    "sessions_app.tasks.run_clocks": {"queue": "clocks"},
    "notifications.tasks.run_clocks": {"queue": "clocks"},
    "notifications.tasks.drain_urgent": {"queue": "clocks"},
}
# A ring that nobody took before the next one says nothing new: it expires (config.brokers.every).
CELERY_BEAT_SCHEDULE = {
    "watch-chairs": brokers.every(10, "sessions_app.tasks.run_clocks"),
    "look-at-courses": brokers.every(300, "sessions_app.tasks.look_at_courses"),
    "raise-unanswered": brokers.every(30, "notifications.tasks.run_clocks"),
    "drain-urgent": brokers.every(10, "notifications.tasks.drain_urgent"),
    "plan-messages": brokers.every(30, "notifications.tasks.plan"),
    "drain-messages": brokers.every(10, "notifications.tasks.drain"),
    "sweep-tries": brokers.every(3600, "notifications.tasks.sweep_tries"),
    "release-holds": brokers.every(60, "scheduler.tasks.release_holds"),
    "offer-freed": brokers.every(60, "scheduler.tasks.offer_freed"),
    "lay-openings": brokers.every(3600, "scheduler.tasks.lay_openings"),
    "forget-uploads": brokers.every(3600, "clinic.tasks.forget_uploads"),
    "forget-sessions": brokers.every(3600, "clinic.tasks.forget_sessions"),
}

# --- Who may come in ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.User"
# The address is unique in any spelling: constraint user_email_once, which the check cannot read.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "clinic.signin.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by the manager, not by strangers signing up
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Chairside: "
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Chairside"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; each code still works once
MFA_ADAPTER = "clinic.signin.MFAAdapter"
MFA_FORMS = {"authenticate": "clinic.signin.CodeForm", "reauthenticate": "clinic.signin.CodeAgainForm"}
# allauth refuses it lest a stranger signs up with your address; here nobody signs up, and the first link to a
# password, which goes to that very address, makes an address that nothing proves further.
MFA_ALLOW_UNVERIFIED_EMAIL = True
USERSESSIONS_TRACK_ACTIVITY = False
USERSESSIONS_ADAPTER = "clinic.signin.SessionsAdapter"

# --- What the browser is told ------------------------------------------------------------------------
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", production.hosts(PUBLIC_URL, demo=not PRODUCTION))
CSRF_FAILURE_VIEW = "web.views.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "report-uri": ["/csp-report/"],
    }
}
TLS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^health/(details/)?$", r"^metrics$"]  # asked on the inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
SECURE_HSTS_PRELOAD = TLS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = ["web.uploads.BoundedUpload"]

# --- The API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["clinic.api_defaults.DefaultDeny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.api_defaults.JSONObjectParser"],
    "DEFAULT_PAGINATION_CLASS": "clinic.api_defaults.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "clinic.api_schema.ApiSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "clinic.rates.AccountsThrottle",
        "clinic.rates.StrangersThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min", "anon": "60/min"},
    "NUM_PROXIES": int(BEHIND_PROXY),
    "EXCEPTION_HANDLER": "clinic.problem_handler.as_problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
    "TOKEN_TTL": timedelta(days=90),
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_LIMIT_PER_USER": None,
    "AUTO_REFRESH": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Chairside",
    "DESCRIPTION": "Scheduling and records for clinics that give supervised ketamine infusions.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices of fields that share a name, such as `status`, called after their own classes.
    "ENUM_NAME_OVERRIDES": {
        "AbsenceReasonEnum": "scheduler.models.AbsenceReason",
        "AppointmentStatusEnum": "scheduler.models.AppointmentStatus",
        "AttemptOutcomeEnum": "notifications.models.AttemptOutcome",
        "CancellationReasonEnum": "scheduler.models.CancellationReason",
        "FormEnum": "notifications.models.Form",
        "MemberStateEnum": "clinic.models.MemberState",
        "MessageKindEnum": "notifications.models.MessageKind",
        "MessageStatusEnum": "notifications.models.MessageStatus",
        "OfferStatusEnum": "scheduler.models.OfferStatus",
        "OnCallRungEnum": "notifications.models.OnCallRung",
        "PlanStatusEnum": "scheduler.models.PlanStatus",
        "ProtocolStatusEnum": "scheduler.models.ProtocolStatus",
        "ReferralStatusEnum": "scheduler.models.ReferralStatus",
        "ResourceKindEnum": "scheduler.models.ResourceKind",
        "AnsweredByEnum": "sessions_app.models.AnsweredBy",
        "ReportedByEnum": "sessions_app.models.ReportedBy",
        "RoleEnum": "clinic.models.Role",
        "SessionStateEnum": "sessions_app.models.SessionState",
        "SideEffectOutcomeEnum": "sessions_app.models.SideEffectOutcome",
        "TaskKindEnum": "notifications.escalating.task_kinds.CHOICES",
        "TaskStepKindEnum": "clinic.models.WorkItemStepKind",
        "WaitlistStatusEnum": "scheduler.models.WaitlistStatus",
        "YesNoUnknownEnum": "sessions_app.models.YesNoUnknown",
    },
}

# --- Messages to patients ----------------------------------------------------------------------------
EMAIL_CONFIG = brokers.email(EMAIL_URL)
vars().update(EMAIL_CONFIG)
# Of an e-mail provider's own interface; empty where EMAIL_URL is a mail server.
ANYMAIL_BACKEND: str = EMAIL_CONFIG["ANYMAIL_BACKEND"]
ANYMAIL_WEBHOOK: str = EMAIL_CONFIG["ANYMAIL_WEBHOOK"]
ANYMAIL: dict[str, object] = EMAIL_CONFIG["ANYMAIL"]
SMS = brokers.sms(SMS_URL)
# What the providers' contracts allow; empty for as fast as it goes.
EMAIL_PER_SECOND = production.rate("EMAIL_PER_SECOND", env.str("EMAIL_PER_SECOND", ""))
SMS_PER_SECOND = production.rate("SMS_PER_SECOND", env.str("SMS_PER_SECOND", ""))
# After the last rung of a task's ladder it is called again; 0: as often as the ladder goes up.
CALL_AGAIN_MINUTES: int = env.int("CALL_AGAIN_MINUTES", 0)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "clinic@localhost")
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DB_FORMAT = "E164"

# --- Bedside monitors --------------------------------------------------------------------------------
# What they call a sign otherwise than by its LOINC code, and which field it is; "-" for what nobody wants.
MONITOR_CODES: dict[str, str] = env.dict("MONITOR_CODES", {})

# --- Words, numbers, files ---------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION

LOGGING = production.logging(level=env.str("LOG_LEVEL", "INFO"))
structlog.configure(**production.request_lines())
