"""What of the inbox an address asks for: channel, form, region, kind, and days of receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from anoa.room.intake import inbox
from anoa.room.intake.values import Channel, State
from anoa.room.list_filters import Address, Choice, instants

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

LABELS = {
    "channel": _("Channel"), "form": _("Form"), "region": _("Region"), "kind": _("Kind"),
}  # fmt: skip
NAMES = frozenset({*LABELS, "from", "to", "aside", "after"})


@dataclass(frozen=True, slots=True)
class Inbox:
    """The filters of the inbox as the page draws them, and what they leave."""

    narrowed: inbox.Narrowed
    choices: tuple[Choice, ...]
    first: str
    last: str
    ignored: tuple[str, ...]

    @property
    def query(self) -> str:
        """The filters as a query, without the place in the list."""
        asked = {one.name: one.chosen for one in self.choices} | {
            "from": self.first, "to": self.last,
        }  # fmt: skip
        return urlencode({name: value for name, value in asked.items() if value})


def asked(desk: Desk, state: State) -> Inbox:
    """Read the address of the inbox; what is not known narrows nothing and is named."""
    pack, given = desk.pack, {name: str(value) for name, value in desk.request.GET.items()}
    address = Address(given, [name[:40] for name in given if name not in NAMES])
    options = {
        "channel": [(str(one), str(one)) for one in Channel],
        "form": [(one.id, desk.text(one.title)) for one in pack.forms.values()],
        "region": [(one, pack.place_name(one)) for one in pack.leaf_regions],
        "kind": [(one, one) for one in inbox.kinds(desk.member, state)],
    }
    chosen = {name: address.known(name, {value for value, _text in options[name]})
              for name in options}  # fmt: skip
    days: tuple[date | None, date | None] = (address.day("from"), address.day("to"))
    start, end = instants(pack, days)
    region = chosen["region"]
    inside = (one.code for one in pack.sub_districts.values() if one.region == region)
    narrowed = inbox.Narrowed(
        {name: value for name, value in chosen.items() if value and name != "region"},
        region, tuple(inside) if region else (), start, end,
    )  # fmt: skip
    first, last = (day.isoformat() if day else "" for day in days)
    drawn = tuple(
        Choice(name, label, chosen[name], options[name]) for name, label in LABELS.items()
    )
    return Inbox(narrowed, drawn, first, last, tuple(address.ignored))
