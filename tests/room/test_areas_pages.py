"""Pages by region or by unit: the switch, the filter, the page of a unit, and who sees what."""

from __future__ import annotations

import re

import pytest
from django.urls import get_resolver

# Pages that list nothing of a place, or list it otherwise, each with its reason.
WITHOUT_TREES = {
    "meetings": "a meeting is of the whole operation and has no place but a room",
    "sitreps": "its form asks for the tree, and each report was issued by one",
    "log": "the log is one line of entries, read in its order",
    "moment": "a moment of the slider, no page",
    "export": "a file of the log",
    "map_data": "the shapes of regions for the map; units have none",
    "report_export": "a file, made of the filters of the list of reports",
    "incident_export": "a file, made of the filters of the list of incidents",
    "ceremony": "the seal of the whole log",
    "take_over": "a duty is taken by a PIN", "pin": "the member's own PIN",
    "members": "the members of the own institution", "sign_out_everywhere": "a form that is sent",
    "sealed": "sealed text, whose place nobody but its owner's browser can read",
    "sealed_send": "a form that is sent", "sealing_challenge": "a test text for a key",
    "sealing_keys": "the keys that institutions published",
    "files": "a member's own files",
    "files_new": "a form that is sent",
    "hooks": "addresses of programs",
    "tokens": "keys of programs",
    "api": "the description of addresses",
    "imports": "a member's own tables before a person filed them",
    "pastes": "pasted messages before a person confirmed their place",
    "triage": "what one member holds; the form for the next reports asks for region or unit",
    "inbox": "submissions of which no person has read the place yet",
    "receipt": "one receipt, asked for by its code",
    "forms": "forms to fill in",
    "stations_import": "a form that is sent",
    "retention": "what is kept how long, by class and institution",
    "retention_delete": "a form that is sent",
    "lock": "the lock of the screen", "unlock": "the lock of the screen",
    "lock_leave": "the lock of the screen", "active": "the lock of the screen",
    "draft_keep": "a draft that is sent", "draft_discard": "a draft that is sent",
    "field": "the form on phones", "field_words": "the form on phones",
    "field_manifest": "the form on phones", "field_worker": "the form on phones",
    "tls": "how to trust this machine", "tls_certificate": "how to trust this machine",
    "language": "a form that is sent",
}  # fmt: skip
# Lists by either tree that have no filter by place, each with its reason.
WITHOUT_FILTER = {
    "board": "it has a line for every region or unit",
    "shift": "a hand-over leaves nothing out",
}


def pages_without_arguments() -> dict[str, str]:
    """Name and address of every page of the room that is asked for by its address alone."""
    room = next(one for one in get_resolver().url_patterns if not str(one.pattern))
    return {one.name: f"/{one.pattern}" for one in room.url_patterns if "<" not in str(one.pattern)}


LISTS = {name: path for name, path in pages_without_arguments().items()
         if name not in WITHOUT_TREES}  # fmt: skip
FILTERED = {name: path for name, path in LISTS.items() if name not in WITHOUT_FILTER}
PAST = {name: path for name, path in FILTERED.items() if name != "stations"}  # it has no past


def text(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_tree_that_was_chosen_is_remembered_on_the_next_page(signed_in):
    client = signed_in("posko")
    assert "Situation by region" in text(client, "/")
    assert "Situation by unit" in text(client, "/?tree=police")
    assert "Situation by unit" in text(client, "/")
    assert 'class="unit"' in text(client, "/threats")
    assert "Situation by region" in text(client, "/?tree=civil")
    assert 'class="unit"' not in text(client, "/threats")


def test_a_strange_tree_or_place_is_no_choice(signed_in):
    client = signed_in("posko")
    assert "Situation by region" in text(client, "/?tree=stars")
    assert text(client, "/threats?place=nowhere").count('class="card threat') == text(
        client, "/threats"
    ).count('class="card threat')


def test_the_pages_without_trees_are_pages_and_have_none(signed_in):
    known, client = pages_without_arguments(), signed_in("posko")
    assert set(WITHOUT_TREES) | set(WITHOUT_FILTER) <= set(known)
    for name in WITHOUT_TREES:
        if not name.startswith(("lock", "unlock", "active", "draft", "stations_import")):
            assert b"tree=police" not in client.get(known[name]).getvalue(), name


@pytest.mark.parametrize("path", LISTS.values(), ids=LISTS)
def test_every_list_offers_both_trees_and_keeps_the_other_choices(signed_in, path):
    page = text(signed_in("posko"), f"{path}?mine=1")
    assert 'href="?mine=1&amp;tree=police"' in page


@pytest.mark.parametrize("path", FILTERED.values(), ids=FILTERED)
def test_every_list_is_filtered_by_region_and_by_unit(signed_in, path):
    client = signed_in("posko")
    everything = text(client, path)
    for group, place in (("Wilayah", "74.03"), ("Satuan kepolisian", "polres-muna")):
        assert f'<option value="{place}">' in everything, group
        page = text(client, f"{path}?place={place}&q=muna")
        assert f'<option value="{place}" selected>' in page
        if path not in ("/reports", "/incidents"):  # which say it over their tables
            counts = re.search(r"(\d+) of (\d+) (?:is|are) shown; the filter hides (\d+)\.", page)
            shown, of_all, hidden = map(int, counts.groups())
            assert shown + hidden == of_all


@pytest.mark.parametrize("path", PAST.values(), ids=PAST)
def test_every_filter_by_place_works_at_a_past_moment_by_either_tree(signed_in, path):
    client = signed_in("posko")
    for place in ("74.03", "polres-muna"):
        page = text(client, f"{path}?at=2024-08-07T12:00&place={place}&tree=police&q=muna")
        assert f'<option value="{place}" selected>' in page
        assert re.search(r'href="\?at=2024[^"]*place=[^"]*tree=civil', page)
        form = page.partition('name="place"')[0].rpartition("<form")[2] + page.partition(
            'name="place"')[2].partition("</form>")[0]  # fmt: skip
        assert 'name="at"' in page.partition("</header>")[2] or 'name="at"' in form


def test_the_board_has_one_line_for_each_unit_and_the_same_total(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    total = re.compile(r"Open in the log:[^<]*?\.")
    civil, units = text(client, "/?tree=civil"), text(client, "/?tree=police")
    assert total.search(civil)[0] == total.search(units)[0]
    for unit in record.pack_of(operation).units:
        assert f'href="/unit/{unit}"' in units
        assert f'href="/unit/{unit}"' not in civil


@pytest.mark.parametrize("path", ["/threats", "/commitments"])
def test_the_filter_says_what_it_shows_and_what_it_hides(signed_in, path):
    client = signed_in("posko")
    shown = re.search(r"(\d+) of (\d+) are shown; the filter hides (\d+)\.",
                      text(client, f"{path}?place=74.03"))  # fmt: skip
    kept, everything, hidden = map(int, shown.groups())
    assert 0 < kept < everything == kept + hidden
    by_unit = text(client, f"{path}?place=polres-muna")
    assert f"{kept} of {everything} are shown" in by_unit


def test_reports_and_incidents_are_filtered_by_unit_too(signed_in):
    client = signed_in("posko")
    assert "/incidents/I-0001" in text(client, "/reports?place=polres-muna")
    assert "/incidents/I-0001" not in text(client, "/reports?place=polres-wakatobi")


def test_a_unit_shows_what_is_open_in_its_regions_and_what_is_not_known(signed_in):
    client = signed_in("posko")
    muna = text(client, "/unit/polres-muna")
    assert "/threats/T-" in muna and 'href="/region/74.13"' in muna
    konsel = text(client, "/unit/polres-konawe-selatan")
    assert "22 sub-districts, not known whose" in konsel
    assert "728 or more" in text(client, "/unit/polresta-kendari")
    konawe = text(client, "/unit/polres-konawe")
    assert "<strong>440</strong>" in konawe


def test_the_page_of_a_region_names_the_units_that_have_a_part_of_it(signed_in):
    page = text(signed_in("posko"), "/region/74.02")
    assert "/unit/polres-konawe" in page and "/unit/polresta-kendari" in page
    assert "/unit/" not in text(signed_in("posko"), "/region/74")


def test_a_unit_and_a_region_say_since_when_an_area_is_public(signed_in):
    client = signed_in("posko")  # the exercise stands in August 2024
    later = "published after the moment of this page"
    for path in ("/unit/polres-konawe", "/region/74.02"):  # told by a page of 25 November
        assert re.search(rf"public since [^<]*2024 <span[^>]*>{later}", text(client, path)), path
    for path in ("/unit/polres-wakatobi", "/region/74.07"):  # told in 2022
        page = text(client, path)
        assert "public since" in page and later not in page, path


def test_an_institution_without_an_area_has_no_page_of_a_unit(signed_in):
    client = signed_in("posko")
    assert client.get("/unit/kpu-prov").status_code == 404
    assert client.get("/unit/nobody").status_code == 404


def test_an_observer_sees_no_report_or_threat_by_unit_either(signed_in):
    client = signed_in("observer")
    for path in ("/?tree=police", "/threats", "/reports?place=polres-muna", "/unit/polres-muna",
                 "/unit/polresta-kendari", "/region/74.02", "/map?tree=police&place=polres-muna",
                 "/calendar?place=polres-muna", "/search?q=muna&place=polres-muna",
                 "/index?place=polres-muna"):  # fmt: skip
        page = text(client, path)
        assert not re.search(r"\b[RTIMCAP]-\d{4}\b", page), path
        assert "heard from" not in page.lower(), path


def test_the_choice_of_a_tree_writes_nothing_to_the_log(signed_in, operation):
    from anoa.room import record

    before = record.current_picture(operation).seq
    text(signed_in("posko"), "/?tree=police")
    assert record.current_picture(operation).seq == before


def test_a_daily_report_is_issued_and_frozen_by_the_tree_that_was_chosen(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    page = text(client, "/daily-reports?tree=police")
    assert '<option value="police" selected>' in page
    sent = {"verb": "sitrep.issue", "subject": "", "language": "en", "tree": "police"}
    assert client.post("/daily-reports", sent).status_code == 302
    entry = next(e for e in record.entries(operation)[::-1] if e.kind == "sitrep.issued")
    assert entry.data["tree"] == "police"
    frozen = client.get(f"/daily-reports/{entry.subject}.html").content.decode()
    assert "Situation by unit" in frozen and "Polres Muna" in frozen
    sent["tree"] = "civil"
    client.post("/daily-reports", sent)
    entry = next(e for e in record.entries(operation)[::-1] if e.kind == "sitrep.issued")
    assert "tree" not in entry.data


def test_a_report_by_a_tree_that_the_pack_does_not_have_is_refused(signed_in, operation):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    sent = {"verb": "sitrep.issue", "subject": "", "language": "en", "tree": "stars"}
    answer = client.post("/daily-reports", sent)
    assert answer.status_code == 422
    assert "there is no tree" in answer.content.decode().lower()


@pytest.mark.parametrize("path", ["/threats", "/reports", "/commitments", "/tasks"])
def test_the_filter_stays_at_the_moment_that_is_looked_at(signed_in, path):
    page = text(signed_in("posko"), f"{path}?at=2024-08-07T12:00&place=74.03")
    form = page.partition('class="filters"')[2].partition("</form>")[0]
    kept = re.findall(r'<input type="hidden" name="at" value="([^"]*)">', form)
    assert kept and set(kept) <= {"2024-08-07T12:00", "2024-08-07T04:00:00Z"}  # one moment
    assert 'name="place" value' not in form


# -- what each list counts and shows --------------------------------------------------------


def test_the_calendar_shows_the_assemblies_and_dues_of_a_unit_and_all_stages(signed_in, operation):
    from anoa.room import record
    from anoa.situation import is_under

    pack, picture = record.pack_of(operation), record.current_picture(operation)
    seen = picture.seen_by("polda-sultra")
    dues = [one for one in seen.commitments.values() if one.is_open]
    inside = {one.id for one in dues if is_under(pack, one, "polres-muna")}
    assert inside and {one.id for one in dues} - inside
    page = text(signed_in("posko"), "/calendar?place=polres-muna&tree=police")
    days = page.partition('<ol class="days">')[2].partition("</ol>")[0]
    assert set(re.findall(r"C-\d{4}", days)) == inside
    assert 'href="/unit/polres-muna"' in days and "begins:" in days
    table = page.partition('class="by-line"')[2].partition("</details>")[0]
    assert "How many in each unit" in table and "Polres Muna" in table


def test_the_stations_are_counted_and_chosen_by_unit(signed_in, operation):
    from anoa.room import record

    pack, client = record.pack_of(operation), signed_in("posko")
    page = text(client, "/stations?tree=police&place=polres-muna")
    own = [one for one in pack.sub_districts
           if "polres-muna" in pack.spot(one, "police").lines]  # fmt: skip
    assert f"{len(own)} of {len(pack.sub_districts)} are shown" in page
    options = page.partition('name="sub_district"')[2].partition("</select>")[0]
    assert '<optgroup label="Polres Muna">' in options
    assert set(re.findall(r'<option value="([^"]+)"', options)) == set(own)
    elsewhere = text(client, "/stations?place=polres-muna&sub_district=74.07.01")
    assert "74.07.01-001" not in elsewhere
    shared = text(client, "/stations?tree=police&place=polres-konawe-selatan")
    assert re.search(r"polling stations here\. <span class=\"soft\">\(\d+ shared\)", shared)
    assert "shared)" not in page.partition("polling stations here.")[2].partition("<form")[0]
    assert "shared)" in shared.partition('class="by-line"')[2]


def test_the_list_beside_the_map_has_a_line_for_each_unit(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    listed = text(client, "/map?tree=police").partition('id="map-list"')[2].partition("</ul>")[0]
    for unit in record.pack_of(operation).units:
        assert f'href="/unit/{unit}"' in listed
    assert "silent:" in listed
    page = text(client, "/map?place=74.02").partition('id="map-list"')[2].partition("</ul>")[0]
    assert set(re.findall(r'data-code="([^"]+)"', page)) == {"polres-konawe", "polresta-kendari"}
    civil = text(client, "/map?tree=civil&place=polres-muna")
    listed = civil.partition('id="map-list"')[2].partition("</ul>")[0]
    assert set(re.findall(r'data-code="([^"]+)"', listed)) == {"74.03", "74.13"}


def test_a_search_is_narrowed_to_a_unit_and_finds_units_by_name(signed_in):
    client = signed_in("posko")
    everything = text(client, "/search?q=polres+muna")
    assert 'href="/unit/polres-muna"' in everything
    identifiers = re.compile(r"\b[RTIMCA]-\d{4}\b")
    every = set(identifiers.findall(text(client, "/search?q=po")))
    some = set(identifiers.findall(text(client, "/search?q=po&place=polres-muna")))
    assert some and some < every
    page = text(client, "/search?q=po&place=polres-muna&tree=police")
    assert "q=po&amp;place=polres-muna" in page and 'class="unit"' in page


def test_reports_are_counted_by_the_lines_of_the_chosen_tree(signed_in):
    client = signed_in("posko")
    units = text(client, "/reports?tree=police").partition('class="by-line"')[2]
    assert "How many in each unit" in units.partition("</details>")[0]
    civil = text(client, "/reports?tree=civil").partition('class="by-line"')[2]
    assert "How many in each region" in civil.partition("</details>")[0]


def test_a_page_that_follows_the_log_does_not_change_the_chosen_tree(signed_in):
    client = signed_in("posko")
    text(client, "/threats?tree=civil")
    passive = client.get("/threats?tree=police", headers={"X-Anoa-Passive": "1"})
    assert b'class="unit"' in passive.content
    assert 'class="unit"' not in text(client, "/threats")
    plain = client.get("/threats", headers={"X-Anoa-Passive": "1"}).content
    text(client, "/?tree=police")
    again = client.get("/threats", headers={"X-Anoa-Passive": "1"}).content
    assert b'class="unit"' not in plain and b'class="unit"' in again
