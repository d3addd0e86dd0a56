"""The bundle of a fine: what its owner may have of the evidence, to be checked by anybody."""

from __future__ import annotations

from collections.abc import Callable

from services.errors import EvidenceError
from services.model import Fine
from services.seals import as_signed, is_sealed
from speedcam.model import Exhibit
from speedcam.seal.bundle import FOR_OWNERS, gather, pack_bundle


def owners_bundle(fine: Fine, exhibit_bytes: Callable[[str], bytes]) -> bytes:
    """The bundle file of a fine: what hides everybody, raw data, site file, manifest, signature.

    The other pictures stay withheld; the manifest names them by their SHA-256.

    Args:
        fine: Whose passage a camera signed.
        exhibit_bytes: Gives an exhibit by its SHA-256, checked.

    Raises:
        EvidenceError: No camera signed it, or a part of it is missing.
    """
    passage = fine.violation.passage
    if not is_sealed(passage):
        raise EvidenceError(
            f"the evidence of fine {fine.number} was not signed by its camera, so there is no "
            "bundle of it. Sign footage when it is measured: `speedcam process --key`."
        )

    def read(exhibit: Exhibit) -> bytes:
        return exhibit_bytes(exhibit.sha256)

    *_, signed = as_signed(fine.violation, read)
    return pack_bundle(gather(signed, read, FOR_OWNERS))
