"""Drafts: kept encrypted for their member alone, limited in size, number and age."""

from datetime import timedelta

import pytest
from django.utils import timezone

from anoa.errors import NotAllowed, StorageError
from anoa.room import drafts, record
from anoa.room.models import Draft

WORDS = "Orang berkumpul di dekat dermaga sejak pagi"


def test_a_draft_comes_back_as_it_was_kept(member):
    posko = member("posko")
    drafts.save(posko, "paste/1", {"text": WORDS, "fields": {"region": ["74.07", None]}})
    assert drafts.load(posko, "paste/1") == {"text": WORDS, "fields": {"region": ["74.07", None]}}
    drafts.save(posko, "paste/1", {"text": "later"})
    assert drafts.load(posko, "paste/1") == {"text": "later"}
    assert drafts.saved_at(posko, "paste/1") <= timezone.now()


def test_a_draft_is_for_its_member_alone_even_within_the_institution(member):
    drafts.save(member("posko"), "paste/1", {"text": WORDS})
    for other in ("kpu-prov", "observer", "host-admin"):
        assert drafts.load(member(other), "paste/1") is None
        assert drafts.keys(member(other)) == []


def test_a_row_that_was_moved_to_another_member_is_not_read(member):
    drafts.save(member("posko"), "paste/1", {"text": WORDS})
    Draft.objects.update(member=member("kpu-prov"))
    assert drafts.load(member("kpu-prov"), "paste/1") is None


def test_the_stored_bytes_do_not_show_the_words_and_the_log_does_not_grow(member, operation):
    before = record.current_picture(operation).seq
    drafts.save(member("posko"), "paste/1", {"text": WORDS})
    assert b"dermaga" not in bytes(Draft.objects.get().encrypted)
    assert record.current_picture(operation).seq == before


def test_keys_are_listed_by_prefix_and_discarded_ones_are_gone(member):
    posko = member("posko")
    for key in ("paste/2", "paste/1", "Paste/3", "form/x"):
        drafts.save(posko, key, {})
    assert drafts.keys(posko, "paste/") == ["paste/1", "paste/2"]
    drafts.discard(posko, "paste/1")
    drafts.discard(posko, "paste/1")
    assert drafts.keys(posko, "paste/") == ["paste/2"]
    assert drafts.load(posko, "paste/1") is None


def test_an_old_draft_is_not_given_back_and_goes_with_the_next_one_kept(member):
    posko = member("posko")
    drafts.save(posko, "paste/1", {"text": WORDS})
    Draft.objects.update(saved_at=timezone.now() - drafts.KEPT - timedelta(minutes=1))
    assert drafts.load(posko, "paste/1") is None and drafts.keys(posko) == []
    drafts.save(posko, "paste/2", {})
    assert [row.key for row in Draft.objects.all()] == ["paste/2"]


def test_a_draft_too_large_and_a_key_too_long_are_refused(member):
    with pytest.raises(NotAllowed, match="at most 64000"):
        drafts.save(member("posko"), "paste/1", {"text": "x" * drafts.SIZE_LIMIT})
    for key in ("", "k" * (drafts.KEY_CHARS + 1)):
        with pytest.raises(NotAllowed, match="1 to 200"):
            drafts.save(member("posko"), key, {})


def test_a_member_keeps_a_limited_number_and_may_still_change_one(member, monkeypatch):
    monkeypatch.setattr(drafts, "COUNT_LIMIT", 2)
    posko = member("posko")
    drafts.save(posko, "a", {})
    drafts.save(posko, "b", {})
    with pytest.raises(NotAllowed, match="2 drafts already"):
        drafts.save(posko, "c", {})
    drafts.save(posko, "b", {"text": "changed"})
    drafts.save(member("kpu-prov"), "c", {})
    assert drafts.keys(posko) == ["a", "b"]


def test_a_lost_key_is_said_and_not_taken_for_an_empty_draft(member, monkeypatch):
    from cryptography.fernet import Fernet

    drafts.save(member("posko"), "a", {})
    other = Fernet(Fernet.generate_key())
    monkeypatch.setattr(drafts, "cipher", lambda: other)
    with pytest.raises(StorageError, match="restore keys/"):
        drafts.load(member("posko"), "a")
