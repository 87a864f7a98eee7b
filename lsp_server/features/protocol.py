"""One answer for every request, whatever comes down the line. Knows no method of its own: handlers are registered with pygls.

pygls 2.1 keeps the types, the capabilities and the registry. How a message is taken in, run and answered is ours, because
there (measured over stdio, tests/e2e/test_malformed_input.py) a body that does not fit its type, a method without
parameters, a request after `shutdown` and an answer that cannot be written as JSON all stay without an answer, the handler
of an `async def` first runs when later messages have already changed the document, each `didChange` leaves a future behind
for good, and user code is logged.

A handler is a plain function. It runs when its message is read, so what it looks at is what the editor meant (invariant 4).
It returns the answer, or an awaitable that ends with it: then a task is made, and the *task's end* sends the answer. That
holds for a task that was cancelled before its first step as well, whose own `except` never runs.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, TypeVar

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, lsp_method

from lsp_server.features import failures

log = logging.getLogger(__name__)

MessageId = str | int
T = TypeVar("T")


class Protocol(LanguageServerProtocol):
    """JSON-RPC as LSP uses it. `stopped` is set to the exit code once the client said `exit`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._running: dict[MessageId, asyncio.Future[Any]] = {}
        self._asked: dict[MessageId, tuple[str, asyncio.Future[Any]]] = {}
        self._numbers = itertools.count(1)
        self._initialized = False
        self.on_exit: Callable[[int], None] = lambda _: None

    # -- in ------------------------------------------------------------------------------------------------------------

    def receive(self, body: bytes) -> bool:
        """Take one message body in. Never raises; False when the body was no JSON at all."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            log.warning("a message of %d bytes is not JSON", len(body))
            self._refuse(None, failures.parse_error())
            return False
        if not isinstance(data, dict):
            self._refuse(None, failures.invalid_request("A message must be an object."))
            return True
        try:
            self._take(data)
        except Exception:  # whatever one message does, the next one must find a server
            log.exception("a message could not be handled")
        return True

    def _take(self, data: dict[str, Any]) -> None:
        msg_id, method = data.get("id"), data.get("method")
        is_request = "id" in data
        if is_request and (isinstance(msg_id, bool) or not isinstance(msg_id, str | int)):
            self._refuse(None, failures.invalid_request("A request's id must be a string or a whole number."))
        elif method is None:
            if is_request and ("result" in data or "error" in data):
                self._settle(msg_id, data)
            else:
                self._refuse(msg_id, failures.invalid_request("A message needs a method, a result or an error."))
        elif not isinstance(method, str) or data.get("jsonrpc") != self.VERSION:
            self._refuse(msg_id, failures.invalid_request("This is no JSON-RPC 2.0 message."))
        elif is_request:
            assert msg_id is not None
            self._take_request(msg_id, method, data)
        else:
            self._take_notification(method, data)

    def _take_request(self, msg_id: MessageId, method: str, data: dict[str, Any]) -> None:
        try:
            self._check_phase(method)
            handler = self._handler(method)
            if handler is None:
                raise failures.method_not_found(method)
            outcome = self._run(handler, self._params(method, data))
        except Exception as error:  # noqa: BLE001 - whatever it was, the request is owed an answer
            self._answer_error(msg_id, method, error)
            return
        if method == types.INITIALIZE:
            self._initialized = True
        if isinstance(outcome, Awaitable):
            task = asyncio.ensure_future(outcome)
            self._running[msg_id] = task
            task.add_done_callback(partial(self._answer_task, msg_id, method))
        else:
            self._answer(msg_id, method, outcome)

    def _take_notification(self, method: str, data: dict[str, Any]) -> None:
        if method == types.EXIT:
            self.on_exit(self.code_at_end())
            return
        if self._shutdown or not self._initialized:
            log.debug("ignored %s: it came before initialize or after shutdown", method)
            return
        try:
            if method == types.CANCEL_REQUEST:
                self._cancel(self._params(method, data).id)
            elif (handler := self._handler(method)) is not None:
                self._run(handler, self._params(method, data))
        except Exception as error:
            level = logging.WARNING if isinstance(error, failures.RequestRefused) else logging.ERROR
            log.log(level, "%s failed: %s", method, error, exc_info=level == logging.ERROR)

    def _check_phase(self, method: str) -> None:
        if self._shutdown:
            raise failures.invalid_request("The server is shutting down.")
        if not self._initialized and method != types.INITIALIZE:
            raise failures.not_initialized()
        if self._initialized and method == types.INITIALIZE:
            raise failures.invalid_request("The server is initialized already.")

    def _handler(self, method: str) -> Callable[..., Any] | None:
        """Ours, else pygls'; for `initialize` and `shutdown` pygls' own, which call ours on their way."""
        ours: Callable[..., Any] | None = self.fm.features.get(method)
        theirs: Callable[..., Any] | None = self.fm.builtin_features.get(method)
        return theirs or ours if method in (types.INITIALIZE, types.SHUTDOWN) else ours or theirs

    def _params(self, method: str, data: dict[str, Any]) -> Any:
        """The parameters in their LSP type; as they are for a method of our own."""
        message_type = self.get_message_type(method)
        if message_type is None:
            return data.get("params")
        try:
            return self._converter.structure(data, message_type).params
        except Exception as error:  # cattrs raises groups, attrs its validators' own errors: all say that the type is wrong
            log.debug("the parameters of %s do not fit: %s", method, type(error).__name__)
            raise failures.invalid_params(f"The parameters of {method} are not what the method takes.") from error

    def structure(self, value: Any, wanted: type[T]) -> T:
        """What came back inside of a command's arguments, in its LSP type. Raises whatever the converter does."""
        structured: T = self._converter.structure(value, wanted)
        return structured

    def _run(self, handler: Callable[..., Any], params: Any) -> Any:
        """Call a handler. pygls' own ones are generators that yield the user's handler to be called on the way."""
        outcome = handler(params)
        if not isinstance(outcome, Generator):
            return outcome
        try:
            step = next(outcome)
            while True:
                user_handler, args, _ = step
                step = outcome.send(user_handler(*args))
        except StopIteration as end:
            return end.value

    def _cancel(self, msg_id: MessageId) -> None:
        running = self._running.get(msg_id)
        if running is not None:
            running.cancel()

    # -- out -----------------------------------------------------------------------------------------------------------

    def _answer_task(self, msg_id: MessageId, method: str, task: asyncio.Future[Any]) -> None:
        if self._running.get(msg_id) is task:
            del self._running[msg_id]
        if task.cancelled():
            self._send_response(msg_id, error=failures.cancelled())
        elif (error := task.exception()) is not None:
            self._answer_error(msg_id, method, error)
        else:
            self._answer(msg_id, method, task.result())

    def _answer(self, msg_id: MessageId, method: str, result: Any) -> None:
        response_type = self.get_result_type(method)
        body: Any = {"id": msg_id, "jsonrpc": self.VERSION, "result": result}
        if response_type is not None:
            body = response_type(id=msg_id, result=result, jsonrpc=self.VERSION)
        try:
            text = json.dumps(body, default=self._serialize_message)
        except Exception as error:  # noqa: BLE001 - a result that is no JSON leaves the request without an answer
            self._answer_error(msg_id, method, error)
            return
        self._write(text)

    def _answer_error(self, msg_id: MessageId, method: str, error: BaseException) -> None:
        answer = failures.response_error(error)
        inside = answer.code == types.ErrorCodes.InternalError
        log.log(
            logging.ERROR if inside else logging.INFO,
            "%s answered with an error: %s",
            method,
            answer.message,
            exc_info=error if inside else None,
        )
        self._send_response(msg_id, error=answer)

    def _refuse(self, msg_id: Any, refusal: failures.RequestRefused) -> None:
        self._send_response(msg_id, error=failures.response_error(refusal))

    def _send_response(self, msg_id: Any, result: Any | None = None, error: types.ResponseError | None = None) -> None:
        outcome = {"result": result} if error is None else {"error": error}
        self._send_data({"jsonrpc": self.VERSION, "id": msg_id, **outcome})

    def _send_data(self, data: Any) -> None:
        self._write(json.dumps(data, default=self._serialize_message))

    def _write(self, text: str) -> None:
        if self.writer is None:
            return
        # json.dumps writes ASCII only, so characters and bytes are the same number.
        self.writer.write(f"Content-Length: {len(text)}\r\n\r\n{text}".encode("ascii"))

    # -- questions to the client ---------------------------------------------------------------------------------------

    def send_request_async(self, method: str, params: Any | None = None, msg_id: MessageId | None = None) -> Any:  # noqa: ARG002 - pygls' signature
        """Ask the client; the future ends with its result. The answer may never come: wait with a bound, or not at all."""
        number = f"hearth-{next(self._numbers)}"
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[number] = (method, future)
        request_type = self.get_message_type(method) or dict
        self._send_data(request_type(id=number, method=method, params=params, jsonrpc=self.VERSION))
        return future

    def send_request(self, *args: Any, **kwargs: Any) -> Any:
        """Not offered: its future belongs to no event loop."""
        raise NotImplementedError("use send_request_async")

    def _settle(self, msg_id: Any, data: dict[str, Any]) -> None:
        method, future = self._asked.pop(msg_id, ("", None))
        if future is None or future.done():
            return
        if "error" in data:
            error = data["error"] if isinstance(data["error"], dict) else {}
            future.set_exception(ClientRefused(str(error.get("message", "the client answered with an error"))))
            return
        result_type = self.get_result_type(method)
        try:
            result = self._converter.structure(data, result_type).result if result_type else data.get("result")
        except Exception as error:  # noqa: BLE001 - as in _params
            future.set_exception(ClientRefused(f"the client's answer to {method} does not fit: {type(error).__name__}"))
            return
        future.set_result(result)

    # -- the end -------------------------------------------------------------------------------------------------------

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: Any) -> None:  # type: ignore[override]  # no user handler to yield
        """Every request that is being worked on is answered as cancelled; nothing but `exit` is taken in from now on."""
        self._shutdown = True
        self.abandon()

    def code_at_end(self) -> int:
        """The exit code where the stream ends without `exit`: 0 after `shutdown`, else 1 (LSP 3.18, "exit")."""
        return 0 if self._shutdown else 1

    def abandon(self) -> list[asyncio.Future[Any]]:
        """Cancel what runs, which is returned (each task's end sends its answer), and what the client still owes us."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        for _, future in self._asked.values():
            future.cancel()
        self._asked.clear()
        return running


class ClientRefused(Exception):  # noqa: N818 - the client's word, not a failure of ours
    """The client answered a question of ours with an error."""
