"""What all tests share: repeatable Hypothesis, and for the room a data folder of this run's own.

The room of the tests lies in SQLite. ``tests/room/test_postgres.py`` runs what must hold on
PostgreSQL too in a pytest of its own, which is told of the server by ANOA_TEST_DATABASE_URL.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.databases import at_database
from tests.roads import FOLDERS, NAMES, Road, load_road

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

PACK = FOLDERS[0]
DATA = Path(tempfile.mkdtemp(prefix="anoa-tests-"))  # before Django reads its settings

os.environ["ANOA_DATA"] = str(DATA)
os.environ["ANOA_DATABASE_URL"] = os.environ.pop("ANOA_TEST_DATABASE_URL", "")
os.environ["DJANGO_SETTINGS_MODULE"] = "anoa.room.settings"


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings as room_settings

    assert room_settings.DATA_FOLDER.path == DATA
    if getattr(config.option, "numprocesses", None):
        # Workers inherit the environment, and Django would read this process's data folder there
        # before they come to this file. Each must take a folder of its own.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """Play the exercise once for the whole run; every test's own changes are rolled back."""
    from anoa.room import exercise

    with django_db_blocker.unblock():
        exercise.open_exercise(PACK)


@pytest.fixture(scope="session")
def second_country(django_db_setup: None, django_db_blocker) -> str:
    """A database of the same tables in which the exercise of the invented country was played."""
    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.db import connection

    from anoa.room import exercise

    with django_db_blocker.unblock():
        name = _copied(connection)
        with at_database(name):
            _empty(connection, [*apps.get_app_config("room").get_models(), get_user_model()])
            exercise.open_exercise(FOLDERS[1])
    return name


def _empty(connection, models) -> None:
    if connection.vendor == "postgresql":
        tables = ", ".join(model._meta.db_table for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        return
    with connection.constraint_checks_disabled():
        for model in models:
            model.objects.all()._raw_delete("default")


def _copied(connection) -> str:
    """Copy the database of the tests; returns the name of the copy."""
    first = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        copy = str(DATA / "second.sqlite3")
        with sqlite3.connect(first) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        return copy
    copy = f"{first}_second"
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{first}"')
    return copy


@pytest.fixture(scope="module", params=NAMES)
def road(request) -> Iterator[Road]:
    """Each country in turn; in a module that asks for it, every test of the room must."""
    found = load_road(request.param)
    if found.folder == PACK:
        yield found
        return
    with at_database(request.getfixturevalue("second_country")):
        yield found


@pytest.fixture
def operation(db):
    """The exercise as the demo plays it; afterwards its rows must be what replay gives."""
    from anoa.room import record, search_rows

    found = record.current_operation()
    yield found
    assert record.rows_equal_replay(found)
    assert search_rows.equals_replay(found, record.pack_of(found), record.current_picture(found))


@pytest.fixture
def member(operation) -> Callable[[str], object]:
    """Members of the cast by name."""
    from anoa.room.models import Member

    return lambda name: Member.objects.select_related("operation", "user").get(ident=name)


@pytest.fixture
def signed_in(member) -> Callable[[str], object]:
    """A browser-like client that is signed in as a member of the cast."""
    from django.test import Client

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(member(name).user)
        return client

    return enter


@pytest.fixture
def quick_hashes(monkeypatch) -> None:
    """Passwords that cost little to check, for tests that type many."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    for name, cost in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, cost)
