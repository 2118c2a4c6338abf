"""The register of polling stations: what is read of it, and what is told of a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.roads import FOLDERS

from anoa.cli import main
from anoa.stations import (
    COLUMNS,
    PollingStation,
    RegisterError,
    RegisterRules,
    digest_of,
    placeholders,
    read_register,
)

PARTS = ("police", "polling_stations", "linmas")
RULES = RegisterRules(frozenset({"9.1", "9.2"}), PARTS, lambda text: ("x",) * ("Party" in text))


def read(*rows: str, head: str = "code,sub_district") -> list[PollingStation]:
    return read_register("\n".join((head, *rows)).encode(), RULES, "r.csv")


def told(*rows: str, head: str = "code,sub_district") -> list[tuple[int, str]]:
    with pytest.raises(RegisterError) as caught:
        read(*rows, head=head)
    return [(one.line, str(one)) for one in caught.value.wrongs]


def test_a_whole_row_is_read() -> None:
    row = "9.1-TPS1,9.1,vulnerable,two re-votes;far,95,none,partial,ramp;boat," \
          "police=2; polling_stations=10; linmas=20"  # fmt: skip
    (one,) = read(row, head=",".join(COLUMNS))
    assert one == PollingStation(
        "9.1-TPS1", "9.1", "vulnerable", ("two re-votes", "far"), 95, "none", "partial",
        ("ramp", "boat"), {"police": 2, "polling_stations": 10, "linmas": 20},
    )  # fmt: skip


def test_what_is_blank_is_unknown_and_not_zero() -> None:
    (one,) = read("a,9.1,,,", head="code,sub_district,access_min,signal,pattern")
    assert one.access_min is None
    assert (one.signal, one.category, one.pattern) == ("", "", {})


@pytest.mark.parametrize("bare", ["2-10-5", "2/10/5", " 2 : 10 : 5", "2–10–5",
                                  "2 10 5", "2.10.5", "2   -  10 - 5"])  # fmt: skip
def test_a_bare_pattern_is_refused_with_what_to_write(bare: str) -> None:
    ((line, said),) = told(f"a,9.1,{bare}", head="code,sub_district,pattern")
    assert line == 2
    assert "which figure is which" in said
    assert "police=2; polling_stations=10; linmas=5" in said


def test_a_bare_pattern_of_other_length_is_refused_without_a_guess() -> None:
    ((_line, said),) = told("a,9.1,2-10", head="code,sub_district,pattern")
    assert "police=…; polling_stations=…; linmas=…" in said


@pytest.mark.parametrize(
    "pattern", ["police=2", "police=2; police=3", "guards=1", "police=two", "2; 10; 5"]
)
def test_a_pattern_names_each_of_its_parts_once(pattern: str) -> None:
    assert told(f"a,9.1,{pattern}", head="code,sub_district,pattern")


def test_every_wrong_row_stands_in_one_list() -> None:
    rows = ("a,9.1,often,x,r", "b,8.8,vulnerable,10,r", "a,9.2,,-3,", "c,9.1,,,", "=1,9.1,,,")
    found = told(*rows, head="code,sub_district,category,access_min,reasons")
    assert [line for line, _said in found] == [2, 2, 3, 4, 4, 4, 6, 6]
    said = " ".join(text for _line, text in found)
    for part in ("'often'", "'x' is not a number of minutes", "'8.8'", "stands twice",
                 "first in line 2", "begins like a formula"):  # fmt: skip
        assert part in said


def test_a_category_stands_with_its_reasons() -> None:
    head = "code,sub_district,category,reasons"
    assert read("a,9.1,less_vulnerable,", head=head)
    assert "without its reasons" in told("a,9.1,very_vulnerable,", head=head)[0][1]


def test_a_reason_names_no_person_and_no_party() -> None:
    ((_line, said),) = told("a,9.1,near the Party office", head="code,sub_district,reasons")
    assert "may name a person or a party" in said


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe\x00", b"code,sub_district\n", b"code\n1\n", b"code,sub_district\nx\x00,9.1",
        b"code,sub_district,votes\na,9.1,3\n", b"code,code,sub_district\na,a,9.1\n",
        b'code,sub_district\n"a,9.1\n', b"code,sub_district\na,9.1,more\n",
    ],
)  # fmt: skip
def test_a_file_that_is_no_register_is_told_in_words(content: bytes) -> None:
    with pytest.raises(RegisterError) as caught:
        read_register(content, RULES)
    assert str(caught.value)


def test_a_file_with_semicolons_and_a_byte_order_mark_is_read() -> None:
    (one,) = read_register("\ufeffCode;Sub_district\r\na;9.1\r\n".encode(), RULES)
    assert one.code == "a"


def test_the_list_of_problems_ends() -> None:
    found = told(*(f"a{n},8.8" for n in range(700)))
    assert len(found) == 501
    assert "200 more" in " ".join(said for _line, said in found)


@given(st.binary(max_size=300))
def test_law_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    try:
        stations = read_register(b"code,sub_district,pattern\n" + content, RULES)
    except RegisterError as error:
        assert error.wrongs
    else:
        assert all(one.sub_district in RULES.sub_districts for one in stations)


@given(st.sampled_from(COLUMNS[2:]), st.text(max_size=60) | st.from_regex(r"[0-9]{1,40}"))
def test_law_any_cell_of_any_column_is_read_or_refused_in_words(column: str, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""').replace("\x00", "") + '"'
    try:
        (one,) = read(f"a,9.1,{quoted}", head=f"code,sub_district,{column}")
    except RegisterError as error:
        assert error.wrongs
    else:
        assert one.access_min is None or 0 <= one.access_min <= 7 * 24 * 60


@pytest.mark.parametrize(
    ("column", "cell"),
    [("access_min", "0" * 9 + "9" * 5_000), ("access_min", "000000000999999999999999"),
     ("pattern", "1" + " " * 100_000 + "x"), ("pattern", "1 " * 50_000 + "x"),
     ("reasons", "far;" * 20_000), ("services", "w" * 130_000)],
)  # fmt: skip
def test_a_cell_without_end_is_refused_in_words_and_at_once(column: str, cell: str) -> None:
    ((line, said),) = told(f"a,9.1,{cell}", head=f"code,sub_district,{column}")
    assert line == 2 and column in said and len(said) < 200


@given(st.permutations([f"s{n},9.1" for n in range(6)]))
def test_law_the_digest_does_not_depend_on_the_order_of_rows(rows: list[str]) -> None:
    assert digest_of(read(*rows)) == digest_of(read(*sorted(rows)))


def test_placeholders_are_marked_and_none_stands_where_the_number_is_unknown() -> None:
    found = placeholders("9.1", 2)
    assert [(one.code, one.is_placeholder, one.name) for one in found] == [
        ("9.1-001", True, "001?"), ("9.1-002", True, "002?"),
    ]  # fmt: skip
    assert placeholders("9.1", None) == ()


def test_the_command_lists_every_wrong_row_and_imports_nothing(tmp_path, capsys) -> None:
    pack, file = str(FOLDERS[0]), tmp_path / "register.csv"
    file.write_text("code,sub_district,pattern\na,74.03.06,2-10-5\nb,0.0,\n")
    assert main(["stations", "check", pack, str(file)]) == 2
    said = capsys.readouterr().err
    assert "register.csv:2: pattern" in said and "register.csv:3: sub_district" in said
    file.write_text("code,sub_district\na,74.03.06\n")
    assert main(["stations", "check", pack, str(file)]) == 0
    assert main(["stations", "check", pack, str(tmp_path / "none.csv")]) == 2
