"""Broken packs: what is changed in the small pack, and the problem that must be told."""

from __future__ import annotations

from tests.small_pack import FILES, Change, added, extra_column, line_after, replaced, retention

CASES: dict[str, tuple[dict[str, Change], str]] = {
    # files and tables
    "missing column": (
        {"regions.csv": FILES["regions.csv"].replace("level,", "").replace("regency,", "")},
        "regions.csv:1: the column 'level' is missing",
    ),
    "extra column": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: 120\nother: 1"),
        "clocks.yaml:3: there is no key 'other' here",
    ),
    "extra CSV column": (
        extra_column("villages.csv", "colour"),
        "villages.csv:1: there is no column 'colour' in this table",
    ),
    "column twice": (
        extra_column("villages.csv", "kind"),
        "villages.csv:1: the column 'kind' stands twice",
    ),
    "too few cells": (
        added("villages.csv", "9.01.01.2009,Elm"),
        f"villages.csv:{line_after('villages.csv')}: the row has 2 cells, the header 6",
    ),
    "broken quotes": (
        added("villages.csv", '9.01.01.2009,"Elm'),
        f"villages.csv:{line_after('villages.csv')}: the row cannot be read: unexpected end",
    ),
    "empty table": ({"villages.csv": ""}, "villages.csv:1: the header row is missing"),
    "missing file": ({"stages.csv": None}, "stages.csv: the file is missing"),
    "unknown file": ({"notes.txt": "hello"}, "notes.txt: this is not a file of a pack"),
    "wrong encoding": (
        {"regions.csv": FILES["regions.csv"].encode().replace(b"Westbay", b"W\xe9stbay")},
        "regions.csv:4: byte 169 (0xe9) is not UTF-8",
    ),
    "NUL in a table": (
        {"regions.csv": FILES["regions.csv"].replace("Westbay", "West\0bay")},
        "regions.csv:4: the control character 0x00 is not text",
    ),
    "blank cell": (
        replaced("regions.csv", "9.02,Westbay", "9.02,"), "regions.csv:4: name is blank",
    ),
    "bad id": (
        replaced("sources.csv", "press,River", "The Press,River"),
        "sources.csv:3: id: 'The Press' is not an id",
    ),
    # ids and references
    "duplicate code": (
        added("regions.csv", "9.01,Again,regency,9,-4,122,,gazette,2031-01-10"),
        "regions.csv:6: code '9.01' stands twice (first in line 3)",
    ),
    "duplicate in a document": (
        replaced("threats.yaml", "id: late_materials", "id: rumor"),
        "threats.yaml:12: id 'rumor' stands twice",
    ),
    "code of two places": (
        replaced("villages.csv", "9.01.01.2001", "9.01.01"),
        "villages.csv:2: code '9.01.01' is also that of a sub_district",
    ),
    "unknown parent": (
        replaced("regions.csv", "regency,9,-4.1", "regency,8,-4.1"),
        "regions.csv:3: parent '8' is not a known region",
    ),
    "unknown region": (
        replaced("contests.csv", "regent,9.01", "regent,9.99"),
        "contests.csv:3: region '9.99' is not a known region",
    ),
    "unknown sub-district": (
        replaced("villages.csv", "Pier,9.02.01", "Pier,9.02.09"),
        "villages.csv:4: sub_district '9.02.09' is not a known sub district",
    ),
    "unknown source": (
        replaced("regions.csv", "gazette;press", "gazette;rumour"),
        "regions.csv:5: source 'rumour' is not a known source",
    ),
    "unknown agency": (
        replaced("agencies.csv", "9.01,police-lorland", "9.01,police-nowhere"),
        "agencies.csv:3: parent 'police-nowhere' is not a known agency",
    ),
    "unknown agency of a protocol": (
        replaced("protocols.yaml", "{id: police-lorland}", "{id: army}"),
        "protocols.yaml:18: id 'army' is not a known agency",
    ),
    "unknown kind of agency": (
        replaced("threats.yaml", "{kind: police}", "{kind: army}"),
        "threats.yaml:10: kind 'army' is not a known agency kind",
    ),
    "unknown threat": (
        replaced("ladder.yaml", "threats: [rumor]", "threats: [storm]"),
        "ladder.yaml:24: threats 'storm' is not a known threat",
    ),
    "unknown signal": (
        replaced("ladder.yaml", "signal: credible_report, count", "signal: hearsay, count"),
        "ladder.yaml:20: signal 'hearsay' is not a known signal",
    ),
    "unknown rung": (
        replaced("protocols.yaml", "rung: potential", "rung: highest"),
        "protocols.yaml:4: rung 'highest' is not a known rung",
    ),
    "unknown chair": (
        replaced("pack.yaml", "chair: police-lorland", "chair: nobody"),
        "pack.yaml:14: chair 'nobody' is not a known agency or agency kind",
    ),
    "unknown countersigner": (
        replaced("pack.yaml", "police-lorland", "police-lorland\n  countersigners: [nobody]"),
        "pack.yaml:15: countersigners 'nobody' is not a known agency",
    ),
    "countersigners of one chain": (
        replaced(
            "pack.yaml", "police-lorland",
            "police-lorland\n  countersigners: [police-lorland, police-easthill]",
        ),
        "pack.yaml:15: the countersigning institutions are all of one chain of command",
    ),
    "countersigner twice": (
        replaced(
            "pack.yaml", "police-lorland",
            "police-lorland\n  countersigners: [commission, supervisor, commission]",
        ),
        "pack.yaml:15: countersigner 'commission' stands twice",
    ),
    "unknown class of stored material": (
        retention("{class: votes, after: settled, days: 3}"),
        "retention.yaml:3: class: 'votes' is not allowed here (one of words, pictures, sealed",
    ),
    "class of stored material twice": (
        retention("{class: words, after: settled, days: 3}\n"
                  "  - {class: words, after: received, days: 3}"),
        "retention.yaml:4: class 'words' stands twice",
    ),
    "moment that a class does not have": (
        retention("{class: drafts, after: settled, days: 3}"),
        "retention.yaml:3: drafts cannot be kept from 'settled' on (one of: received)",
    ),
    "kept longer than the room keeps it": (
        retention("{class: files, after: received, days: 2}"),
        "retention.yaml:3: files would be kept 2 days (at most 1 days)",
    ),
    "kept for ever": (
        retention("{class: words, after: settled, days: 36500}"),
        "retention.yaml:3: words would be kept 36500 days (at most 3650 days)",
    ),
    "unknown history type": (
        replaced("incidents.csv", "road,arson", "road,quarrel"),
        "incidents.csv:3: type 'quarrel' is not a known history type",
    ),
    "unknown place class": (
        replaced("incidents.csv", "office,clash", "home,clash"),
        "incidents.csv:2: place_class 'home' is not a known place class",
    ),
    "past incident below a region": (
        replaced("incidents.csv", "9.01,office", "9.01.01,office"),
        "incidents.csv:2: region '9.01.01' is not a known region",
    ),
    "a measure in one language": (
        replaced("incidents.csv", "20 homoj,20 people", ",20 people"),
        "incidents.csv:2: measure_xa is blank, in another language it is not",
    ),
    "a measure twice": (
        extra_column("incidents.csv", "scale"),
        "incidents.csv:2: scale and measure say the same thing twice",
    ),
    "shape of an unknown region": (
        replaced("shapes.geojson", '"9.02"', '"9.05"'),
        "shapes.geojson:4: code '9.05' is not a known region",
    ),
    "region without a shape": (
        replaced("shapes.geojson", '"9.02"', '"9.05"'),
        "shapes.geojson: regions without a shape: 9.02",
    ),
    # trees
    "cyclic regions": (
        {"regions.csv": FILES["regions.csv"].replace("hill,regency,9,", "hill,regency,9.02,")
         .replace("Westbay,regency,9,", "Westbay,regency,9.01,")},
        "regions.csv:3: code '9.01' lies in itself: 9.01 → 9.02 → 9.01",
    ),
    "region in itself": (
        replaced("regions.csv", "Easthill,regency,9,", "Easthill,regency,9.01,"),
        "regions.csv:3: code '9.01' lies in itself: 9.01 → 9.01",
    ),
    "cyclic agencies": (
        replaced("agencies.csv", "police,police,*,,", "police,police,*,police-easthill,"),
        "agencies.csv:2: id 'police-lorland' lies in itself",
    ),
    "two roots": (
        replaced("regions.csv", "Easthill,regency,9,", "Easthill,regency,,"),
        "regions.csv:3: region '9.01' has no parent",
    ),
    "total in itself": (
        replaced("indices.yaml", "{index: threat, weight: 2}", "{index: vulnerability, weight: 2}"),
        "indices.yaml:7: index 'vulnerability' is a part of itself",
    ),
    # numbers, dates, times
    "text in a number": (
        replaced("figures.csv", "2031,2500", "2031,many"),
        "figures.csv:4: value: 'many' is not a number",
    ),
    "negative figure": (
        replaced("figures.csv", "2031,2500", "2031,-2500"),
        "figures.csv:4: value: '-2500' is negative",
    ),
    "infinite figure": (
        replaced("figures.csv", "2031,2500", "2031,1e999"),
        "figures.csv:4: value: '1e999' is not a finite number",
    ),
    "the word inf": (
        replaced("figures.csv", "2031,2500", "2031,inf"),
        "figures.csv:4: value: 'inf' is not a number",
    ),
    "decimal comma": (
        replaced("figures.csv", "2031,2500", '2031,"25,5"'),
        "figures.csv:4: value: '25,5' has a decimal comma",
    ),
    "thousands separators": (
        replaced("figures.csv", "2031,2500", "2031,2.500.000"),
        "figures.csv:4: value: '2.500.000' is not a number",
    ),
    "half a polling station": (
        replaced("sub_districts.csv", "9.01,,,8", "9.01,,,8.5"),
        "sub_districts.csv:3: polling_stations: '8.5' is not a whole number",
    ),
    "wrong date": (
        replaced("regions.csv", "Jakarta,gazette,2031-01-10", "Jakarta,gazette,2031-02-30"),
        "regions.csv:4: known_at: '2031-02-30' is not a date",
    ),
    "a year at the end of the calendar": (
        replaced("pack.yaml", "starts: 2031-05-01", "starts: 0001-01-01"),
        "pack.yaml:12: starts: '0001-01-01' is not a date",
    ),
    "an instant at the end of the calendar": (
        replaced("pack.yaml", "ends: 2031-12-31", "ends: 9999-12-31T23:59:59-23:59"),
        "pack.yaml:13: ends: '9999-12-31T23:59:59-23:59' is not a time",
    ),
    "day first": (
        replaced("stages.csv", "Voting,2031-11-20", "Voting,20-11-2031"),
        "stages.csv:3: starts: '20-11-2031' is not a date",
    ),
    "wrong time zone": (
        replaced("regions.csv", "Asia/Jakarta", "Asia/Nowhere"),
        "regions.csv:4: time_zone: 'Asia/Nowhere' is not a time zone",
    ),
    "time zone that is a path": (
        replaced("pack.yaml", "Asia/Makassar", "../../etc/passwd"),
        "pack.yaml:6: time_zone: '../../etc/passwd' is not a time zone",
    ),
    "latitude": (
        replaced("regions.csv", "-4.2,121.9", "121.9,-4.2"),
        "regions.csv:4: lat: '121.9' is not a latitude",
    ),
    "stage outside": (
        replaced("stages.csv", "2031-04-20,2031-05-02", "2031-03-20,2031-04-30"),
        "stages.csv:2: stage 'registration' lies outside the operation",
    ),
    "stage after": (
        replaced("stages.csv", "2031-11-21,", "2032-01-01,"),
        "stages.csv:4: stage 'tabulation' lies outside the operation",
    ),
    "stage backwards": (
        replaced("stages.csv", "2031-04-20,2031-05-02", "2031-06-20,2031-05-02"),
        "stages.csv:2: the stage ends on 2031-05-02, before it starts",
    ),
    "operation backwards": (
        replaced("pack.yaml", "ends: 2031-12-31", "ends: 2031-04-30"),
        "pack.yaml:13: the operation ends before it starts",
    ),
    "deadline outside": (
        replaced("protocols.yaml", "due_h: 6", "due_h: 60000"),
        "protocols.yaml:10: the deadline of action 'answer' lies outside the operation",
    ),
    "deadline of nothing": (
        replaced("protocols.yaml", "due_h: 6", "due_h: 0"),
        "protocols.yaml:10: the deadline of action 'answer' lies outside the operation",
    ),
    "inject outside": (
        replaced("exercise.yaml", "at: 2031-08-06T11:00", "at: 2032-08-06T11:00"),
        "exercise.yaml:15: inject 3 lies outside the operation",
    ),
    "deadline of an inject outside": (
        replaced("exercise.yaml", "text: The plan stands}", "text: Good, due: 2032-01-31}"),
        "exercise.yaml:14: the deadline of inject 2 lies outside the operation",
    ),
    "history after the pack": (
        replaced("incidents.csv", "h3,2031-06-01", "h3,2032-06-01"),
        "incidents.csv:4: the incident is dated 2032-06-01, after the pack",
    ),
    "known after the pack": (
        replaced("figures.csv", "gazette,2031-07-01", "gazette,2032-07-01"),
        "figures.csv:8: this became known on 2032-07-01, after the pack",
    ),
    "known before it was": (
        replaced("incidents.csv", "2026-05-03,press,2026-05-03", "2026-05-03,press,2026-05-01"),
        "incidents.csv:2: the incident of 2026-05-02 was known on 2026-05-01, before it was",
    ),
    "a figure twice from one source": (
        replaced("figures.csv", "4010,persons,press", "4010,persons,gazette"),
        "figures.csv:3: a second row for region 9.01, figure voters_roll",
    ),
    "one figure in two units": (
        replaced("figures.csv", "2500,persons", "2500,households"),
        "figures.csv:4: figure 'voters_roll' is in 'households' here and 'persons' before",
    ),
    "no address and no note": (
        replaced("sources.csv", "the address would name a person", ""),
        "sources.csv:3: source 'press' has no address and no note",
    ),
    # indices
    "negative weight": (
        replaced("indicators.csv", "Past clashes,1", "Past clashes,-1"),
        "indicators.csv:2: the weight -1 is negative",
    ),
    "weights sum to nothing": (
        replaced("indicators.csv", "Past clashes,1", "Past clashes,0"),
        "indicators.csv:2: the weights of the indicators of 'threat' sum to nothing",
    ),
    "weights of parts sum to nothing": (
        replaced("indices.yaml", "weight: 2}, {index: service, weight: 1}",
                 "weight: 0}, {index: service, weight: 0}"),
        "indices.yaml:7: the weights of the parts of 'vulnerability' sum to nothing",
    ),
    "goalposts": (
        replaced("indicators.csv", "distance_km,0,100", "distance_km,100,100"),
        "indicators.csv:3: the goalpost low 100 is not below high 100",
    ),
    "another class in threat": (
        replaced("indicators.csv", "distance,service", "distance,threat"),
        "indicators.csv:3: indicator 'distance' of class service stands in an index of class",
    ),
    "procedure counted as threat": (
        replaced("indicators.csv", "clash;arson", "clash;revote"),
        "indicators.csv:2: incidents of type 'revote' are of class procedure",
    ),
    "unknown figure of an indicator": (
        replaced("indicators.csv", "figure:distance_km", "figure:height_m"),
        "indicators.csv:3: no row of figures.csv has the figure 'height_m'",
    ),
    "unknown incident type of an indicator": (
        replaced("indicators.csv", "clash;arson", "clash;storm"),
        "indicators.csv:2: 'storm' is not a type of past incidents",
    ),
    "religion in threat": (
        replaced("indicators.csv", "Past clashes", "Clashes near churches"),
        "indicators.csv:2: indicator 'clashes' of class threat speaks of 'churches'",
    ),
    "income in threat by its code": (
        replaced("indicators.csv", "clashes,threat", "low_income,threat"),
        "indicators.csv:2: indicator 'low_income' of class threat speaks of 'income'",
    ),
    "age in threat by its unit": (
        replaced("indicators.csv", "threat,incidents", "threat,years of age"),
        "indicators.csv:2: indicator 'clashes' of class threat speaks of 'age'",
    ),
    "religion in threat in the pack's own language": (
        replaced("indicators.csv", "kolizioj", "religio"),
        "indicators.csv:2: indicator 'clashes' of class threat speaks of 'religio'",
    ),
    "categories": (
        replaced("indices.yaml", "from: 60", "from: 0"),
        "indices.yaml:10: the categories do not begin at ascending scores",
    ),
    "coverage": (
        replaced("indices.yaml", "category_coverage: 0.6", "category_coverage: 0.2"),
        "indices.yaml:9: category_coverage 0.2 is below min_coverage 0.3",
    ),
    # ladder and protocols
    "actual without a verified incident": (
        replaced("ladder.yaml", "verified_incident, count", "credible_report, count"),
        "ladder.yaml:30: rule 'it-happened' lifts to actual without verified_incident",
    ),
    "above the ceiling": (
        replaced("ladder.yaml", "corroborated_report, count", "credible_report, count"),
        "ladder.yaml:25: rule 'two-chains' lifts to threshold, above the ceiling of its signals",
    ),
    "a model that reaches threshold": (
        replaced("ladder.yaml", "ceiling: threshold, local: true, model: false",
                 "ceiling: threshold, local: true, model: true"),
        "ladder.yaml:11: signal 'corroborated_report' comes from a model and may lift to threshold",
    ),
    "actual by another signal": (
        replaced("ladder.yaml", "ceiling: threshold", "ceiling: actual"),
        "ladder.yaml:11: signal 'corroborated_report' may lift to actual",
    ),
    "threshold without a local signal": (
        replaced("ladder.yaml", "threshold, local: true", "threshold, local: false"),
        "ladder.yaml:25: rule 'two-chains' lifts to threshold with no local signal",
    ),
    "a rule that reads an assembly": (
        replaced("ladder.yaml", "en: Near}", "en: Rally planned}") | replaced(
            "ladder.yaml", "en: Report}", "en: Rally planned}"),
        "ladder.yaml:20: rule 'one-report' reads an assembly: 'rally'",
    ),
    "a rule that needs nothing": (
        replaced("ladder.yaml", "count: 2, chains: 2", "count: 0, chains: 0"),
        "ladder.yaml:25: rule 'two-chains': a need asks for nothing",
    ),
    "rungs in another order": (
        {"ladder.yaml": FILES["ladder.yaml"].replace("id: potential, short", "id: x, short")
         .replace("id: threshold, short", "id: potential, short")
         .replace("id: x,", "id: threshold,")},
        "ladder.yaml:2: the rungs are not the three, upwards",
    ),
    "presence at potential": (
        replaced("protocols.yaml", "class: information", "class: presence"),
        "protocols.yaml:9: action 'answer' is of class presence, which potential does not allow",
    ),
    "enforcement at threshold": (
        replaced("protocols.yaml", "class: presence", "class: enforcement"),
        "protocols.yaml:19: action 'accompany' is of class enforcement, which threshold",
    ),
    "an action without actor": (
        replaced("protocols.yaml", "{kind: commission}", "{}"),
        "protocols.yaml:8: action 'answer' needs one actor",
    ),
    "an action that disperses": (
        replaced("protocols.yaml", "Be present and speak with the organisers",
                 "Disperse the rally"),
        "protocols.yaml:17: action 'accompany' is against an assembly (en): 'disperse' and 'rally'",
    ),
    "an action that films": (
        replaced("protocols.yaml", "the note of the visit", "film of all participants"),
        "protocols.yaml:21: action 'accompany' is against an assembly (en): 'film'",
    ),
    "an action that restricts in the pack's own language": (
        replaced("protocols.yaml", "akompanu", "dispelu la manifestacion"),
        "protocols.yaml:17: action 'accompany' is against an assembly (xa): 'dispelu'",
    ),
    # keys and values that a pack never holds
    "a column for candidates": (
        extra_column("contests.csv", "candidate"),
        "contests.csv:1: the name 'candidate' could hold a 'candidate'",
    ),
    "a column for religion": (
        extra_column("villages.csv", "majority_religion"),
        "villages.csv:1: the name 'majority_religion' could hold a 'religion'",
    ),
    "a key in the pack's own language": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: 120\nla_partio: 1"),
        "clocks.yaml:3: the name 'la_partio' could hold a 'partio'",
    ),
    "a figure of results": (
        replaced("figures.csv", "close_contest,2028,1", "votes_first,2028,1"),
        "figures.csv:11: the name 'votes_first' could hold a 'votes'",
    ),
    "a key in the data of an inject": (
        replaced("exercise.yaml", "text: The plan stands}", "text: Good, ballot_number: 2}"),
        "exercise.yaml:14: the name 'ballot_number' could hold a 'ballot_number'",
    ),
    "a property of a shape": (
        replaced("shapes.geojson", '"code": "9.02",', '"code": "9.02", "party": "x",'),
        "shapes.geojson:4: feature 9.02 has a property 'party'",
    ),
    "a party in a cell": (
        replaced("incidents.csv", "20 people", "20 Greens"),
        "incidents.csv:2: this holds a party: 'Greens'",
    ),
    "a party in an address": (
        replaced("sources.csv", "gazette.example/2031/stations", "gazette.example/2031/blue-union"),
        "sources.csv:2: this holds a party: 'blue-union'",
    ),
    "a party in a text": (
        replaced("threats.yaml", "the same message in many groups", "a message of PRL"),
        "threats.yaml:9: this holds a party: 'PRL'",
    ),
    "a party in a comment": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: 120 # as Greens asked"),
        "clocks.yaml:2: this holds a party: 'Greens'",
    ),
    "a name folded over lines": (
        replaced("threats.yaml", "en: Late materials}", "en: Late\n     Mister\n     Brown}"),
        "threats.yaml:13: this holds a name of a person: 'Mister…'",
    ),
    "an identity number": (
        replaced("figures.csv", "counted by hand", "by 7471010203040001"),
        "figures.csv:3: this holds an identity number",
    ),
    "a telephone number": (
        replaced("agencies.csv", "Supervisory Body", "Supervisory Body 0812-3456-7890"),
        "agencies.csv:5: this holds a telephone number: '0812-3…'",
    ),
    "an e-mail address": (
        replaced("pack.yaml", "Police of Lorland]", '"post@police.example"]'),
        "pack.yaml:16: this holds an e-mail address",
    ),
    "a number plate": (
        replaced("incidents.csv", "20 people", "car LR 1234 AB"),
        "incidents.csv:2: this holds a number plate",
    ),
    "a titled name": (
        replaced("stages.csv", "Rule 2 of 2031", "Col. Brown"),
        "stages.csv:2: this holds a name of a person",
    ),
    "an academic title": (
        replaced("stages.csv", "Rule 2 of 2031", '"Brown, M.Sc."'),
        "stages.csv:2: this holds a name of a person",
    ),
    "a candidate": (
        replaced("incidents.csv", "20 people", "candidate pair 2"),
        "incidents.csv:2: this holds a candidate",
    ),
    "a ballot number": (
        replaced("exercise.yaml", "The plan stands", "ballot number 2"),
        "exercise.yaml:14: this holds a candidate",
    ),
    # documents
    "unknown key": (
        replaced("pack.yaml", "id: lorland-2031", "id: lorland-2031\ncolour: red"),
        "pack.yaml:3: there is no key 'colour' here",
    ),
    "missing key": (
        replaced("clocks.yaml", "assess_min: 120\n", ""),
        "clocks.yaml:1: the key 'assess_min' is missing",
    ),
    "unknown format": (
        replaced("pack.yaml", "format: 1", "format: 2"),
        "pack.yaml:1: format 2 is not one that this anoa reads (it reads format 1)",
    ),
    "key twice": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: 120\nassess_min: 130"),
        "clocks.yaml:3: the key 'assess_min' stands twice",
    ),
    "missing language": (
        replaced("ladder.yaml", "closed: {xa: fermita, en: closed}", "closed: {en: closed}"),
        "ladder.yaml:6: closed has no text in 'xa'",
    ),
    "language that the pack does not have": (
        replaced("ladder.yaml", "closed: {xa: fermita,", "closed: {xa: fermita, fr: ferme,"),
        "ladder.yaml:6: closed: 'fr' is not a language of the pack",
    ),
    "a list where a text is needed": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: [120]"),
        "clocks.yaml:2: a list stands where a text is needed",
    ),
    "alias": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: &a 120"),
        "clocks.yaml:2: anchors and aliases are not allowed",
    ),
    "tag": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: !!python/object:os.system 120"),
        "clocks.yaml:2: the tag tag:yaml.org,2002:python/object:os.system is not allowed",
    ),
    "not YAML": (
        replaced("clocks.yaml", "assess_min: 120", "assess_min: [120"),
        "clocks.yaml:3: this is not YAML",
    ),
    "broken escape in YAML": (
        replaced("clocks.yaml", "assess_min: 120", 'assess_min: "\\UFFFFFFFF"'),
        "clocks.yaml:2: this is not YAML",
    ),
    "an escaped control character in YAML": (
        replaced("ladder.yaml", "en: closed}", 'en: "clo\\x00sed"}'),
        "ladder.yaml:6: an escape stands for a character that is not text",
    ),
    "half a character in YAML": (
        replaced("ladder.yaml", "en: closed}", 'en: "clo\\ud800sed"}'),
        "ladder.yaml:6: this is not YAML: found invalid Unicode character escape code",
    ),
    "two documents": (
        {"clocks.yaml": FILES["clocks.yaml"] + "---\na: 1\n"},
        f"clocks.yaml:{line_after('clocks.yaml')}: the file holds a second document",
    ),
    "deep YAML": (
        {"clocks.yaml": "a: " + "[" * 5000}, "clocks.yaml:1: the document is nested deeper than",
    ),
    "empty YAML": ({"clocks.yaml": ""}, "clocks.yaml: the file is empty"),
    "huge YAML": ({"clocks.yaml": "#" * 1_000_001}, "clocks.yaml: the file is too large"),
    "not JSON": ({"shapes.geojson": '{"type": 1,\n}'}, "shapes.geojson:2: this is not JSON"),
    "NaN in a shape": (
        replaced("shapes.geojson", "[121, -4]", "[NaN, -4]"), "shapes.geojson: this is not JSON",
    ),
    "deep JSON": ({"shapes.geojson": "[" * 100_000}, "shapes.geojson: this is not JSON"),
    "a point out of this world": (
        replaced("shapes.geojson", "[121, -4]", "[1210, -4]"),
        "shapes.geojson:4: feature 9.02: a point is not [longitude, latitude]",
    ),
    "a shape that claims to be exact": (
        replaced("shapes.geojson", '"9.02", "approximate": true', '"9.02", "approximate": false'),
        "shapes.geojson:4: feature 9.02 is neither marked approximate: true nor does it name",
    ),
    "an approximate shape with a source": (
        replaced(
            "shapes.geojson", '"9.02", "approximate": true',
            '"9.02", "approximate": true, "source": "Lorland Survey"',
        ),
        "shapes.geojson:4: feature 9.02 is approximate and yet names a source or licence",
    ),
    "a source of a shape in two lines": (
        replaced(
            "shapes.geojson", '"9.02", "approximate": true',
            '"9.02", "approximate": false, "source": "Lorland\\nSurvey"',
        ),
        "shapes.geojson:4: feature 9.02: its source is no short line of text",
    ),
    "no words": (
        replaced("words/screening.yaml", "honorifics: [Mister, Lady]", "honorifics: []"),
        "words/screening.yaml:1: honorifics names no word",
    ),
    "no parties": (
        {"words/parties.txt": "# none\n"}, "words/parties.txt: the file names no party",
    ),
    # cast and exercise
    "a member of an unknown agency": (
        replaced("cast.yaml", "agency: supervisor", "agency: nobody"),
        "cast.yaml:4: agency 'nobody' is not a known agency",
    ),
    "a member without agency": (
        replaced("cast.yaml", "agency: supervisor", 'agency: ""'),
        "cast.yaml:4: member 'supervisor' acts for no known institution",
    ),
    "an unknown role": (
        replaced("cast.yaml", "role: operator", "role: king"),
        "cast.yaml:3: role: 'king' is not allowed here",
    ),
    "an unknown member": (
        replaced("exercise.yaml", "who: commission", "who: stranger"),
        "exercise.yaml:11: inject 2: 'stranger' is not a member",
    ),
    "an unknown verb": (
        replaced("exercise.yaml", "verb: meeting.close", "verb: dance.begin"),
        "exercise.yaml:17: inject 3: 'dance.begin' is not a known verb",
    ),
    "a verb without a thing": (
        replaced("exercise.yaml", "verb: meeting.close", "verb: meeting"),
        "exercise.yaml:17: inject 3: 'meeting' is not a known verb",
    ),
    "time going backwards": (
        replaced("exercise.yaml", "at: 2031-08-06T11:00", "at: 2031-08-06T09:30"),
        "exercise.yaml:15: inject 3 goes back in time",
    ),
    "a name used before it is defined": (
        replaced("exercise.yaml", "    as: meeting\n", ""),
        "exercise.yaml:12: inject 2 uses $meeting, which is not defined before it",
    ),
    "a name in data used before it is defined": (
        replaced("exercise.yaml", "agenda: []", "agenda: [$later]"),
        "exercise.yaml:8: inject 1 uses $later, which is not defined before it",
    ),
    "play_until after the last": (
        replaced("exercise.yaml", "play_until: 2", "play_until: 9"),
        "exercise.yaml:3: play_until is 9, and there are 3 injects",
    ),
    "a reserved id": (
        replaced("agencies.csv", "observers,Obsero", "anoa,Obsero"),
        "agencies.csv:7: the id 'anoa' is taken by anoa itself",
    ),
}  # fmt: skip
