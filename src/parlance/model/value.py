"""Values: dataclasses that nobody changes.

To the type checker this *is* `dataclasses.dataclass`, and so it holds `frozen=True` against all of the program. While
the program runs, nothing is checked: a frozen dataclass takes five times as long to make (0.9 instead of 0.2 µs with
eight fields), and a message makes some thirty of them on its way (docs/decisions/0014-the-hot-path.md).
"""

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(made: type | None = None, /, *, frozen: bool = False, **options: Any) -> Any:
        """`dataclasses.dataclass`, with equality and hash of a frozen one where it is to be `frozen`."""
        if frozen and options.get("eq", True):
            options["unsafe_hash"] = True
        return dataclasses.dataclass(made, **options)
