"""A plugin for pytest that lets a provider's folder from elsewhere count as one of ours.

`WALKTHROUGH` names a folder with the provider's in it, and with `loopback` beside, where its `loopback.json` is.
"""

import os
from pathlib import Path

import parlance.providers

_FOLDER = Path(os.environ["WALKTHROUGH"])
parlance.providers.__path__.append(str(_FOLDER / "providers"))


def pytest_configure() -> None:
    """Let the conformance suite find how the provider's halves deal with each other."""
    from conformance import manners  # noqa: PLC0415  (discovers providers as it is imported)

    ours = {each.name: each for each in manners.FILES.iterdir() if each.is_dir()}
    for name, folder in ours.items():
        place = _FOLDER / "loopback" / name
        if not place.exists():
            place.symlink_to(folder, target_is_directory=True)
    manners.FILES = _FOLDER / "loopback"
