"""Sealed text goes by its own class, by its owner alone, and nobody learns more by it."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.room.test_sealed import (  # noqa: F401 - fixtures
    after_midnight,
    envelope,
    owner,
    published,
    secret,
    sent,
)

from anoa.errors import NotAllowed
from anoa.room import record
from anoa.room.retention import ledger, purging
from anoa.room.retention.due import Moment
from anoa.room.sealed import days

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "folder", lambda: tmp_path / "certificates")


def test_the_owner_deletes_it_when_its_time_is_over_and_the_sender_is_told(
    road,
    signed_in,
    published,
    owner,
    member,
    client,
    monkeypatch,
):
    said = sent(signed_in(road.reporter.id), envelope(published).data).json()
    operation = owner.operation
    keeping = record.rules_of(operation).retention["sealed"]
    at = keeping.due(record.rules_of(operation).ends) + timedelta(days=1)
    monkeypatch.setattr(purging, "now", lambda found: Moment(at, at))
    monkeypatch.setattr(purging.actions, "let_clocks_run", lambda found, until: None)
    with pytest.raises(NotAllowed, match="Nothing is due"):
        purging.purge_as(owner, ("sealed",))  # its day is not in the log yet
    monkeypatch.undo()
    after_midnight(operation)
    monkeypatch.setattr(purging, "now", lambda found: Moment(at, at))
    monkeypatch.setattr(ledger, "folder", lambda: None)
    monkeypatch.setattr(ledger, "put", lambda certificate: None)
    with pytest.raises(NotAllowed, match="Nothing is due"):
        purging.purge_as(member(road.chair), ("sealed",))
    (made,) = purging.purge_as(owner, ("sealed",))
    row = days.sealed_rows().get()
    assert (bytes(row.encrypted), row.certificate) == (b"", made.entry.subject)
    assert set(made.entry.data) == {
        "class", "whose", "rule", "pack_version", "deleted", "root", "first", "last", "drafts",
        "files",
    }  # fmt: skip
    reader = signed_in(owner.ident)
    reader.cookies["django_language"] = "en"
    shown = reader.get("/sealed").content.decode()
    assert "Deleted on" in shown and made.entry.subject in shown and '"error">damaged' not in shown
    assert reader.get(f"/sealed/{said['code']}/envelope").status_code == 404
    client.cookies["django_language"] = "en"
    told = client.get(f"/receipt/{said['code']}").content.decode()
    assert "has been deleted, as its time was over" in told
