"""One folder for each provider; nothing outside a folder names it. Folders are found, not registered."""

from importlib import import_module
from pkgutil import iter_modules

from parlance.contract.provider import Provider


def discover() -> dict[str, Provider]:
    """Every provider that has a folder here, by name, in alphabetical order."""
    found: dict[str, Provider] = {}
    for module in sorted(iter_modules(__path__), key=lambda each: each.name):
        if module.ispkg:
            provider: Provider = import_module(f"{__name__}.{module.name}").PROVIDER
            found[provider.name] = provider
    return found
