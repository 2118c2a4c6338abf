"""A new pack is whole from its first minute: check takes it, demo serves it, and it says itself."""

from __future__ import annotations

import re
import shlex
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, room

from anoa.cli import main
from anoa.coordination import VERBS
from anoa.pack import check_pack, load_pack
from anoa.pack.documents import DOCUMENTS
from anoa.pack.schema import Record
from anoa.pack.skeleton import skeleton
from anoa.pack.skeleton_values import PLACEHOLDER, SOURCE, NewPack
from anoa.pack.tables import TABLES
from anoa.picture import play

TUTORIAL = Path(__file__).resolve().parent.parent / "docs" / "tutorial" / "write-a-pack.md"
ZONES = ("UTC", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu")
LANGUAGES = ("en", "en,fr", "xa", "id,en")


@pytest.mark.parametrize("languages", LANGUAGES)
@pytest.mark.parametrize("zone", ZONES)
def test_check_accepts_it_and_says_what_is_left(tmp_path, capsys, languages, zone) -> None:
    folder = tmp_path / "my-pack"
    asked = ["--languages", languages, "--time-zone", zone]
    assert main(["new-pack", str(folder), *asked]) == 0
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "No problems." in said
    assert f"regions.csv: 3 of 3 rows name the source '{SOURCE}'" in said
    pack = load_pack(folder)
    assert (pack.id, pack.time_zone) == ("my-pack", zone)
    assert pack.languages == tuple(languages.split(","))


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2027, 12, 31), date(2100, 3, 1)])
def test_it_is_whole_on_any_day_and_its_exercise_plays(tmp_path, day) -> None:
    for name, text in skeleton(NewPack("any-day", ("en",), "America/Havana", day)).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    checked = check_pack(tmp_path)
    assert checked.pack is not None, checked.problems
    salts = count()
    picture, entries = play(checked.pack, None, lambda: f"{next(salts):032x}")
    assert {"edition.adopted", "commitment.accepted", "report.judged"} <= {e.kind for e in entries}
    assert {str(t.rung) for t in picture.threats.values()} == {"threshold"}
    assert {i.verb for i in checked.pack.exercise.injects} <= set(VERBS)


def keys_of(record: Record) -> set[str]:
    inner = (keys_of(field.record) for field in record.fields if field.record)
    return {field.name for field in record.fields}.union(*inner)


def test_every_file_and_field_is_there_with_what_it_holds() -> None:
    files = skeleton(NewPack("whole", ("en",), "UTC", date(2030, 1, 1)))
    for document in DOCUMENTS:
        text = files[document.file] if document.required else files["README.md"]
        assert document.about in text
        for field in document.record.fields:
            told = re.sub(r"\s*\n\s*#\s+", " ", text)
            assert field.about[1:] in told, (document.file, field.name)
        if document.required:
            missing = {k for k in keys_of(document.record) if not re.search(rf"\b{k}:", text)}
            assert not missing, document.file
    for table in TABLES:
        header = files[table.file].split("\n")[0].split(",")
        assert header == [c for f in table.record.present for c in f.columns(("en",))]
        for field in table.record.present:
            assert f": {field.about} (" in files["README.md"], (table.file, field.name)


def test_a_text_in_another_language_is_marked_as_not_translated() -> None:
    files = skeleton(NewPack("two", ("en", "fr"), "UTC", date(2030, 1, 1)))
    assert f'"fr": "[fr] A new pack {PLACEHOLDER}"' in files["pack.yaml"]
    assert "name_en,name_fr" in files["agencies.csv"].split("\n")[0]


def test_a_whole_pack_has_nothing_left(road_folders) -> None:
    assert [check_pack(folder).notes for folder in road_folders] == [(), ()]


@pytest.fixture
def road_folders() -> tuple[Path, ...]:
    from tests.roads import FOLDERS

    return FOLDERS


def test_a_folder_that_holds_anything_is_left_alone(tmp_path, capsys) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "letter.txt"):
        assert main(["new-pack", str(place), "--id", "x"]) == 2
        assert "is not an empty folder" in capsys.readouterr().err
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("letter.txt", "mine")]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--id", "My Pack", "is not an id"),
        ("--id", "x" * 61, "is not an id"),
        ("--languages", "en,,fr", "is not a language"),
        ("--languages", "English", "is not a language"),
        ("--time-zone", "Mars/Olympus", "is not a time zone"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_writes_nothing(
    tmp_path, capsys, option, value, said
) -> None:
    assert main(["new-pack", str(tmp_path / "new"), option, value]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert main(["new-pack", str(tmp_path / "file" / "inside"), "--id", "x"]) == 2
    assert "cannot be written" in capsys.readouterr().err


# -- the tutorial ---------------------------------------------------------------------------


def commands() -> list[str]:
    page = TUTORIAL.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def edit(folder: Path, command: str) -> None:
    """What ``sed -i s/old/new/ file`` does; an edit that changes nothing is an error here."""
    _sed, flag, script, name = shlex.split(command)
    assert flag == "-i"
    _s, old, new, _end = script.split("/")
    before = (folder / name).read_text()
    after = re.sub(old, new, before, flags=re.MULTILINE)
    assert after != before, command
    (folder / name).write_text(after)


def test_each_command_of_the_tutorial_does_what_it_says(tmp_path) -> None:
    data, served = tmp_path / "data", False
    for command in commands():
        if command.startswith("sed "):
            edit(tmp_path, command)
            if "r.9" in command.split("/")[2]:
                refused = anoa(data, "check", str(tmp_path / "otterland"))
                assert refused.returncode == 1
                (promised,) = re.findall(r"`(sub_districts\.csv:2: [^`]+)`", TUTORIAL.read_text())
                assert promised in refused.stdout
            continue
        words = [
            str(tmp_path / "otterland") if word == "otterland" else word
            for word in shlex.split(command)[1:]
        ]
        if words[0] == "demo":
            with room(data, *words[1:]) as running:
                browser = Browser(running.address)
                password = running.passwords["chair-desk"]
                assert browser.sign_in("chair-desk", password).status == 302
                board = browser.get().text
                assert "WCH" in board and "Otter Hills" in board
                assert "EXERCISE – INVENTED DATA" in board
                assert browser.get("index").status == 200
                served = True
            continue
        done = anoa(data, *words)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert served
