"""Everything the office can tell its user, as one small tree.

    OfficeError
    ├── PackError       a rule pack with faults (all of them at once)
    ├── StoreError      the office's folder or database cannot be used
    │   └── StoreUnavailable  for now: a fault of the whole office and of no single item
    ├── EvidenceError   an exhibit is missing or is not what the passage says
    ├── CaseError       a case that does not exist, or may not be done to now
    │   ├── Erased      its personal data was erased for good
    │   └── CountryUnstated  nobody said whose plate it is, and the plate does not
    ├── OverBudget      somebody opened more cases than one person needs
    ├── AccountError    an account that cannot be made, found or changed so
    ├── StatementError  a bank's statement that cannot be read
    ├── LetterError     a notice that would lack what the law wants in it
    ├── ReceiptError    a file that tells nothing of a letter
    ├── BackupError     a backup that is damaged, or cannot be made or restored
    ├── LedgerError     the history is not what was signed, or a proof proves nothing
    ├── ShelfError      a site that engineers look after cannot be found or saved so
    │   ├── NoSite          none is called so, or none may be
    │   ├── SavedMeanwhile  another version is in force than the one that was changed
    │   ├── TakenName       there is one of this name already
    │   ├── NoRun           a run or clip that is not there
    │   └── BusyRun         footage is being measured already
    ├── SettingsError   the office's senders.toml has faults (all of them at once)
    └── SendError       a notice that could not be handed over
        ├── Refused     for good: the recipient or the content was turned down
        └── Unreachable for now: try again later
            ├── ProviderDown  nothing can be handed to this provider; no fault of the notice
            └── Unclear       it may have been taken: only the same provider may be asked again

Each message says what happened, to which thing, and what to do.
"""

from speedcam.errors import SpeedcamError


class OfficeError(SpeedcamError):
    """A fault the user can understand and mend; shown without a traceback."""


class PackError(OfficeError):
    """A rule pack with one or more faults."""


class StoreError(OfficeError):
    """The office's folder or database cannot be used."""


class StoreUnavailable(StoreError):
    """The database takes or gives nothing now: what was under way is undone, run it again."""


class EvidenceError(OfficeError):
    """An exhibit is missing or differs from the hash in its passage."""


class CaseError(OfficeError):
    """A case that does not exist, or in whose state the step is not allowed."""


class Erased(CaseError):
    """What a case said of a person was erased: its key is destroyed."""


class CountryUnstated(CaseError):
    """A case is confirmed whose plate does not tell its country, and nobody states it."""


class OverBudget(OfficeError):
    """Somebody opened more cases, or searched more often, than one person needs."""


class AccountError(OfficeError):
    """An account of the staff that cannot be made, found or changed so."""


class StatementError(OfficeError):
    """A bank's statement that cannot be read, or is none."""


class LetterError(OfficeError):
    """A notice that would lack what the law wants in it."""


class ReceiptError(OfficeError):
    """A file that was to tell what became of a letter, and tells nothing."""


class BackupError(OfficeError):
    """A backup that is damaged, or cannot be made or restored here."""


class LedgerError(OfficeError):
    """The history is not what was signed of it, or a file of the ledger is none."""


class ShelfError(OfficeError):
    """A site that engineers look after, and that cannot be found or saved so."""


class NoSite(ShelfError):
    """No site is called so, or none may be."""


class SavedMeanwhile(ShelfError):
    """Another version is in force by now than the one that was changed."""


class TakenName(ShelfError):
    """There is a site of this name already."""


class NoRun(ShelfError):
    """No run of this number, or no clip of this name."""


class BusyRun(ShelfError):
    """Footage is being measured already, one run at a time."""


class SettingsError(OfficeError):
    """The settings of senders have one or more faults."""


class SendError(OfficeError):
    """A notice that could not be handed over."""


class Refused(SendError):
    """Turned down for good: sending again would change nothing."""


class Unreachable(SendError):
    """Not possible now: it will be tried again."""


class ProviderDown(Unreachable):
    """The provider takes nothing now, whatever it is given."""


class Unclear(Unreachable):
    """The connection ended after all was handed over and before it was acknowledged."""
