"""M6: a reporter is exposed. Without an account one reports by a token of a post or device."""

import json

import pytest
from django.test import Client
from tests.misuse.attempts import page, submitted
from tests.roads import Road

from anoa.oplog import Handling
from anoa.picture import Picture
from anoa.room import outgoing
from anoa.room.intake import tokens
from anoa.room.intake.storing import vault
from anoa.room.models import EntryRow

WORDS = "the man from the blue house told me"


@pytest.fixture(autouse=True)
def nobody_guessed(monkeypatch):
    monkeypatch.setattr(tokens, "guesses", tokens.Failures())


def test_an_outsider_sees_no_report_threat_or_promise(road: Road, evening: Picture):
    assert evening.reports and evening.threats and evening.commitments
    outsider = road.pack.cast[road.outsider].agency
    for seen in (evening.seen_by(None), evening.seen_by(outsider, Handling.PUBLIC)):
        assert not (seen.reports or seen.incidents or seen.threats or seen.tasks)
        assert not (seen.commitments or seen.meetings or seen.remarks)


def test_a_reporters_words_are_nowhere_but_encrypted(operation, signed_in):
    row = submitted(operation, body=WORDS.encode())
    assert row.state == "filed"
    assert WORDS.encode() not in bytes(row.encrypted)
    told = json.dumps(list(EntryRow.objects.values_list("data", flat=True)))
    assert WORDS not in told
    assert (
        WORDS not in outgoing.log_bytes(operation, "polda-sultra", Handling.INSTITUTIONS).decode()
    )
    assert WORDS not in page(signed_in("kpu-prov"), f"/reports/{row.subject}")


def test_the_log_knows_a_sender_by_an_opaque_id_and_an_outsider_not_even_that(operation):
    row = submitted(operation)
    entry = EntryRow.objects.get(seq=row.seq)
    assert entry.by == "token-abc"
    line = (
        outgoing.log_bytes(operation, "observers", Handling.PUBLIC).decode().splitlines()[row.seq]
    )
    assert set(json.loads(line)) == {"seq", "handling", "leaf"}


def test_the_name_of_a_submission_cannot_be_guessed_from_the_log(operation):
    one, two = submitted(operation, "m-1", b"fire"), submitted(operation, "m-2", b"fire")
    assert one.sha256 != two.sha256, "the same words have another name each time"
    assert one.sha256 not in (two.digest, one.digest)


def test_a_receipt_says_nothing_of_who_and_what(operation):
    row = submitted(operation, body=WORDS.encode())
    shown = page(Client(), f"/receipt/{vault().code(row.number)}")
    for hidden in (WORDS, "token-abc", "Polda", "polda", "74.03", row.subject):
        assert hidden not in shown


def test_without_a_token_nothing_is_taken(operation):
    answer = Client().post("/api/v1/submissions", b"{}", content_type="application/json")
    assert answer.status_code in (401, 404, 405)
