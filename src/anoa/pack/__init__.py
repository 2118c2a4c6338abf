"""Packs: folders of YAML and CSV that say what an operation is.

``load_pack`` gives a checked ``Pack`` or raises all problems at once; ``check_pack`` lists them
with the discrepancies of the figures. Nothing outside this package reads pack files.
"""

from anoa.pack.loading import Checked, NoPack, check_pack, load_pack
from anoa.pack.pack import Pack
from anoa.pack.values import (
    ActionSpec,
    Agency,
    AreaPart,
    CastMember,
    Category,
    Contest,
    Deadlines,
    Discrepancy,
    EditionSpec,
    Exercise,
    Figure,
    HistoryType,
    Holiday,
    IndexSpec,
    IndicatorSpec,
    Inject,
    OperationSpec,
    PastIncident,
    Protocol,
    Region,
    RungWords,
    Source,
    Stage,
    SubDistrict,
    ThreatKind,
    Total,
    Village,
)

__all__ = [
    "ActionSpec", "Agency", "AreaPart", "CastMember", "Category", "Checked", "Contest",
    "Deadlines", "Discrepancy", "EditionSpec", "Exercise", "Figure", "HistoryType", "Holiday",
    "IndexSpec", "IndicatorSpec", "Inject", "NoPack", "OperationSpec", "Pack", "PastIncident",
    "Protocol", "Region", "RungWords", "Source", "Stage", "SubDistrict", "ThreatKind", "Total",
    "Village", "check_pack", "load_pack",
]  # fmt: skip
