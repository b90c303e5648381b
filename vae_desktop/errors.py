"""Errors whose message is written for the person who uses the app.

Anything else that is raised is a defect and is shown with its traceback on request.
"""


class UserError(Exception):
    """Something a person can understand and mend; ``str(error)`` says what happened and what to do."""


class InvalidSetting(UserError):
    """A setting holds a value that it cannot take.

    Attributes
    ----------
    name : str
        Field name of the setting, so that a form can mark the right entry.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class DataError(UserError):
    """A data set cannot be read: files are broken or of the wrong kind."""


class DatasetMissing(DataError):
    """A data set's files are not on this machine; it could be downloaded."""


class DatasetBroken(DataError):
    """A data set's files are there but broken; a download would mend them."""


class CheckpointError(UserError):
    """A file is not a model that this version can read."""


class CheckpointMissing(CheckpointError):
    """There is no file where one was to be."""


class DeviceError(UserError):
    """The chosen device is not there."""


class LibraryMissing(UserError):
    """A library of the system is not installed, and without it there is no window."""


class Cancelled(Exception):
    """Raised inside long work after the person asked to stop it."""
