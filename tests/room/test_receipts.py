"""A receipt: whoever holds number and code gets the proof, and nobody gets more than is his."""

import hashlib
import io
from dataclasses import replace

import pytest
from django.test import Client
from tests.room.test_intake import REPORT, arrival, stored

from anoa.logfile import read_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, receipts, record
from anoa.room.intake import inbox, tokens
from anoa.room.intake.filing import file_some
from anoa.room.intake.storing import seal, vault
from anoa.room.intake.tokens import FAILURES
from anoa.room.intake.vault import CODES
from anoa.room.models import EntryRow, SealFile, SubmissionRow
from anoa.seals import commitment_to, parse_receipt, parse_seal, verify_receipt

BODY = b'{"account": "smoke behind the warehouse"}'
HASH = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def nobody_guessed(monkeypatch):
    monkeypatch.setattr(tokens, "guesses", tokens.Failures())
    monkeypatch.setattr(receipts, "_TREES", {})


def sent(operation, sender_id="r-1", **changes):
    """The receipt of a submission that the follower filed."""
    (receipt,) = stored(operation, arrival(sender_id, BODY, **({"fields": REPORT} | changes)))
    while file_some(operation, turn_s=60):
        pass
    return receipt


def sealed(member):
    """Seal the log, as an institution does."""
    return actions.do(member("posko"), "seal.sign")


def row_of(receipt):
    return SubmissionRow.objects.get(number=receipt.number)


def page(receipt, status=200, number=None, language="en", client=None):
    number = receipt.number if number is None else number
    path = f"/receipt/{receipt.code}?number={number}&language={language}"
    answer = (client or Client()).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def proof(receipt, status=200, number=None):
    path = f"/receipt/{receipt.code}/{number or receipt.number}.tlog-proof"
    answer = Client(HTTP_ACCEPT_LANGUAGE="en").get(path)
    assert answer.status_code == status, answer.content
    return answer.content


def keys(operation):
    return [actions.log_key(operation).public]


def checked(operation, data, **more):
    return verify_receipt(parse_receipt(data), keys(operation), **more)


# The way of a receipt


def test_after_the_next_seal_anybody_with_number_and_code_gets_a_proof_that_holds(
    operation, member
):
    receipt = sent(operation)
    assert "after the next seal" in page(receipt)
    assert b"after the next seal" in proof(receipt, 409)
    sealed(member)
    shown = page(receipt)
    row = row_of(receipt)
    assert HASH in shown and "It is in the sealed log" in shown
    assert f"Entry {row.seq} of the log" in shown
    found = checked(operation, proof(receipt), sent_sha256=receipt.sha256)
    assert found.is_whole, found
    assert found.entry == record.entries(operation, row.seq - 1, row.seq)[0]
    assert found.entry.subject == row.subject
    assert found.size == SealFile.objects.latest("size").size


def test_the_proof_stays_the_same_after_later_seals_but_for_cosignatures(operation, member):
    receipt = sent(operation)
    sealed(member)
    first = proof(receipt)
    sent(operation, "r-2")
    sealed(member)
    assert proof(receipt) == first
    second = sent(operation, "r-3")
    sealed(member)
    assert checked(operation, proof(second)).is_whole


def test_every_filed_submission_of_several_seals_is_proved(operation, member):
    for day in range(3):
        for one in range(4):
            sent(operation, f"d{day}-{one}")
        sealed(member)
    rows = SubmissionRow.objects.filter(sender_id__startswith="d")
    seals = [parse_seal(bytes(row.content)) for row in outgoing.seals(operation)]
    for row in rows:
        data = receipts.proved(operation, row).data
        size = parse_receipt(data).proof.checkpoint.size
        same = [one for one in seals if one.size == size]
        assert checked(operation, data, seals=same).is_whole


def test_the_name_in_the_log_is_a_commitment_that_only_the_receipt_opens(operation, member):
    receipt = sent(operation)
    sealed(member)
    name = row_of(receipt).sha256
    held = parse_receipt(proof(receipt))
    assert name == commitment_to(held.opening, receipt.sha256)
    assert receipt.sha256 not in outgoing.log_bytes(operation, None, Handling.PUBLIC).decode()
    everything = b"".join(
        bytes(row.encrypted) + row.sha256.encode() + row.digest.encode()
        for row in SubmissionRow.objects.all()
    )
    assert held.opening not in everything and HASH.encode() not in everything
    other = seal(operation.pk, arrival("r-9", BODY, fields=REPORT))
    assert other.values[0] != name, "the same bytes have another name the next time"


def test_a_receipt_by_the_code_alone_gives_neither_hash_nor_entry(operation, member):
    receipt = sent(operation)
    sealed(member)
    shown = Client().get(f"/receipt/{receipt.code}?language=en").content.decode()
    row = row_of(receipt)
    entry = EntryRow.objects.get(seq=row.seq)
    for hidden in (HASH, row.sha256, row.subject, "74.03", entry.salt, "tlog-proof", "posko"):
        assert hidden not in shown
    assert "sealed log" in shown


# The rule of sight


def test_what_a_person_of_the_institution_wrote_is_not_in_the_receipt(operation, member):
    (receipt,) = stored(operation, arrival("h-1", BODY, fields=REPORT | {"region": "99.99"}))
    file_some(operation, turn_s=60)
    assert "a person of the institution must look at it" in page(receipt)
    inbox.file_by_hand(member("posko"), receipt.number, REPORT | {"reliability": "D"})
    sealed(member)
    data = proof(receipt)
    held = parse_receipt(data)
    assert held.entry is None
    found = checked(operation, data)
    assert found.ok and not found.is_whole and "--log" in found.missing[0]
    shown = page(receipt)
    assert "an institution that reads the entry" in shown
    entry = EntryRow.objects.get(seq=row_of(receipt).seq)
    for hidden in (entry.salt, entry.subject, '"reliability"', "rumor"):
        assert hidden not in data.decode() and hidden not in shown
    own = read_log(io.BytesIO(outgoing.log_bytes(operation, "polda-sultra", Handling.INSTITUTIONS)))
    assert checked(operation, data, log=own).is_whole
    outside = read_log(io.BytesIO(outgoing.log_bytes(operation, None, Handling.PUBLIC)))
    assert "hidden in this copy" in checked(operation, data, log=outside).missing[0]


def test_a_sealed_report_shows_its_sender_what_he_sent_and_nobody_else(operation, member):
    told = {"threat_type": "state_conduct", "object": "activity"}
    receipt = sent(operation, fields=REPORT | told, agency="bawaslu-prov")
    row = row_of(receipt)
    assert row.state == "filed"
    (entry,) = record.entries(operation, row.seq - 1, row.seq)
    assert (entry.by, entry.handling) == ("token-abc", "sealed")
    sealed(member)
    found = parse_receipt(proof(receipt))
    assert found.entry == entry
    assert set(found.entry.data) <= set(REPORT) | {"submission", "acknowledge_by", "to"}
    shown = page(receipt)
    assert "state_conduct" not in shown and row.subject not in shown and "74.03" not in shown


def test_what_institutions_judge_later_is_not_in_the_receipt(operation, member):
    receipt = sent(operation)
    row = row_of(receipt)
    amended = REPORT | {"reliability": "E"}
    actions.do(member("posko"), "report.amend", row.subject, amended)
    actions.do(member("kpu-prov"), "report.judge", row.subject, {
        "verdict": "refuted", "reason": "Nobody saw smoke there.",
    })  # fmt: skip
    sealed(member)
    data = proof(receipt)
    assert parse_receipt(data).entry.data["reliability"] == "C"
    assert b"refuted" not in data and "refuted" not in page(receipt)


def test_a_receipt_of_one_sender_shows_nothing_of_another(operation, member):
    one, other = sent(operation, "r-1"), sent(operation, "r-2", token="def")
    sealed(member)
    data, theirs = proof(one).decode(), row_of(other)
    salt = EntryRow.objects.get(seq=theirs.seq).salt
    assert theirs.sha256 not in data and salt not in data
    held = parse_receipt(data.encode())
    assert held.entry.data["submission"] == row_of(one).sha256


# Honest answers


def test_what_is_set_aside_is_said_to_whom_holds_number_and_code(operation, member):
    (receipt,) = stored(operation, arrival("h-1", BODY, fields=REPORT | {"region": "99.99"}))
    file_some(operation, turn_s=60)
    inbox.set_aside(member("posko"), receipt.number, "a test of the phone")
    assert "set it aside" in page(receipt) and "a test of the phone" not in page(receipt)
    assert b"there is no proof" in proof(receipt, 409)
    inbox.take_up(member("posko"), receipt.number)
    assert "must look at it" in page(receipt)


def test_what_is_not_filed_yet_is_said_so(operation):
    (receipt,) = stored(operation, arrival("n-1", BODY, fields=REPORT))
    assert "stored and not in the log yet" in page(receipt)
    assert b"not in the log yet" in proof(receipt, 409)


def test_what_was_purged_is_still_proved_and_said_to_be_deleted(operation, member):
    receipt = sent(operation)
    sealed(member)
    SubmissionRow.objects.filter(number=receipt.number).update(encrypted=b"")
    shown = page(receipt)
    assert "has been deleted" in shown and HASH not in shown
    data = proof(receipt)
    assert parse_receipt(data).sha256 is None
    assert "deleted in the room" in checked(operation, data).missing[0]
    assert checked(operation, data, sent_sha256=receipt.sha256).is_whole


def test_what_an_earlier_anoa_stored_and_filed_is_found_and_proved_in_part(operation, member):
    receipt = sent(operation)
    SubmissionRow.objects.filter(number=receipt.number).update(seq=None, cipher="gcm1")
    sealed(member)
    found = checked(operation, proof(receipt))
    assert found.ok and "earlier anoa" in found.missing[0]
    assert row_of(receipt).seq == found.seq


def test_an_entry_that_was_changed_after_the_seal_is_told_to_its_sender(operation, member):
    receipt = sent(operation)
    sealed(member)
    row = EntryRow.objects.get(seq=row_of(receipt).seq)
    before = dict(row.data)
    EntryRow.objects.filter(pk=row.pk).update(data=before | {"region": "74.04"})
    try:
        assert "is not the one that was sealed" in page(receipt)
        assert b"is not the one that was sealed" in proof(receipt, 500)
        EntryRow.objects.filter(pk=row.pk).update(data=before | {"submission": "ab" * 32})
        assert "does not hold this submission" in page(receipt)
    finally:
        EntryRow.objects.filter(pk=row.pk).update(data=before)


def test_seals_that_do_not_fit_together_are_told(operation, member):
    receipt = sent(operation)
    sealed(member)
    row = SealFile.objects.latest("size")
    kept = parse_seal(bytes(row.content))
    odd = replace(kept, leaves=(bytes(32), *kept.leaves[1:]))
    SealFile.objects.filter(pk=row.pk).update(content=odd.data)
    assert "do not fit together" in page(receipt)
    SealFile.objects.filter(pk=row.pk).update(content=kept.data)
    assert checked(operation, proof(receipt)).is_whole


# Guessing


def test_number_and_code_must_belong_together(operation, member):
    one, other = sent(operation, "r-1"), sent(operation, "r-2")
    sealed(member)
    assert "do not belong together" in page(one, 404, other.number)
    assert HASH not in page(one, 404, other.number)
    assert b"do not belong together" in proof(one, 404, other.number)
    for odd in ("x", "-1", "1.5", "٣", "0"):
        page(one, 404, odd)


def test_guessing_numbers_is_slowed_down_like_guessing_codes(operation, member):
    receipt = sent(operation)
    sealed(member)
    for wrong in range(1, FAILURES + 1):
        proof(receipt, 404, receipt.number + wrong)
    assert b"Wait a minute" in proof(receipt, 429)
    page(receipt, 429)
    elsewhere = Client(REMOTE_ADDR="10.1.1.1")
    assert HASH in page(receipt, client=elsewhere)


def test_a_code_that_does_not_exist_has_no_proof(operation):
    wrong = vault().code(CODES - 1)
    answer = Client().get(f"/receipt/{wrong}/{CODES - 1}.tlog-proof")
    assert answer.status_code == 404
    assert Client().get("/receipt/nothing/7.tlog-proof").status_code == 404
    assert Client().post(f"/receipt/{wrong}/7.tlog-proof").status_code == 405


def test_no_answer_is_kept_by_a_browser(operation, member):
    receipt = sent(operation)
    sealed(member)
    for path in (
        f"/receipt/{receipt.code}",
        f"/receipt/{receipt.code}/{receipt.number}.tlog-proof",
    ):
        assert "no-store" in Client().get(path)["Cache-Control"]


# Languages


def test_the_page_speaks_indonesian(operation, member):
    receipt = sent(operation)
    assert "segel digital berikutnya" in page(receipt, language="id")
    sealed(member)
    assert "Unduh bukti" in page(receipt, language="id")
