"""What is stored of people goes when its time is over, with a certificate, and nothing breaks."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.misuse.attempts import page, submitted
from tests.room.test_intake import arrival, stored

from anoa.coordination.retention import CLASSES, DEFAULTS, Keeping
from anoa.errors import AccessDenied, InputError, LogError, NotAllowed
from anoa.logfile import read_log, scan_log
from anoa.oplog import Handling
from anoa.room import actions, drafts, list_export, list_files, outgoing, receipts, record
from anoa.room.intake import inbox
from anoa.room.intake.storing import Purged, attachment, opened
from anoa.room.intake.values import Attachment, Conflict
from anoa.room.models import (
    AttachmentRow,
    CertificateFile,
    Draft,
    EntryRow,
    ExportFile,
    ExportPiece,
    ReleasedPicture,
    SubmissionRow,
    WrongTries,
)
from anoa.room.retention import again, ledger, purging
from anoa.room.retention.due import Moment, due, now
from anoa.seals import (
    parse_certificate,
    parse_receipt,
    parse_seal,
    verify_certificate,
    verify_log,
    verify_receipt,
)

WORDS = "smoke behind the warehouse"
PICTURE = Attachment("gate.jpg", "image/jpeg", b"\xff\xd8\xff one")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """Certificates of a test lie in a folder of its own."""
    place = tmp_path / "certificates"
    monkeypatch.setattr(ledger, "folder", lambda: place)
    monkeypatch.setattr(receipts, "_TREES", {})
    return place


@pytest.fixture
def later(monkeypatch, operation):
    """Let the time of retention lie so many days after the end of the operation."""

    def move(days: float = 31) -> Moment:
        at = record.rules_of(operation).ends + timedelta(days=days)
        moment = Moment(at, now(operation).wall + timedelta(days=days))
        monkeypatch.setattr(purging, "now", lambda found: moment)
        monkeypatch.setattr(again, "now", lambda found: moment)
        monkeypatch.setattr("anoa.room.retention.due.now", lambda found: moment)
        return moment

    return move


def due_at(operation, moment, agency=None):
    found = due(operation, record.current_picture(operation), agency, moment)
    return {one.klass: one for one in found}


# What is due


def test_words_that_were_never_settled_count_from_the_end_of_the_operation(operation, later):
    row = submitted(operation, body=WORDS.encode())
    early = due_at(operation, later(29))["words"]
    assert (early.found, early.kept, early.open) == ([], 1, 1)
    (one,) = due_at(operation, later(31))["words"].found
    assert (one.name, one.of, one.why) == (row.sha256, row.agency, row.subject)


def test_a_report_that_another_chain_judged_counts_from_then(operation, member):
    row = submitted(operation, body=WORDS.encode())
    at = actions.now_of(operation)
    moment = Moment(at + timedelta(days=30), at)
    assert due_at(operation, moment)["words"].found == []
    actions.do(
        member("bawaslu-prov"), "report.judge", row.subject,
        {"verdict": "refuted", "reason": "Nothing was there."},
    )  # fmt: skip
    report = record.current_picture(operation).reports[row.subject]
    place = (report.region, report.threat_type)
    threats = record.current_picture(operation).threats.values()
    stands = any((t.region, t.threat_type) == place and t.rung != "closed" for t in threats)
    found = due_at(operation, moment)["words"]
    assert len(found.found) == (0 if stands else 1)
    assert found.kept == (1 if stands else 0)


def test_a_pack_says_how_long_and_a_silent_one_is_kept_as_proposed(operation):
    rules = record.rules_of(operation).retention
    assert set(rules) == set(CLASSES) == set(DEFAULTS)
    assert record.pack_of(operation).retention_note
    with pytest.raises(Exception, match="cannot be kept"):
        Keeping("drafts", "settled", 3)
    with pytest.raises(Exception, match="0 to 1 days"):
        Keeping("files", "received", 3)


# Deleting


def test_a_purge_leaves_a_certificate_that_the_log_bears_out(operation, member, later):
    row = submitted(operation, body=WORDS.encode())
    later()
    officer = member("posko")
    assert row.agency == officer.agency
    (made,) = purging.purge_as(officer, ("words",))
    row.refresh_from_db()
    assert (bytes(row.encrypted), bytes(row.trouble), row.certificate) == (b"", b"", "E-0001")
    with pytest.raises(Purged):
        opened(row)
    assert made.names == (row.sha256,)
    entry = EntryRow.objects.get(kind="deletion.certified")
    assert (entry.by, entry.agency, entry.handling) == ("posko", officer.agency, "public")
    assert (entry.data["class"], entry.data["deleted"], entry.data["rule"]) == (
        "words", 1, "settled-30d",
    )  # fmt: skip


def test_the_log_verifies_and_the_receipt_still_proves_it(operation, member, later):
    row = submitted(operation, body=WORDS.encode())
    later()
    purging.purge_as(member("posko"), ("words",))
    row.refresh_from_db()
    actions.do(member("posko"), "seal.sign")
    key = actions.log_key(operation).public
    content = outgoing.log_bytes(operation, None, Handling.PUBLIC)
    seals = [parse_seal(bytes(one.content)) for one in outgoing.seals(operation)]
    assert verify_log(scan_log(io.BytesIO(content)), seals, [key]).ok
    found = receipts.proved(operation, row)
    assert found.sha256 is None
    assert verify_receipt(parse_receipt(found.data), [key]).ok


def test_the_same_bytes_get_the_same_receipt_and_others_are_refused(operation, member, later):
    submitted(operation, body=WORDS.encode())
    (before,) = stored(operation, arrival("m-1", WORDS.encode()))
    later()
    purging.purge_as(member("posko"), ("words",))
    (same,) = stored(operation, arrival("m-1", WORDS.encode()))
    assert (same.number, same.code, same.state, same.sha256) == (
        before.number, before.code, "repeated", before.sha256,
    )  # fmt: skip
    (other,) = stored(operation, arrival("m-1", b"other words"))
    assert isinstance(other, Conflict)
    assert not bytes(SubmissionRow.objects.get(sender_id="m-1").encrypted)


def test_pictures_go_by_a_class_of_their_own_and_say_so(operation, member, later, signed_in):
    (receipt,) = stored(
        operation, arrival("p-1", problems=("look at it",), attachments=(PICTURE,))
    )  # fmt: skip
    (row,) = AttachmentRow.objects.all()
    address = f"/inbox/{receipt.number}/pictures/{row.pk}"
    ReleasedPicture.objects.create(attachment=row, found="covered", encrypted=b"the copy")
    later()
    purging.purge_as(member("posko"), ("pictures",))
    row.refresh_from_db()
    assert (bytes(row.encrypted), row.certificate) == (b"", "E-0001")
    assert not ReleasedPicture.objects.exists(), "nor the copy that others saw"
    with pytest.raises(Purged):
        attachment(row)
    answer = signed_in("posko").get(address)
    assert answer.status_code == 410 and b"E-0001" in answer.content
    shown = page(signed_in("posko"), f"/inbox/{receipt.number}")
    assert "Deleted on" in shown and "E-0001" in shown


def test_what_waited_for_a_person_is_closed_and_cannot_be_taken_up(operation, member, later):
    (receipt,) = stored(operation, arrival("n-1", WORDS.encode(), problems=("look at it",)))
    drafts.save(member("posko"), f"form /inbox/{receipt.number}#report.file ", {"what": [WORDS]})
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    row = SubmissionRow.objects.get(number=receipt.number)
    assert (row.state, row.closed_by) == ("discarded", "rule:retention")
    assert not Draft.objects.filter(key__contains=f"/inbox/{receipt.number}").exists()
    assert made.entry.data["drafts"] == 1
    with pytest.raises(NotAllowed, match="deleted"):
        inbox.take_up(member("posko"), receipt.number)


def test_another_institution_a_reader_and_the_outsider_delete_nothing(
    operation, member, later, signed_in
):
    submitted(operation, body=WORDS.encode())
    later()
    with pytest.raises(NotAllowed, match="Nothing is due"):
        purging.purge_as(member("kpu-prov"), ("words",))
    for name in ("governor-reader", "observer", "host-admin", "auditor"):
        with pytest.raises(AccessDenied):
            purging.purge_as(member(name), ("words",))
        answer = signed_in(name).post("/retention/delete", {"class": "words", "sure": "yes"})
        assert answer.status_code == 422, name
    with pytest.raises(NotAllowed, match="page of retention"):
        actions.do(member("posko"), "deletion.certify", "", {"class": "words"})
    assert bytes(SubmissionRow.objects.get(sender_id="m-1").encrypted)
    assert not EntryRow.objects.filter(kind="deletion.certified").exists()


def test_a_purge_that_breaks_off_deletes_nothing_and_certifies_nothing(
    operation, member, later, monkeypatch
):
    submitted(operation, body=WORDS.encode())
    later()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(purging.CertificateFile.objects, "create", full)
    with pytest.raises(OSError, match="No space"):
        purging.purge_as(member("posko"), ("words",))
    assert bytes(SubmissionRow.objects.get(sender_id="m-1").encrypted)
    assert not EntryRow.objects.filter(kind="deletion.certified").exists()


def test_drafts_files_and_tries_go_as_well(operation, member, later):
    drafts.save(member("posko"), "a draft", {"what": [WORDS]})
    ExportFile.objects.create(
        ident="f", member=member("posko"), form="csv", name="x", rows=1, state=list_files.WHOLE,
        started_at=timezone.now(), moved_at=timezone.now(),
    )  # fmt: skip
    WrongTries.objects.create(key="k", count=2, since=timezone.now(), last_at=timezone.now())
    later()
    made = purging.purge(purging.Deleter(operation), ("drafts", "files", "tries"))
    assert [(one.klass, one.entry.data["whose"]) for one in made] == [
        ("drafts", "polda-sultra"), ("files", "polda-sultra"), ("tries", "anoa"),
    ]  # fmt: skip
    assert {one.entry.by for one in made} == {"host-admin"}
    assert not (Draft.objects.exists() or ExportFile.objects.exists())
    assert not WrongTries.objects.exists()


# Holds


def test_what_is_held_is_not_deleted_and_says_so(operation, member, later, signed_in):
    row = submitted(operation, body=WORDS.encode())
    actions.do(
        member("bawaslu-prov"), "hold.place", "",
        {"about": row.subject, "reason": "A case at court needs it."},
    )  # fmt: skip
    told = due_at(operation, later())["words"]
    assert (told.found, [one.hold for one in told.held]) == ([], ["B-0001"])
    with pytest.raises(NotAllowed, match="Nothing is due"):
        purging.purge_as(member("posko"), ("words",))
    for path in ("/retention", f"/reports/{row.subject}"):
        assert "A case at court needs it." in page(signed_in("posko"), path), path
    assert "A case at court" not in page(signed_in("observer"), "/retention")
    with pytest.raises(NotAllowed):
        actions.do(member("posko"), "hold.lift", "B-0001", {"reason": "Not ours to lift."})
    actions.do(member("bawaslu-prov"), "hold.lift", "B-0001", {"reason": "The case is closed."})
    assert len(purging.purge_as(member("posko"), ("words",))) == 1


def test_a_hold_on_an_incident_keeps_the_words_of_its_reports(operation, member, later):
    row = submitted(operation, body=WORDS.encode())
    report = record.current_picture(operation).reports[row.subject]
    opened_ = actions.do(
        member("posko"), "incident.open", "",
        {"region": report.region, "threat_type": report.threat_type,
         "place_class": report.place_class, "observed_at": "2024-08-08T11:00:00Z"},
    )  # fmt: skip
    actions.do(member("posko"), "incident.tie", opened_[0].subject, {"report": row.subject})
    data = {"about": opened_[0].subject, "reason": "A case at court needs it."}
    actions.do(member("posko"), "hold.place", "", data)
    assert [one.hold for one in due_at(operation, later())["words"].held] == ["B-0001"]
    with pytest.raises(NotAllowed, match="already"):
        actions.do(member("posko"), "hold.place", "", data)


def test_a_hold_names_no_person_and_nothing_that_holds_no_words(operation, member):
    with pytest.raises(NotAllowed, match="Nothing that could be deleted"):
        actions.do(member("posko"), "hold.place", "", {"about": "C-0004", "reason": "a case"})
    with pytest.raises(InputError):
        actions.do(
            member("posko"), "hold.place", "", {"about": "R-0001", "reason": "of 081234567890"}
        )  # fmt: skip
    with pytest.raises((NotAllowed, AccessDenied)):
        actions.do(member("observer"), "hold.place", "", {"about": "R-0001", "reason": "a case"})


# Certificates


def test_a_certificate_is_checked_without_a_database_and_a_change_is_found(
    operation, member, later, tmp_path
):
    submitted(operation, body=WORDS.encode())
    submitted(operation, "m-2", body=b"other words")
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    actions.do(member("posko"), "seal.sign")
    key = actions.log_key(operation).public
    path = tmp_path / "log.jsonl"
    path.write_bytes(outgoing.log_bytes(operation, "polda-sultra", Handling.INSTITUTIONS))
    log = read_log(path)
    seals = [parse_seal(bytes(one.content)) for one in outgoing.seals(operation)]
    found = verify_certificate(parse_certificate(made.data), log, seals, [key])
    assert (found.ok, found.is_sealed, found.in_log) == (True, True, 2)
    assert not verify_certificate(made, log).is_sealed
    other = "0" * 64
    with pytest.raises(LogError, match="root"):
        parse_certificate(made.data.replace(made.names[0].encode(), other.encode()))
    with pytest.raises(LogError, match="counts another"):
        parse_certificate(made.data + b"f" * 64 + b"\n")
    forged = replace(made, entry=replace(made.entry, by="somebody"))
    assert not verify_certificate(forged, log, seals, [key]).ok
    assert not verify_certificate(replace(made, operation="other"), log, seals, [key]).ok


def test_a_certificate_is_read_by_everybody_and_says_nothing_of_what_went(
    operation, member, later, signed_in
):
    submitted(operation, body=WORDS.encode())
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    for name in ("observer", "auditor", "posko"):
        shown = page(signed_in(name), "/retention/E-0001")
        assert made.root in shown and "settled" in shown
        file = signed_in(name).get("/retention/E-0001.deletion")
        assert file.content == made.data
        assert WORDS.encode() not in file.content
    assert signed_in("observer").get("/retention/E-0002").status_code == 404
    assert signed_in("observer").get("/retention/E-0002.deletion").status_code == 404


def test_pages_say_what_was_deleted_instead_of_failing(operation, member, later, signed_in):
    row = submitted(operation, body=WORDS.encode())
    client = signed_in("posko")
    assert WORDS in page(client, f"/reports/{row.subject}")
    later()
    answer = client.post("/retention/delete", {"class": "words"})
    assert answer.status_code == 422, "it was not ticked that it was read"
    assert f"{WORDS}" in page(client, f"/reports/{row.subject}")
    answer = client.post("/retention/delete", {"class": "words", "sure": "yes"})
    assert answer.status_code == 302
    for path in (f"/reports/{row.subject}", f"/inbox/{row.number}"):
        shown = page(client, path)
        assert "Deleted on" in shown and "E-0001" in shown and WORDS not in shown, path
    assert "E-0001" in page(client, "/retention")
    assert "E-0001" in page(client, "/log")
    assert client.get("/inbox").status_code == 200


def test_the_page_lists_what_is_due_to_who_may_act_and_to_nobody_else(operation, later, signed_in):
    row = submitted(operation, body=WORDS.encode())
    later()
    shown = page(signed_in("posko"), "/retention")
    assert "Due now at your institution" in shown and row.sha256[:12] in shown
    for name in ("kpu-prov", "observer", "auditor", "host-admin", "governor-reader"):
        assert row.sha256[:12] not in page(signed_in(name), "/retention"), name


# A purge during an export


def test_a_file_that_is_being_made_ends_and_says_why(operation, member, later, signed_in):
    submitted(operation, body=WORDS.encode())
    officer, client = member("posko"), signed_in("posko")
    found = record.current_picture(operation).seen_by(officer.agency).reports

    class Rows:
        def __len__(self) -> int:
            return len(found)

        def items(self):
            for number, one in enumerate(found.values()):
                if number == 1:
                    purging.purge_as(officer, ("words",))
                yield one

    later()
    naming = list_export.Naming(record.pack_of(operation), "en", "")
    file = list_files.start(
        officer, "csv", Rows(), naming, "reports-x.csv", "", run=lambda work: work()
    )
    file.refresh_from_db()
    assert (file.state, file.reason) == (list_files.BROKEN, list_files.PURGED)
    assert not ExportPiece.objects.exists()
    assert "Stored material was deleted" in page(client, f"/files/{file.ident}")
    assert client.get(f"/files/{file.ident}/take").status_code == 409


def test_a_whole_file_of_before_the_purge_is_gone(operation, member, later, signed_in):
    submitted(operation, body=WORDS.encode())
    found = record.current_picture(operation).seen_by("polda-sultra").reports
    naming = list_export.Naming(record.pack_of(operation), "en", "")
    rows = list_files.Watched(type("R", (), {
        "__len__": lambda self: len(found), "items": lambda self: iter(found.values()),
    })(), lambda number: None)  # fmt: skip
    file = list_files.start(
        member("posko"), "csv", rows, naming, "reports-x.csv", "", run=lambda work: work()
    )
    assert ExportPiece.objects.filter(file=file).exists()
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    assert made.entry.data["files"] == 1
    assert not ExportPiece.objects.filter(file=file).exists()
    assert signed_in("posko").get(f"/files/{file.ident}/take").status_code == 409


@pytest.mark.parametrize("form", ["csv", "geojson"])
def test_a_list_that_is_on_its_way_ends_with_the_reason(operation, member, later, form):
    submitted(operation, body=WORDS.encode())
    officer = member("posko")
    found = record.current_picture(operation).seen_by(officer.agency).reports

    class Rows:
        def __len__(self) -> int:
            return len(found)

        def items(self):
            purging.purge_as(officer, ("words",))
            yield from found.values()

    later()
    rows = list_files.Unpurged(operation, Rows())
    naming = list_export.Naming(record.pack_of(operation), "en", "")
    write = {"csv": list_export.csv_pieces, "geojson": list_export.geojson_pieces}[form]
    whole = b"".join(write(rows, naming)).decode()
    assert "stored material was deleted" in whole and WORDS not in whole
    if form == "csv":
        assert whole.splitlines()[-1].startswith("BROKEN OFF") and "END" not in whole
    else:
        assert json.loads(whole)["broken_off"]


# Certificates carried out again


def test_what_a_restore_brought_back_is_deleted_again_once(operation, member, later, own_folder):
    row = submitted(operation, body=WORDS.encode())
    before = bytes(row.encrypted)
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    SubmissionRow.objects.filter(pk=row.pk).update(encrypted=before, certificate="")
    assert again.carry_out(operation, [made]).things == 0, "the log knows it: nobody restored"
    lost = replace(made, entry=replace(made.entry, data=dict(made.entry.data)))
    _forget(operation, made)
    told = again.carry_out(operation, [lost, replace(lost, operation="of another")])
    assert (told.certificates, told.carried_out, told.things) == (1, 1, 1)
    row.refresh_from_db()
    assert not bytes(row.encrypted)
    entry = EntryRow.objects.filter(kind="deletion.certified").latest("seq")
    assert (entry.data["again"], entry.data["root"], entry.by) == (True, made.root, "host-admin")
    assert again.carry_out(operation, [lost]).things == 0
    kept = CertificateFile.objects.latest("pk")
    assert parse_certificate(bytes(kept.content)).names == made.names


def _forget(operation, made) -> None:
    """Let the log stand as before the certificate, as a restored backup does."""
    from anoa.room.models import SearchRow, ThingRow

    EntryRow.objects.filter(operation=operation, seq__gte=made.entry.seq).delete()
    ThingRow.objects.filter(operation=operation, thing="deletion").delete()
    SearchRow.objects.filter(operation=operation, thing="deletion").delete()
    CertificateFile.objects.all().delete()


def test_certificates_lie_outside_the_database_and_are_written_again(
    operation, member, later, own_folder
):
    submitted(operation, body=WORDS.encode())
    later()
    (made,) = purging.purge_as(member("posko"), ("words",))
    ledger.write_missing(operation)
    (file,) = own_folder.iterdir()
    assert (file.stat().st_mode & 0o777, file.read_bytes()) == (0o600, made.data)
    file.write_bytes(made.data[:-10])
    with pytest.raises(Exception, match="cannot be used"):
        list(ledger.read_all(own_folder))
