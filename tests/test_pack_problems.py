"""Every problem of a pack is found, with its file and line, and all of them in one list."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.broken_packs import CASES
from tests.small_pack import FILES, Change, write

from anoa.errors import PackError
from anoa.pack import check_pack, load_pack


def problems(path: Path, **changes: Change) -> list[str]:
    return [str(problem) for problem in check_pack(write(path, **changes)).problems]


@pytest.mark.parametrize("name", CASES)
def test_each_problem_is_named_with_its_file_and_line(name: str, tmp_path: Path) -> None:
    changes, expected = CASES[name]
    found = problems(tmp_path, **changes)
    assert any(problem.startswith(expected) for problem in found), "\n".join(found)


def test_ten_errors_come_in_one_list_and_nothing_is_loaded(tmp_path: Path) -> None:
    damage = {
        "regions.csv": ("regency,9,-4.1", "regency,8,-4.1"),
        "stages.csv": ("2031-04-20,2031-05-02", "2031-03-20,2031-04-30"),
        "indicators.csv": ("distance_km,0,100", "distance_km,9,1"),
        "cast.yaml": ("role: operator", "role: king"),
        "exercise.yaml": ("who: commission", "who: stranger"),
        "incidents.csv": ("20 people", "20 Greens"),
        "protocols.yaml": ("class: information", "class: presence"),
        "threats.yaml": ("{kind: police}", "{kind: army}"),
    }
    encoded = FILES["villages.csv"].encode().replace(b"Pier", b"Pi\xe9r")
    path = write(tmp_path, **{**damage, "villages.csv": encoded, "stages.txt": "unknown"})
    with pytest.raises(PackError) as refused:
        load_pack(path)
    told = {problem.file for problem in refused.value.problems}
    assert told == {*damage, "villages.csv", "stages.txt"}
    assert len(refused.value.problems) >= 10


def test_a_broken_table_does_not_blame_those_that_refer_to_it(tmp_path: Path) -> None:
    found = problems(tmp_path, **{"regions.csv": b"\xff\xfe"})
    assert found == ["regions.csv:1: byte 0 (0xff) is not UTF-8 (save the file as UTF-8)"]


def test_unreadable_languages_do_not_blame_every_table(tmp_path: Path) -> None:
    found = problems(tmp_path, **{"pack.yaml": ("languages: [xa, en]", "languages: xa")})
    assert found == ["pack.yaml:5: a text stands where a list is needed"]


def test_a_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    text = "\ufeff" + FILES["regions.csv"].replace("\n", "\r\n")
    assert problems(tmp_path, **{"regions.csv": text}) == []


def test_the_list_of_parties_is_the_only_file_that_may_name_one(tmp_path: Path) -> None:
    assert problems(tmp_path) == []
    found = problems(tmp_path, **{"README.md": "Made for the Greens.\n"})
    assert found[0].startswith("README.md:1: this holds a party: 'Greens'")


def test_what_is_found_of_a_person_is_not_printed_in_full(tmp_path: Path) -> None:
    found = problems(tmp_path, **{"stages.csv": ("Rule 2 of 2031", "Col. Brown 081234567890")})
    assert found
    assert not any("Brown" in problem or "4567890" in problem for problem in found)


def test_many_problems_of_one_file_are_counted_and_not_all_told(tmp_path: Path) -> None:
    rows = "".join(f"x{n},y,z\n" for n in range(1000))
    found = problems(tmp_path, **{"villages.csv": FILES["villages.csv"] + rows})
    assert any("and 700 more problems in this file" in problem for problem in found)


def test_a_link_out_of_the_pack_is_refused_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("secret of another folder")
    path = write(tmp_path / "pack", **{"villages.csv": None})
    (path / "villages.csv").symlink_to(outside)
    found = [str(problem) for problem in check_pack(path).problems]
    assert any(one.startswith("villages.csv: this is a link") for one in found)
    assert not any("secret" in one for one in found)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "pack")
    (path / "more").symlink_to(tmp_path / "elsewhere")
    assert next(str(p) for p in check_pack(path).problems).startswith("more: this is a link")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path, **{"villages.csv": None})
    os.mkfifo(path / "villages.csv")
    found = [str(problem) for problem in check_pack(path).problems]
    assert "villages.csv: this is not a plain file" in found
