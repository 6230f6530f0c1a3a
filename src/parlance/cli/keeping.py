"""`parlance migrate`, `export`, `import`, `rekey`, `forget`: what is done to the data as a whole."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeVar

import typer

from parlance.cli import show
from parlance.cli.place import DataOption, Failed, JsonOption, Place, UrlOption

if TYPE_CHECKING:
    from parlance.contract.keeping import Keeping
    from parlance.settings import Settings

T = TypeVar("T")
NEW_KEY = "PARLANCE_NEW_SECRET_KEY"
_LEAST_KEY = 32
_READ = 1 << 20

DatabaseOption = Annotated[
    str | None, typer.Option(help="`sqlite`: the file in the data folder. Or postgresql://…", show_default="sqlite")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (migrate, export, rekey, forget):
        app.command()(command)
    app.command("import")(read_in)


def migrate(*, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Bring the database's tables up to this version. `serve` does so itself when it starts.

    Example: `parlance migrate --database postgresql://parlance@db/parlance`
    """
    _on_store(_settings(data, database), _nothing)
    show.line("The database is up to date.")


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; - is standard output.")],
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write everything in the database to a file, as lines of JSON. Secrets in it stay encrypted by the secret key.

    A SQLite gateway must be stopped for it; on PostgreSQL it may run.

    Example: `parlance export parlance.jsonl`
    """

    async def work(store: "Keeping") -> int:
        if str(file) == "-":
            return await _pour(store.export(), sys.stdout.buffer)
        part = file.with_name(f".{file.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            size = await _pour(store.export(), out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
        return size

    size = _on_store(_settings(data, database), work)
    if str(file) != "-":
        show.line(f"{size} bytes are in {file}. Keep the secret key with it: without it the credentials stay locked.")


async def _pour(pieces: AsyncIterator[bytes], out: BinaryIO) -> int:
    size = 0
    async for piece in pieces:
        size += await asyncio.to_thread(out.write, piece)
    return size


def read_in(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `export` wrote; - is standard input.")],
    *,
    data: DataOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill an empty database with what `export` wrote, from whichever engine. The secret key must be the same.

    Example: `parlance import parlance.jsonl --database postgresql://parlance@db/parlance`
    """

    async def work(store: "Keeping") -> dict[str, int]:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
            return dict(await store.read_in(_lines(source)))

    counts = _on_store(_settings(data, database), work)
    if as_json:
        show.as_json(counts)
    else:
        show.facts(counts)


async def _lines(source: BinaryIO) -> AsyncIterator[bytes]:
    while lines := await asyncio.to_thread(source.readlines, _READ):
        for line in lines:
            yield line


def rekey(*, data: DataOption = None, database: DatabaseOption = None) -> None:
    """Let another secret key lock the credentials from now on.

    The new key is taken from PARLANCE_NEW_SECRET_KEY; without it, one is made, if the present one is the data folder's.
    Nodes that run go on, and need the new key when they start again.

    Example: `PARLANCE_NEW_SECRET_KEY=$(openssl rand -hex 32) parlance rekey`
    """
    from parlance.folder import DataFolder  # noqa: PLC0415

    settings = _settings(data, database)
    given, own = os.environ.get(NEW_KEY, ""), not settings.secret_key.get_secret_value()
    if given and (len(given) < _LEAST_KEY or not given.isascii() or " " in given or not given.isprintable()):
        raise Failed(f"{NEW_KEY} needs {_LEAST_KEY} ASCII characters or more, without blanks: openssl rand -hex 32")
    if not given and not own:
        raise Failed(f"Give the new key in {NEW_KEY}, and from then on as PARLANCE_SECRET_KEY.")
    folder = DataFolder(settings.data)
    # Written beside the old one first: whatever happens in between, one of the two opens the data.
    key = folder.next_secret_key(given) if own else given

    async def work(store: "Keeping") -> None:
        await store.rekey(key)

    _on_store(settings, work)
    if own:
        folder.turn_secret_key()
        show.line(f"{settings.data / 'secret.key'} holds the new key. Backups of before need the old one.")
    else:
        show.line("The new key opens the data. Give it as PARLANCE_SECRET_KEY from now on.")


def forget(
    customer: Annotated[str, typer.Argument(metavar="NUMBER", help="The customer's number, or another address.")],
    *,
    account: Annotated[str, typer.Option(metavar="NAME", help="Whose customer.")] = "default",
    data: DataOption = None,
    url: UrlOption = None,
) -> None:
    """Remove a customer of an account, and every message exchanged with them. It cannot be undone.

    Example: `parlance forget 972550000222 --account default`
    """
    body = {"account": account, "customer": customer}
    done = Place(data, url).ask("POST", "/customers/forget", body)
    show.line(f"{customer} is forgotten, with {done['messages']} messages.")


# ---- the store alone


def _settings(data: Path | None, database: str | None) -> "Settings":
    from parlance.cli.admin import settings_of  # noqa: PLC0415

    return settings_of(data=data, database=database)


async def _nothing(_store: "Keeping") -> None:
    return None


def _on_store(settings: "Settings", work: Callable[[Any], Awaitable[T]]) -> T:
    """Open the store alone, do the work, close it; raises `Failed`."""
    from parlance.app import kept  # noqa: PLC0415
    from parlance.contract.store import StoreFault  # noqa: PLC0415
    from parlance.folder import FolderFault  # noqa: PLC0415
    from parlance.model.fault import Refusal  # noqa: PLC0415

    async def run() -> T:
        async with kept(settings) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except (StoreFault, FolderFault, Refusal, OSError) as fault:
        raise Failed(str(fault)) from None
