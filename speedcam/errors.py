"""Everything the camera can tell its user, as one small tree.

    SpeedcamError
    ├── FootageError      a video that cannot be read as footage
    ├── SiteError         a site file with faults (all of them at once)
    ├── SurveyError       surveyed points from which no ground plane follows
    ├── PassageError      a passage record that is not one
    ├── SealError         a key, registry, signature or bundle that cannot be relied on
    ├── RawDataError      raw data of a passage that are missing, changed or not its own
    ├── TruthError        a truth or reference file that cannot be compared with
    ├── DetectorError     a detector that is not there, or a network that is none
    └── ClusterError      a cluster that cannot be reached, or not be relied on

Each message says what happened, to which thing, and what to do. "No reading" is
never an error: it is a :class:`speedcam.model.Refusal`, which is a value.
"""


class SpeedcamError(Exception):
    """A fault the user can understand and mend; shown without a traceback."""


class FootageError(SpeedcamError):
    """A file or stream that cannot be decoded as footage of one fixed camera.

    Attributes:
        code: Why, in one word for programs (docs/security.md lists them), or None.
    """

    def __init__(self, words: str, code: str | None = None) -> None:
        super().__init__(f"{words} [{code}]" if code else words)
        self.code = code


class SiteError(SpeedcamError):
    """A site file with one or more faults, each with its line and its remedy."""


class SurveyError(SpeedcamError):
    """Surveyed points that do not determine the road plane."""


class PassageError(SpeedcamError):
    """A passage record that is damaged, of another schema, or not a passage."""


class SealError(SpeedcamError):
    """A key, a registry, a signature or a bundle of evidence that cannot be relied on."""


class RawDataError(SpeedcamError):
    """Raw data of a passage that are missing, changed, or of another passage, clip or site."""


class TruthError(SpeedcamError):
    """A truth or reference file that cannot be compared with passages."""


class DetectorError(SpeedcamError):
    """A detector that nobody offers, or whose network cannot be used."""


class ClusterError(SpeedcamError):
    """A cluster that cannot be reached, is not safe, or measures otherwise: it ends the run."""
