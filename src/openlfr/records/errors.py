"""What the database can refuse, each with a sentence that says what to do next."""


class RecordsError(Exception):
    """The records cannot be read or written. What was under way was undone as a whole."""


class DatabaseMissingError(RecordsError):
    """There is no database at the address."""


class DatabaseExistsError(RecordsError):
    """A new database was asked for where there is one."""


class DatabaseBusyError(RecordsError):
    """Another program held the database for longer than we wait."""


class DiskFullError(RecordsError):
    """The disk of the database has no room."""


class ReadOnlyError(RecordsError):
    """The disk, the file or the account does not allow writing."""


class DatabaseDamagedError(RecordsError):
    """The file is not a database, or parts of it were destroyed."""


class DatabaseUnreachableError(RecordsError):
    """The database server does not answer, or the file cannot be opened."""


class ForeignDatabaseError(RecordsError):
    """The database holds something else's tables."""


class DatabaseTooNewError(RecordsError):
    """A newer program has changed the tables; this one would misread them."""


class VaultMismatchError(RecordsError):
    """The vault and the database do not belong together, or one of them is older than the other remembers."""


class AuditBrokenError(RecordsError):
    """The audit log was altered, cut or exchanged."""


class RetentionError(RecordsError):
    """A purge or hold cannot be done as asked."""
