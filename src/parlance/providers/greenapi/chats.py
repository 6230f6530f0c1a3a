"""Chat ids: who a message goes to or comes from (spec/greenapi.md §1.1, U-19)."""

import re

from parlance.model.address import USER_ID, Address, AddressKind, phone

_SHAPES = {
    AddressKind.PHONE: re.compile(r"([0-9]{7,16})@c\.us"),
    AddressKind.GROUP: re.compile(r"([0-9]{5,20}(?:-[0-9]{5,15})?)@g\.us"),
    AddressKind.LID: re.compile(r"([0-9]{5,20})@lid"),
    # The vendor knows no business-scoped ids: they stand where it puts people who hide their number.
    AddressKind.USER: re.compile(rf"({USER_ID.pattern})@lid"),
}
_PLACES = {AddressKind.PHONE: "c.us", AddressKind.GROUP: "g.us", AddressKind.LID: "lid", AddressKind.USER: "lid"}


def read_chat(text: str) -> Address | None:
    """Read a chat id; None for what has no shape of one."""
    for kind, shape in _SHAPES.items():
        if (found := shape.fullmatch(text)) is not None:
            return Address(kind, found[1])
    return None


def write_chat(address: Address) -> str:
    """Write a chat id."""
    return f"{address.value}@{_PLACES[address.kind]}"


def wid(number: str) -> str:
    """The id of the instance's own account."""
    return write_chat(phone(number))
