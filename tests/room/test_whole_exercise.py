"""The room plays the whole exercise: the same log as in memory, with its files and signatures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.room.running import anoa

from anoa.cli.demo import _end_of, last_day
from anoa.errors import AnoaError
from anoa.logfile import LogFile
from anoa.picture import play
from anoa.room import exercise, outgoing, proof, record
from anoa.room.models import SealFile, SitrepFile
from anoa.seals import check_signatures, parse_seal, parse_vkey, verify_log

FROM_THE_ROOM = {"digest", "key", "root", "submission"}  # what files and keys add, and salts move


def facts(entry) -> tuple:
    data = {name: value for name, value in entry.data.items() if name not in FROM_THE_ROOM}
    return entry.at, entry.by, entry.kind, entry.subject, entry.cause, data


def test_the_room_plays_the_whole_exercise_as_it_plays_in_memory(operation, client):
    pack, told = record.pack_of(operation), []
    left = len(pack.exercise.injects) - operation.injects_played
    assert exercise.play_on(operation, None, told.append) == len(told) == left > 200
    entries = record.entries(operation)
    in_memory = play(pack, pack.exercise.injects, lambda: "0" * 32)[1]
    assert [facts(one) for one in entries] == [facts(one) for one in in_memory]
    found = proof.prove(operation)  # rows, seals, reports
    picture = record.current_picture(operation)
    assert (found.seals, found.reports) == (len(picture.seals), len(picture.sitreps))
    check_cosignatures(operation, picture, entries)
    forms = SitrepFile.objects.values_list("ident", "form")
    assert len(forms) == 3 * len(picture.sitreps)


def check_cosignatures(operation, picture, entries) -> None:
    """Each countersigned seal bears a valid line of an institution, under an exercise's name."""
    files = {row.ident: parse_seal(bytes(row.content)) for row in SealFile.objects.all()}
    signed = 0
    for seal in picture.seals.values():
        keys = [parse_vkey(key) for key in seal.countersigned]
        found = check_signatures(files[seal.id].checkpoint, keys)
        assert {one.name for one in found.cosigned} == {key.name for key in keys}
        assert all(key.name.startswith("exercise.") for key in keys)
        signed += len(keys)
    assert signed >= 12
    keys = {
        parse_vkey(key) for one in picture.seals.values() for key in (one.key, *one.countersigned)
    }
    log = LogFile(outgoing.header_of(operation), entries)
    assert verify_log(log, list(files.values()), keys).ok


def test_it_is_played_up_to_a_day_and_goes_on_from_there(operation):
    pack = record.pack_of(operation)
    day = datetime(2024, 8, 20, tzinfo=UTC)
    played = exercise.play_on(operation, day, lambda inject: None)
    after = exercise.next_inject(record.current_operation())
    assert played > 10
    assert after.at >= day > pack.exercise.injects[after.number - 2].at
    again = exercise.play_on(record.current_operation(), day, lambda inject: None)
    assert again == 0


def test_an_inject_that_people_overtook_is_left_out_and_the_play_goes_on(operation, member):
    from anoa.room import actions

    report = next(r for r in record.current_picture(operation).reports.values()
                  if r.state == "recorded" and r.owner == "polres-muna")  # fmt: skip
    actions.do(member("kpu-prov"), "report.acknowledge", report.id)
    day = datetime(2024, 8, 10, tzinfo=UTC)
    assert exercise.play_on(operation, day, lambda inject: None) > 0
    assert record.current_operation().injects_played > operation.injects_played


@pytest.mark.parametrize(
    ("text", "end"),
    [("all", None), ("9999-12-31", None), ("2024-11-27", "2024-11-28T00:00+08:00")],
)
def test_until_is_a_day_of_the_packs_own_zone(operation, text, end):
    found = _end_of(last_day(text), record.pack_of(operation))
    assert found == (datetime.fromisoformat(end) if end else None)
    assert found is None or found.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize("text", ["soon", "2024-13-01", ""])
def test_a_day_that_is_none_is_refused_in_one_sentence(text):
    with pytest.raises(AnoaError, match="is not a day"):
        last_day(text)


def test_a_day_that_is_none_is_refused_before_anything_is_made(tmp_path):
    answer = anoa(tmp_path / "data", "demo", "--until", "soon")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.count("\n") == 1 and "is not a day: write it as" in answer.stderr
    assert not (tmp_path / "data").exists()


def test_the_log_page_folds_older_seals_and_names_who_countersigned(operation, signed_in):
    exercise.play_on(operation, datetime(2024, 9, 30, tzinfo=UTC), lambda inject: None)
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    page = client.get("/log").content.decode()
    newest, _, older = page.partition("<details><summary>3 older seals")
    assert newest.count("countersigned by") == 1
    assert "exercise.kpu-prov" in newest and "exercise.bawaslu-prov" in older
    assert "exercise.kpu-prov+" not in page.partition("<h2>Entries")[0]
