"""Packs: folders of YAML and CSV that say what an operation is.

``load_pack`` gives a checked ``Pack`` or raises all problems at once; ``check_pack`` lists them
with the discrepancies of the figures. Nothing outside this package reads pack files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anoa.pack.areas import CIVIL, AreaSpec, AreaUnit, Spot, UnitPart
from anoa.pack.loading import Checked, NoPack, check_pack, load_pack
from anoa.pack.pack import Pack
from anoa.pack.published import (
    Age,
    Band,
    PublishedEdition,
    PublishedScore,
    Reading,
    Scheme,
    SchemeNode,
)
from anoa.pack.replacing import check_shapes, replace_shapes
from anoa.pack.shapes import Shapes
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
    ShapeSource,
    Source,
    Stage,
    SubDistrict,
    ThreatKind,
    Total,
    Village,
)

if TYPE_CHECKING:
    from anoa.pack.index_data import (
        index_method,
        index_scores,
        indicator_data,
        indicator_sources,
    )

__all__ = [
    "CIVIL",
    "ActionSpec",
    "Age",
    "Agency",
    "AreaPart",
    "AreaSpec",
    "AreaUnit",
    "Band",
    "CastMember",
    "Category",
    "Checked",
    "Contest",
    "Deadlines",
    "Discrepancy",
    "EditionSpec",
    "Exercise",
    "Figure",
    "HistoryType",
    "Holiday",
    "IndexSpec",
    "IndicatorSpec",
    "Inject",
    "NoPack",
    "OperationSpec",
    "Pack",
    "PastIncident",
    "Protocol",
    "PublishedEdition",
    "PublishedScore",
    "Reading",
    "Region",
    "RungWords",
    "Scheme",
    "SchemeNode",
    "ShapeSource",
    "Shapes",
    "Source",
    "Spot",
    "Stage",
    "SubDistrict",
    "ThreatKind",
    "Total",
    "UnitPart",
    "Village",
    "check_pack",
    "check_shapes",
    "index_method",
    "index_scores",
    "indicator_data",
    "indicator_sources",
    "load_pack",
    "replace_shapes",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """The index tables on first use: they bring pandas, which a check of a pack does not need."""
    if name not in ("index_method", "index_scores", "indicator_data", "indicator_sources"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from anoa.pack import index_data

    return getattr(index_data, name)
