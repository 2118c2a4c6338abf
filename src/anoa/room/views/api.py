"""The page that tells people who write programs what they can call."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from anoa.room.api.described import DOCUMENT, addresses
from anoa.room.views.desk import Desk, desk_page


@desk_page("reports", "room/api.html", looks_back=False)
def described(desk: Desk) -> dict[str, Any]:
    """The addresses with what each needs and takes."""
    told = [(one, gettext(one.about)) for one in addresses()]
    return {"addresses": told, "document": DOCUMENT}
