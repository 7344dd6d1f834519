"""What every test stands on: its own settings, the databases, nothing left over."""

import atexit
import os
import shutil
import tempfile
from urllib.parse import urlsplit

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A developer's own `.env` is none of the tests' business.
os.environ["ENV_FILE"] = os.devnull
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="muster-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and os.environ.get("REDIS_URL"):
    # Emptying the cache empties a Redis database, so each worker has its own.
    url = urlsplit(os.environ["REDIS_URL"])
    number = int(url.path.strip("/") or 0) + int(WORKER.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = url._replace(path=f"/{number}").geturl()

import django  # noqa: E402 - the environment above decides what it sets up
from django.conf import settings  # noqa: E402

django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Files as they lie in the repository, collected or not.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
if not settings.EMBEDDED:
    # A worker has read its settings before it comes here.
    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CACHES["default"]["LOCATION"] = os.environ["REDIS_URL"]
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = settings.REDIS_URL
    # Publishing knows no database numbers: without a prefix workers would ring each other's doorbells.
    settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test-{WORKER or 'alone'}"
    # A second without an answer says nothing on a machine that runs two suites and three browsers.
    settings.CACHES["default"]["OPTIONS"]["socket_timeout"] = 30

import environ  # noqa: E402
from channels.layers import channel_layers  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402

from config.cache import ShelteredRedisCache  # noqa: E402
from tests.emptying import empty_tables  # noqa: E402

pytest_plugins = ["tests.marker", "tests.cast", "tests.serving"]


def pytest_collection_modifyitems(config, items):
    """Leave out, not skip, what the database at hand cannot show: a skipped test is a failed build. Browsers last:
    Playwright keeps a loop running in the main thread to the end, where neither async tests nor the ORM want one."""
    if connection.vendor != "postgresql":
        elsewhere = [item for item in items if item.get_closest_marker("postgresql")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    items.sort(key=lambda item: "playwright" in item.fixturenames)


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("\nTests were skipped, which counts as a failure here.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium: nothing is downloaded, and it looks nobody up."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture(autouse=True)
def nothing_left_over():
    """Queues of the channel layer belong to the last test's loop, and the cache counts its failures."""
    channel_layers.backends.clear()
    ShelteredRedisCache.away_until = 0.0
    cache.clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        # Nobody pulls the plug on a test database.
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    else:
        # A pool keeps connections that would hold the test database back from being dropped.
        options.pop("pool")
        if settings.DATABASE_OWNER_URL:
            become(settings.DATABASE_OWNER_URL)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The owner makes and migrates the test database; the tests run as the role that serves."""
    TransactionTestCase._fixture_teardown = empty_tables
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        serving = environ.Env.db_url_config(settings.DATABASE_URL)["USER"]
        with connection.cursor() as cursor:
            cursor.execute(f'GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO "{serving}"')
        become(settings.DATABASE_URL)
    yield
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            # Threads that served a test may still hold connections, which only their own role may end.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
            )
        become(settings.DATABASE_OWNER_URL or settings.DATABASE_URL)


def become(url):
    """Connect as this role from now on."""
    connection.close()
    role = environ.Env.db_url_config(url)
    connection.settings_dict.update(USER=role["USER"], PASSWORD=role["PASSWORD"])
