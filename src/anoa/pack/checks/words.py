"""The English words of the checks; the words of the pack's own languages stand in the pack."""

from __future__ import annotations

# What no indicator of the threat class may speak of.
SENSITIVE = (
    "religio*", "faith", "faiths", "church*", "mosque*", "temple*", "muslim*", "christian*",
    "ethnic*", "tribe*", "tribal", "race", "races", "racial", "caste*", "clan", "clans",
    "migrant*", "immigrant*", "indigenous", "language*", "dialect*", "mother tongue", "age",
    "ages", "aged", "elderly", "youth*", "young*", "old", "income*", "poverty", "poor", "wage*",
    "salar*", "wealth*", "welfare", "expenditure*", "gdp", "grdp", "hdi", "human development",
)  # fmt: skip

# An assembly; no rule of a ladder reads one.
ASSEMBLY = (
    "assembl*", "rally", "rallies", "protest*", "demonstrat*", "march", "marches", "marching",
    "gathering*", "picket*", "vigil*", "sit in", "strike", "strikes",
)  # fmt: skip

# In the words of an action these are an assembly or its participants as well.
CROWD = ("crowd*", "participant*", "attendee*", "marchers", "supporters", "masses")

# What no action does to them.
RESTRICT = (
    "restrict*", "ban", "bans", "banned", "banning", "prohibit*", "forbid*", "dispers*",
    "dissolv*", "break up", "breaks up", "disband*", "film", "films", "filmed", "filming",
    "photo*", "video*", "record the faces", "recording of faces", "list", "lists", "listing",
    "register*", "identif*", "profil*", "limit", "limits", "arrest*", "detain*", "stop", "stops",
    "prevent", "prevents", "block", "blocks", "cancel*",
)  # fmt: skip

# Parts of a name that could hold what a pack never holds: single words, and pairs joined by _.
FORBIDDEN_TOKENS = frozenset({
    "party", "parties", "candidate", "candidates", "nominee", "nominees", "pair", "pairs",
    "running_mate", "incumbent", "ballot_number", "ballot_numbers", "votes",
    "vote_count", "vote_share", "winner",
    "winners", "loser", "margin", "seats", "religion", "religions", "religious", "faith",
    "ethnicity", "ethnic", "tribe", "race", "caste", "person_name", "full_name", "first_name",
    "last_name", "surname", "nickname", "national_id", "identity_number", "passport", "phone",
    "telephone", "mobile",
    "email", "birth", "birthday", "birthdate", "birthplace", "gender", "suspect", "suspects",
    "perpetrator", "perpetrators", "victim_name", "reporter_name", "license_plate", "plate",
})  # fmt: skip
FORBIDDEN_KEY_TOKENS = FORBIDDEN_TOKENS | {"result", "results", "person", "persons", "sex"}
