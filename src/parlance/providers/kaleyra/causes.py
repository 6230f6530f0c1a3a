"""Why a message was not carried, from the vendor's codes and words (spec/kaleyra.md §9, §10.2, §15)."""

from typing import Final

from parlance.model.fault import Failure, Fault
from parlance.providers.kaleyra import words
from parlance.providers.kaleyra.wild import Wild, first, member, members, text

LONGEST: Final = 300
"""Characters of the vendor's words that are kept."""


def cause(code: str, said: str, otherwise: Fault = Fault.CARRIER_REFUSED) -> Failure:
    """Name a failure by the vendor's code, whichever of its two spellings it has; `otherwise` for unknown codes."""
    fault = words.CAUSES.get(code.replace("-", "").upper(), otherwise)
    return Failure(fault, code[:LONGEST], said[:LONGEST])


def of_answer(said: Wild, otherwise: Fault) -> Failure:
    """Why an answer says no: its `message`, and what `error` adds to that (§9)."""
    message = first(said, "message")
    explained = [found for each in member(said, "error").values() if (found := text(each)) and found != message]
    return cause(
        first(said, "code"), " ".join([*filter(None, [message]), *(f"({each})" for each in explained)]), otherwise
    )


def of_status(status: Wild, said: Wild) -> Failure:
    """Why a message failed: Meta's error in its status, or else `code` and `reason` of the callback (§10.2, §10.4)."""
    for error in members(status, "errors"):
        details = first(member(error, "error_data"), "details") or text(error.get("error_data"))
        return cause(first(error, "code"), details or first(error, "message", "title"))
    return cause(first(said, "code", "error_code"), first(said, "reason", "error"))
