"""Failures of the storage itself."""

from causerie.errors import CauserieError, Conflict


class StorageUnavailable(CauserieError):
    """The database did not take or give the rows; nothing was stored."""

    status, code, title, retryable = 503, "storage_unavailable", "The database is not available", True


class StorageConflict(Conflict):
    """A constraint of the database refused the rows; nothing was stored."""


class SchemaMismatch(CauserieError):
    """The database's schema is not the one this version of Causerie was made for."""

    status, code, title, retryable = 503, "schema_behind", "The database schema is not up to date", True


class UnsafeRole(CauserieError):
    """The database's login may read around the policies of the rows, so nothing is served with it (S27)."""

    status, code, title = 503, "unsafe_role", "The database login is not safe to serve with"
