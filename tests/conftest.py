"""What all tests share: repeatable Hypothesis, and for the room a data folder of this run's own."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from tests.roads import FOLDERS, NAMES, Road, load_road

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

PACK = FOLDERS[0]
DATA = Path(tempfile.mkdtemp(prefix="anoa-tests-"))  # before Django reads its settings

os.environ["ANOA_DATA"] = str(DATA)
os.environ.pop("ANOA_DATABASE_URL", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "anoa.room.settings"


def pytest_configure() -> None:
    from django.conf import settings as room_settings

    assert room_settings.DATA_FOLDER.path == DATA


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """Play the exercise once for the whole run; every test's own changes are rolled back."""
    from anoa.room import exercise

    with django_db_blocker.unblock():
        exercise.open_exercise(PACK)


@contextmanager
def at_database(path: Path) -> Iterator[None]:
    """Turn the connection to another file, for as long as the block runs."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def second_country(django_db_setup: None, django_db_blocker) -> Path:
    """A database of the same tables in which the exercise of the invented country was played."""
    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.db import connection

    from anoa.room import exercise

    path = DATA / "second.sqlite3"
    with django_db_blocker.unblock():
        first = connection.settings_dict["NAME"]
        with sqlite3.connect(first) as source, sqlite3.connect(path) as target:
            source.backup(target)
        with at_database(path):
            with connection.constraint_checks_disabled():
                for model in [*apps.get_app_config("room").get_models(), get_user_model()]:
                    model.objects.all()._raw_delete("default")
            exercise.open_exercise(FOLDERS[1])
    return path


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
    from anoa.room import record

    found = record.current_operation()
    yield found
    assert record.rows_equal_replay(found)


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
