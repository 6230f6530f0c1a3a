"""One OpenAPI 3.1 document for every dialect, the admin API and the sandbox, made of the code itself."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from starlette.routing import Route

from parlance import __version__
from parlance.contract.provider import Dialect
from parlance.web.openapi_dialects import PARAMETERS, Served
from parlance.web.openapi_ours import SCHEME, TAGS, Ours, refusals

Json: TypeAlias = dict[str, Any]

_ABOUT = """A WhatsApp gateway that serves several vendors' APIs at their own paths, beside its own admin API.

Examples of the vendors' APIs are recorded exchanges; credentials in them are made up."""

_TEXT: Json = {"type": "string"}
_HEADERS: Mapping[str, Json] = {
    "Parlance-Request-Id": {"description": "The request's id, as the log has it.", "schema": _TEXT},
    "Parlance-Message-Id": {"description": "The canonical id of the message that was accepted.", "schema": _TEXT},
    "Parlance-Dropped": {"description": "What of the message will not arrive, with commas between.", "schema": _TEXT},
}


def document(dialects: Mapping[str, Dialect], routes: Sequence[Route]) -> Json:
    """Make the document of these dialects and of our own `routes`.

    Raises `LookupError` for a route whose handler does not say what it takes and gives, and `ValueError` where two
    operations have one address.
    """
    ours = Ours(routes, dialects)
    served = [Served(name, dialect) for name, dialect in sorted(dialects.items())]
    paths: dict[str, Json] = {}
    for path, verb, operation in [*(each for one in served for each in one.operations()), *ours.operations()]:
        if verb in paths.setdefault(path, {}):
            raise ValueError(f"{verb} {path} is in the document twice")
        paths[path][verb] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parlance",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [*(one.tag for one in served), *({"name": name, "description": text} for name, text in TAGS.items())],
        "paths": paths,
        "components": {
            "schemas": ours.schemas,
            "responses": refusals(routes),
            "parameters": dict(PARAMETERS),
            "headers": dict(_HEADERS),
            "securitySchemes": {
                SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token in `admin-token` of the data folder.",
                },
                **{name: scheme for one in served for name, scheme in one.schemes.items()},
            },
        },
    }
