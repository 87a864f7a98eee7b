"""What can go wrong for the user, each class one sentence in their language. Knows no protocol: features/failures maps it.

HearthError
├── SettingsError            a setting has a wrong name or value
├── UsageError               a command was asked for something that cannot be (no such file, line past the end)
├── ForbiddenHostError       a host that is not this machine, and that the user's own settings do not name
└── ModelError
    ├── ModelUnreachableError    nothing answers at the model server's address
    ├── ModelMissingError        the server answers, the model is not in it
    ├── NoModelError             no backend has a usable model at all
    ├── ModelProtocolError       the server answered something that is not its protocol
    └── ModelFailedError         the server answered with an error of its own
"""

from __future__ import annotations


class HearthError(Exception):
    """Base of all: `str(error)` says what happened, `advice` what to do next (may be empty)."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class SettingsError(HearthError):
    """A setting has a wrong name, type or value."""


class UsageError(HearthError):
    """A command was asked for something that cannot be."""


class ForbiddenHostError(HearthError):
    """A connection to a host that is not this machine and that the user's own settings do not name."""


class ModelError(HearthError):
    """Something about the model or its server."""


class ModelUnreachableError(ModelError):
    """Nothing answers at the model server's address, or it stopped answering."""


class ModelMissingError(ModelError):
    """The model server answers but does not have the model."""


class NoModelError(ModelError):
    """No backend has a usable model."""


class ModelProtocolError(ModelError):
    """The server answered something that is not its protocol."""


class ModelFailedError(ModelError):
    """The server answered with an error of its own."""
