"""The tutorial of a posko night, walked through HTTP: each step does what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, room

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "posko-night.md"
PAGE = TUTORIAL.read_text(encoding="utf-8")
WORDS = re.sub(r"\s+", " ", re.sub(r"[*_]", "", PAGE))


def commands() -> list[list[str]]:
    """The commands of anoa in the tutorial, without the program."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(".venv/bin/anoa ")]


def main(browser: Browser, place: str) -> str:
    answer = browser.get(place)
    assert answer.status == 200, place
    return answer.text.partition("<main")[2]


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def reports(browser: Browser) -> set[str]:
    return set(re.findall(r"R-\d{4}", main(browser, "reports")))


def confirm_form(page: str) -> dict[str, str]:
    """What the form of a message sends where a person changes nothing: no tick is set."""
    form = page.partition('id="confirm"')[2].partition("</form>")[0]
    typed = {}
    for block in re.findall(r"<select.*?</select>", form, re.S):
        chosen = re.search(r'value="([^"]+)" selected', block)
        typed[re.search(r'name="([a-z_]+)"', block)[1]] = chosen[1] if chosen else ""
    for name, value in re.findall(r'type="datetime-local" name="([a-z_]+)" value="([^"]*)"', form):
        typed[name] = value
    return typed


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    data = tmp_path_factory.mktemp("night") / "data"
    with room(data) as running:
        windows = {}
        for name in ("posko", "bawaslu-prov", "observer"):
            window = windows[name] = Browser(running.address)
            assert window.sign_in(name, running.passwords[name]).status == 302
            assert window.post("language", language="en", next="/").status == 302
            assert window.get().status == 200  # the greeting is said once
        yield data, running, windows


def test_the_steps_of_the_tutorial_do_what_they_say(night, tmp_path):
    data, running, windows = night
    posko = windows["posko"]
    take_over(posko)
    paste_and_file(windows)
    work_the_list(posko)
    look_back(posko)
    run_commands(data, tmp_path, ("export", "replay"))
    leave_the_desk(posko, running.passwords["posko"])
    hand_over(posko)
    assert posko.post("log", verb="seal.sign", subject="", next="/log").status == 302
    assert "/log/seals/" in main(posko, "log")
    run_commands(data, tmp_path, ("backup",))


def take_over(posko: Browser) -> None:
    shown = words(main(posko, "shift"))
    parts = ("Wakatobi", "Review due", "Late commitments and overdue tasks", "Silent posts 16")
    for said in ("Nobody of your institution has taken the duty yet", *parts, "Next 12 hours"):
        assert said in shown, said
    assert "22:25 (2 h left) Provisional standing ends" in shown and "ends at 22:25" in WORDS
    assert posko.post("shift", verb="duty.take_over", subject="", next="/shift").status == 302
    assert "posko" in words(main(posko, "shift"))


def paste_and_file(windows: dict[str, Browser]) -> None:
    posko, others = windows["posko"], (windows["bawaslu-prov"], windows["observer"])
    chat = re.search(r"```text\n(.*?)```", PAGE, re.S)[1]
    assert posko.post("paste", do="paste", messages=chat).status == 302
    listed = words(main(posko, "paste"))
    assert "0 of 3 done" in listed and "Pos Raha" not in listed
    third = main(posko, "paste/3")
    read = set(re.findall(r'name="ok-([a-z_]+)"', third))
    assert read == {"threat_type", "observed_at", "object"}
    shown = words(third)
    for label in ("Type of threat", "Class of place", "When it was observed", "What is at risk",
                  "Reliability of the source", "Credibility of the content", "How it was learnt",
                  "File the report and go on", "This is right"):  # fmt: skip
        assert label in shown and label in WORDS, label
    assert 'name="pick-region" value="74.07"' in third and 'name="ok-region"' not in third
    before = [reports(one) for one in others]
    typed = confirm_form(third) | dict.fromkeys((f"ok-{name}" for name in read), "1")
    typed |= {"pick-region": "74.07", "pick-place_class": "port", "do": "file"}
    told = posko.post("paste/3", **typed)
    assert told.status == 422 and told.text.count("this is needed") == 3
    typed |= {"reliability": "B", "credibility": "3", "obtained": "received"}
    assert posko.post("paste/3", **typed).status == 302
    after = [reports(one) for one in others]
    assert after[0] - before[0] == {"R-0005"} and after[1] == before[1]
    second = main(posko, "paste/2")
    assert "The message tells of nothing" in second and "Report the post and go on" in second
    assert posko.post("paste/2", do="post", region="74.07").status == 302
    shown = words(main(posko, "shift")).partition("Silent posts")[2].partition("Next 12")[0]
    assert "Wakatobi" not in shown
    first = main(posko, "paste/1")
    assert 'name="pick-observed_at" value="2024-08-08T20:00"' in first
    assert 'name="ok-threat_type"' not in first
    assert posko.post("paste/1", do="discard").status == 302
    assert posko.post("paste", do="restore", number="1").status == 302
    assert "2 of 3 done" in words(main(posko, "paste"))


def work_the_list(posko: Browser) -> None:
    for place in ("threats", "tasks", "commitments"):
        assert "Police unit" in words(main(posko, place))
    done = posko.post("reports/R-0003", verb="report.acknowledge", subject="R-0003",
                      next="/reports/R-0003")  # fmt: skip
    assert done.status == 302


def look_back(posko: Browser) -> None:
    past = main(posko, "?at=2024-08-07T12:00")
    assert "Back to now" in posko.get("?at=2024-08-07T12:00").text
    assert "R-0004" not in past and 'name="verb"' not in past


def leave_the_desk(posko: Browser, password: str) -> None:
    form = {"page": "/commitments", "next": "/commitments", "verb": "commitment.request",
            "subject": "", "what": "Dua perahu sampai pagi"}  # fmt: skip
    locked = posko.post("lock", **form)
    assert locked.status == 302
    assert "Dua perahu" not in posko.get("commitments").text
    opened = posko.post("lock/open", password=password, next="/commitments")
    assert opened.status == 302
    assert "Dua perahu" in main(posko, "commitments")


def hand_over(posko: Browser) -> None:
    noted = posko.post("shift", verb="duty.hand_over", subject="D-0001", next="/shift",
                       note="Dermaga: tunggu kapal terakhir")  # fmt: skip
    assert noted.status == 302
    asked = {"verb": "sitrep.issue", "subject": "", "report": "handover", "next": "/shift"}
    form = main(posko, "shift").partition('name="report" value="handover"')[2]
    assert re.search(r'<select[^>]* name="language" required>', form.partition("</form>")[0])
    assert "choose the Language of the sheet" in WORDS
    assert posko.post("shift", **asked, language="en").status == 302
    sheet = re.search(r'href="/?([^"]+\.pdf)"', main(posko, "shift"))
    assert sheet and posko.get(sheet[1]).status == 200


def run_commands(data: Path, folder: Path, names: tuple[str, ...]) -> None:
    told = [one for one in commands() if one[0] in names]
    assert {one[0] for one in told} == set(names)
    for command in told:
        ends = (".log", ".anoa-backup")
        args = [str(folder / word) if word.endswith(ends) else word for word in command]
        done = anoa(data, *args)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
