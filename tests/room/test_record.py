"""The record: one writer, one transaction an act, and rows that are what the log says."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from tests.exercise_parts import FIRST_WEEK_ENDS

from anoa.errors import AccessDenied, AnoaError, InputError, NotAllowed, StorageError
from anoa.logfile import HiddenEntry, read_log, scan_log
from anoa.oplog import Handling
from anoa.pack import load_pack
from anoa.picture import Picture
from anoa.room import access, actions, exercise, outgoing, record
from anoa.room.models import (
    EntryRow,
    Operation,
    SealFile,
    SitrepFile,
    SubmissionRow,
    ThingRow,
)
from anoa.seals import KeyKind, PrivateKey, parse_seal, verify_log
from anoa.sitrep import compose_sitrep, render_html

ON_POSTGRESQL = connection.vendor == "postgresql"
PACK = Path(__file__).resolve().parents[2] / "packs" / "sultra-2024"
REPORT = {
    "region": "74.03", "threat_type": "rumor", "object": "activity", "place_class": "market",
    "observed_at": "2024-08-08T19:00:00+08:00", "reliability": "B", "credibility": "2",
    "obtained": "told",
}  # fmt: skip


def played_the_first_week(member) -> list:
    made = []
    while exercise.next_inject(record.current_operation()).at < FIRST_WEEK_ENDS:
        made += exercise.advance(member)
    return made


def test_the_demo_stops_where_the_pack_says(operation):
    assert operation.injects_played == record.pack_of(operation).exercise.play_until
    assert record.current_picture(operation).seq == EntryRow.objects.count()


def test_an_act_is_recorded_whole_and_what_rules_make_of_it_follows(operation, member):
    before = record.current_picture(operation)
    made = actions.do(member("kabagops-muna"), "report.file", "", REPORT)
    assert made[0].kind == "report.filed"
    assert made[0].seq == before.seq + 1
    assert record.current_picture(operation).seq == made[-1].seq
    assert ThingRow.objects.get(thing="report", ident=made[0].subject).owner == "polres-muna"
    assert all(entry.cause for entry in made[1:])


def test_a_refused_act_leaves_nothing(operation, member):
    before = EntryRow.objects.count(), SubmissionRow.objects.count()
    with pytest.raises(InputError):
        actions.do(member("fkub"), "report.file", "", REPORT | {"region": "99"}, raw_words="x")
    with pytest.raises(NotAllowed):
        actions.do(member("fkub"), "task.acknowledge", "A-9999")
    with pytest.raises(AccessDenied):
        actions.do(member("observer"), "report.file", "", REPORT)
    assert (EntryRow.objects.count(), SubmissionRow.objects.count()) == before


def test_raw_words_are_stored_encrypted_for_their_institution_alone(operation, member):
    words = "Seorang warga berkata ada kabar di pasar."
    made = actions.do(member("pam-tps"), "report.file", "", REPORT, raw_words=words)
    stored = SubmissionRow.objects.get(sha256=made[0].data["submission"])
    assert words.encode() not in bytes(stored.encrypted)
    assert words not in str([entry.as_json() for entry in made])
    assert actions.raw_words(member("kabagops-muna"), made[0].subject) == words
    for other in ("posko", "bawaslu-prov", "observer", "host-admin"):
        with pytest.raises(AccessDenied):
            actions.raw_words(member(other), made[0].subject)


def test_the_cache_forgets_what_was_rolled_back(operation, member):
    from django.db import transaction

    before = record.current_picture(operation)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.do(member("posko"), "post.report", "", {"region": "74.01"})
        assert record.current_picture(operation).seq > before.seq
        raise RuntimeError("undo")
    assert record.current_picture(operation).seq == before.seq
    made = actions.do(member("posko"), "post.report", "", {"region": "74.02"})
    assert made[0].seq == before.seq + 1


def test_the_proof_sees_a_row_that_was_changed_behind_the_log(operation):
    row = ThingRow.objects.filter(thing="report").first()
    ThingRow.objects.filter(pk=row.pk).update(owner="kejati")
    assert not record.rows_equal_replay(operation)
    ThingRow.objects.filter(pk=row.pk).update(owner=row.owner)
    ThingRow.objects.filter(pk=row.pk).delete()
    assert not record.rows_equal_replay(operation)
    row.pk = None
    row.save()


@pytest.mark.skipif(ON_POSTGRESQL, reason="the disk of a PostgreSQL is filled in test_postgres")
def test_a_full_database_is_one_sentence_and_nothing_is_lost(operation, member):
    before = record.current_picture(operation).seq
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")
        try:
            with pytest.raises(StorageError, match="no room left"):
                for _ in range(200):
                    actions.do(member("kabagops-muna"), "report.file", "", REPORT)
        finally:
            cursor.execute("PRAGMA max_page_count=1073741823")
    rows = EntryRow.objects.count()
    assert record.current_picture(operation).seq == rows >= before
    assert actions.do(member("posko"), "post.report", "", {"region": "74.02"})


def test_playing_on_issues_a_report_and_signs_a_seal(operation, member):
    made = played_the_first_week(member("posko"))
    kinds = {entry.kind for entry in made}
    assert {"sitrep.issued", "seal.signed"} <= kinds
    sitrep = SitrepFile.objects.filter(ident="L-0001")
    assert {file.form for file in sitrep} == {"html", "pdf", "txt"}
    assert bytes(sitrep.get(form="pdf").content).startswith(b"%PDF-")


def test_when_no_inject_is_left_the_button_moves_the_clock_by_an_hour(operation, member):
    operation.injects_played = len(record.pack_of(operation).exercise.injects)
    operation.save()
    before = record.current_picture(operation).at
    after = exercise.advance(member("posko"))
    assert after[-1].kind == "clock.advanced"
    assert after[-1].at == before + exercise.STEP


def test_the_exported_log_verifies_against_its_seal(operation, member):
    played_the_first_week(member("posko"))
    raw = outgoing.log_bytes(operation, None, Handling.PUBLIC)
    seal = parse_seal(bytes(SealFile.objects.get().content))
    key = actions.log_key(operation).public
    verdict = verify_log(scan_log(BytesIO(raw)), [seal], [key])
    assert verdict.ok, verdict.problems
    assert verdict.sealed_to == seal.size


def test_an_outsider_gets_the_place_and_leaf_of_what_is_not_public(operation):
    for_all = read_log(BytesIO(outgoing.log_bytes(operation, "x", Handling.INSTITUTIONS)))
    public = read_log(BytesIO(outgoing.log_bytes(operation, None, Handling.PUBLIC)))
    assert len(public.lines) == len(for_all.lines) == record.current_picture(operation).seq
    assert {entry.handling for entry in public.entries} == {Handling.PUBLIC}
    assert any(isinstance(line, HiddenEntry) for line in public.lines)
    assert not any(entry.handling is Handling.SEALED for entry in for_all.entries)
    assert Picture.replay(for_all.entries).seq == record.current_picture(operation).seq


def test_a_sealed_report_is_in_the_log_of_its_institution_alone(operation, member):
    made = actions.do(member("kabagops-muna"), "report.file", "", REPORT | {"handling": "sealed"})
    seq = made[0].seq - 1

    def line(agency, widest=Handling.INSTITUTIONS):
        return read_log(BytesIO(outgoing.log_bytes(operation, agency, widest))).lines[seq]

    assert not isinstance(line("polres-muna"), HiddenEntry)
    for other in ("polda-sultra", "kpu-prov", None):
        assert isinstance(line(other), HiddenEntry)


def test_an_auditor_and_the_host_read_no_things(operation, member):
    assert not access.reads_things(member("auditor"))
    assert not access.reads_things(member("host-admin"))
    assert access.view(member("host-admin"), record.current_picture(operation)).reports == {}
    assert access.view(member("observer"), record.current_picture(operation)).threats == {}


def test_an_institution_countersigns_and_its_line_is_checked(operation, member):
    played_the_first_week(member("posko"))
    seal = SealFile.objects.get()
    mine = PrivateKey("supervisor.example", KeyKind.COSIGNER, b"s" * 32)
    other = PrivateKey("supervisor.example", KeyKind.COSIGNER, b"o" * 32)
    signed = parse_seal(bytes(seal.content)).cosigned(mine, datetime(2024, 8, 13, tzinfo=UTC))
    line = signed.checkpoint.signatures[-1].line
    for wrong in (f"{other.public.vkey}\n{line}", mine.public.vkey, "", f"{line}\n{line}"):
        with pytest.raises(AnoaError):
            actions.do(member("bawaslu-prov"), "seal.countersign", seal.ident, {"key": wrong})
    handed_in = {"key": f"{mine.public.vkey}\n{line}"}
    actions.do(member("bawaslu-prov"), "seal.countersign", seal.ident, handed_in)
    seal.refresh_from_db()
    assert bytes(seal.content) == signed.data
    counted = record.current_picture(operation).seals[seal.ident].countersigned
    assert len(counted) == 1
    with pytest.raises(NotAllowed, match="already"):
        actions.do(member("bawaslu-prov"), "seal.countersign", seal.ident, handed_in)


def test_an_inject_that_no_longer_follows_is_left_out_and_the_clock_moves(operation, member):
    coming = exercise.next_inject(operation)
    assert coming.verb == "report.acknowledge"
    report = operation.inject_names["shoving"]
    actions.do(member("bawaslu-prov"), "report.acknowledge", report)
    made = exercise.advance(member("posko"))
    assert made[-1].kind == "clock.advanced"
    assert made[-1].at >= coming.at
    assert exercise.next_inject(record.current_operation()).number == coming.number + 1


def test_the_button_plays_the_next_inject_by_its_own_member(operation, member):
    made = actions.do(member("posko"), "clock.advance")
    assert (made[-1].kind, made[-1].by) != ("clock.advanced", "posko")
    with pytest.raises(AccessDenied):
        actions.do(member("observer"), "clock.advance")


def test_the_frozen_report_is_what_the_log_alone_gives(operation, member):
    played_the_first_week(member("posko"))
    raw = outgoing.log_bytes(operation, "institutions", Handling.INSTITUTIONS)
    issued = record.current_picture(operation).sitreps["L-0001"]
    entries = read_log(BytesIO(raw)).entries[: issued.at_seq]
    again = compose_sitrep(
        Picture.replay(entries), load_pack(PACK), at=issued.as_of, number=issued.number,
        language=issued.language,
    )  # fmt: skip
    frozen = SitrepFile.objects.get(ident="L-0001", form="html")
    assert render_html(again).encode() == bytes(frozen.content)
    assert issued.digest == frozen.sha256


def test_every_commit_is_on_disk_before_it_is_acknowledged(operation):
    if ON_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        return
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}  # 2: FULL
    with connection.cursor() as cursor:
        for pragma, value in wanted.items():
            assert cursor.execute(f"PRAGMA {pragma}").fetchone()[0] == value


def test_rows_that_an_earlier_anoa_wrote_are_made_anew_from_the_log(operation):
    assert record.renew_rows() == 0
    row = ThingRow.objects.filter(thing="report").first()
    del row.value["withdrawn"]
    row.save()
    assert not record.rows_equal_replay(operation)
    assert record.renew_rows() == 0, "rows that were looked at are not looked at again"
    Operation.objects.update(rows_shape="")  # as an anoa with other fields leaves it
    assert record.renew_rows() == 1
    assert record.rows_equal_replay(operation)
    assert record.renew_rows() == 0
