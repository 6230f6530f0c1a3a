"""What our own calls say of themselves, beside the handlers that keep the word."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel

from parlance.model.value import dataclass

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
Shape: TypeAlias = Any
"""A type that pydantic can describe: a model, a typed dictionary, a list of them."""

_MARK = "openapi_call"
_OPERATORS = frozenset({401, 403, 429, 503})
_WITH_QUERY = frozenset({422})
_WITH_BODY = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a call takes and gives.

    `body` is the form of its body, `query` the fields of its query: their names, or a model that holds them. `gives`
    maps each status of success to the shape answered with it (None: no body) and `media` says in which form; a call
    with `streams` gives events besides. `refuses` are the statuses of refusal besides those that follow from the rest.
    With `guarded` the admin token is needed, or a key.
    """

    gives: Mapping[int, Shape]
    body: type[BaseModel] | None = None
    query: tuple[str, ...] | type[BaseModel] = ()
    refuses: tuple[int, ...] = ()
    media: str = "application/json"
    streams: bool = False
    guarded: bool = True

    @property
    def refusals(self) -> tuple[int, ...]:
        """Every status with which the call can say no, in order."""
        found = set(self.refuses)
        found |= _OPERATORS if self.guarded else set()
        found |= _WITH_QUERY if self.query else set()
        found |= _WITH_BODY if self.body else set()
        return tuple(sorted(found))


def documented(call: Call) -> Callable[[Handler], Handler]:
    """Note on a handler what it takes and gives."""

    def note(handler: Handler) -> Handler:
        handler.__dict__[_MARK] = call
        return handler

    return note


def call_of(handler: object) -> Call | None:
    """What a handler takes and gives; None for one that does not say."""
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Call) else None
