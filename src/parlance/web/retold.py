"""A parser that was begun anew in the middle of a request speaks to its connection."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Retold:
    """Hears for a connection what a new parser says, but for the head it was given to begin with."""

    def __init__(self, to: HttpToolsProtocol) -> None:
        self._to = to
        self._known = False
        self.on_body = to.on_body
        self.on_message_complete = to.on_message_complete

    def on_message_begin(self) -> None:
        """A head begins."""
        if self._known:
            self._to.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of an address."""
        if self._known:
            self._to.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field."""
        if self._known:
            self._to.on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is whole."""
        if self._known:
            self._to.on_headers_complete()
        self._known = True
