"""Turn whatever a handler raised into the error object of its answer. The only place that knows JSON-RPC's error numbers."""

from __future__ import annotations

from typing import Any

from lsprotocol.types import ErrorCodes, ExecuteCommandParams, LSPErrorCodes, ResponseError
from pygls.exceptions import JsonRpcException

from indexer.errors import IndexerError
from lsp_server.errors import HearthError, SettingsError, UsageError


class RequestRefused(Exception):  # noqa: N818 - not an error of ours: the answer that the protocol prescribes
    """An answer that the protocol prescribes for a request which cannot be served: its code, and a sentence."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid_params(message: str) -> RequestRefused:
    """The parameters are not what the method takes."""
    return RequestRefused(ErrorCodes.InvalidParams, message)


def invalid_request(message: str) -> RequestRefused:
    """The message is no request, or comes at a moment when none may."""
    return RequestRefused(ErrorCodes.InvalidRequest, message)


def parse_error() -> RequestRefused:
    """The body is not JSON."""
    return RequestRefused(ErrorCodes.ParseError, "The message is not JSON.")


def method_not_found(method: str) -> RequestRefused:
    """A request that this server does not know."""
    return RequestRefused(ErrorCodes.MethodNotFound, f"Hearth does not know the method {method}.")


def not_initialized() -> RequestRefused:
    """A request before `initialize`."""
    return RequestRefused(ErrorCodes.ServerNotInitialized, "The server was not initialized yet.")


def content_modified() -> RequestRefused:
    """The document changed while the answer was made: editors drop the answer and ask again, without a word to the user."""
    return RequestRefused(LSPErrorCodes.ContentModified, "The document changed meanwhile.")


def cancelled() -> ResponseError:
    """The answer to a request that the client took back or that a newer one of the same document replaced."""
    return ResponseError(code=LSPErrorCodes.RequestCancelled, message="The request was cancelled.")


def one_table(params: ExecuteCommandParams) -> dict[str, Any]:
    """The one argument of a command, a table of names and values. Refuses anything else."""
    arguments = params.arguments or []
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise invalid_params(f"{params.command} takes one table of arguments.")
    return arguments[0]


def response_error(error: BaseException) -> ResponseError:
    """The error object for an exception. The sentence is for the user; what went wrong inside is for the log."""
    if isinstance(error, RequestRefused):
        return ResponseError(code=error.code, message=str(error))
    if isinstance(error, JsonRpcException):
        return ResponseError(code=error.code, message=error.message)
    if isinstance(error, UsageError | SettingsError):
        return ResponseError(code=ErrorCodes.InvalidParams, message=sentence(error))
    if isinstance(error, HearthError | IndexerError):
        return ResponseError(code=LSPErrorCodes.RequestFailed, message=sentence(error))
    inside = f"Hearth failed inside ({type(error).__name__}); its log says more."
    return ResponseError(code=ErrorCodes.InternalError, message=inside)


def sentence(error: HearthError | IndexerError) -> str:
    """What happened and what to do next, as one line."""
    return f"{error} {error.advice}".strip()
