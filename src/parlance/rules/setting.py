"""Whether a route's setting holds what it should."""

from urllib.parse import urlsplit

from parlance.contract.provider import Setting

_FLAGS = ("", "true", "false")


def fault_of(setting: Setting, value: str) -> str:
    """Say what is wrong with a value, empty when nothing is; an empty value stands for the default."""
    if setting.choices and value not in {*setting.choices, ""}:
        return f"{setting.name} is one of: {', '.join(filter(None, setting.choices))}."
    if setting.kind == "flag" and value not in _FLAGS:
        return f"{setting.name} is true or false."
    if setting.kind == "number" and value and not (value.isascii() and value.isdecimal()):
        return f"{setting.name} is a number."
    if setting.kind == "url" and value:
        return _fault_of_address(setting.name, value)
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in value):
        return f"{setting.name} holds control characters."
    return ""


def _fault_of_address(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"{name} is not a web address."
    plain = parts.scheme in {"http", "https"} and host and port != 0 and not (parts.query or parts.fragment)
    if not plain or parts.username is not None or any(ord(letter) <= 0x20 for letter in value):
        return f"{name} is an http or https address without user name and query."
    return ""
