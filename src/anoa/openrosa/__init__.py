"""OpenRosa, the protocol of ODK Collect and its kin: its documents as text, without HTTP.

``protocol`` writes lists, manifests and answers; ``xforms`` makes XLSForm and XForm of a ``Form``;
``submissions`` reads what a phone sends back; ``uploads`` makes a form of a written XLSForm.
"""

from anoa.openrosa.protocol import (
    ListedForm,
    MediaFile,
    form_list,
    manifest,
    md5_of,
    response_body,
)
from anoa.openrosa.submissions import Parsed, parse_submission
from anoa.openrosa.uploads import form_of_xlsform
from anoa.openrosa.xforms import (
    PlaceRow,
    media_names,
    places_csv,
    xform_of,
    xlsform_of,
    xlsx_of,
)

__all__ = [
    "ListedForm", "MediaFile", "Parsed", "PlaceRow", "form_list", "form_of_xlsform",
    "manifest", "md5_of", "media_names", "parse_submission", "places_csv", "response_body",
    "xform_of", "xlsform_of", "xlsx_of",
]  # fmt: skip
