"""The console's own files: styles, scripts, pictures. They come from the package and from nowhere else."""

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = files("parlance.console") / "static"
_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


@cache
def parts() -> dict[str, bytes]:
    """Every file by its path below `static`."""
    return dict(_walk(_FOLDER, ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        path = f"{prefix}{each.name}"
        if each.is_dir():
            found += _walk(each, f"{path}/")
        elif path.rpartition(".")[2] in _MEDIA:
            found.append((path, each.read_bytes()))
    return found


@cache
def edition() -> str:
    """A name for all the files as they are: part of their addresses, so that browsers may keep them for ever."""
    whole = blake2b(digest_size=6)
    for path, data in parts().items():
        whole.update(f"{path}:{len(data)}:".encode() + data)
    return whole.hexdigest()


def address(path: str) -> str:
    """Where a file is served."""
    return f"/console/static/{edition()}/{path}"


async def serve(request: Request) -> Response:
    """Answer with one file."""
    path = request.path_params["path"]
    data = parts().get(path)
    if data is None:
        raise HTTPException(404)
    headers = _FOR_EVER if request.path_params["edition"] == edition() else None
    return Response(data, media_type=_MEDIA[path.rpartition(".")[2]], headers=headers)
