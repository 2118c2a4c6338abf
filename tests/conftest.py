"""What all tests share: repeatable Hypothesis, and for the room a data folder of this run's own."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "packs" / "sultra-2024"
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
