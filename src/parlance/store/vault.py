"""Secrets at rest.

A random data key does the work; the operator's secret key only wraps it. So a change of the secret key rewrites one
row, and a wrong one is noticed at once.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_BLOCK = 64
"""The block of SHA-256, in bytes."""


class WrongKey(Exception):
    """The secret key is not the one the data was written with."""


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key)


def _wrapper(secret_key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(_derive(secret_key.encode(), b"parlance wrap")))


class Vault:
    """Seals and opens texts, and hashes what never needs to be read again."""

    def __init__(self, data_key: bytes) -> None:
        """`data_key` is what `new_data_key` made."""
        self._data_key = data_key
        self._fernet = Fernet(urlsafe_b64encode(_derive(data_key, b"parlance seal")))
        hash_key = _derive(data_key, b"parlance hash").ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(each ^ 0x36 for each in hash_key))
        self._outer = sha256(bytes(each ^ 0x5C for each in hash_key))

    @staticmethod
    def new() -> "Vault":
        """A vault with a data key of its own."""
        return Vault(Fernet.generate_key())

    @staticmethod
    def unwrap(wrapped: str, secret_key: str) -> "Vault":
        """Open the vault whose wrapped data key this is; raises `WrongKey`."""
        try:
            return Vault(_wrapper(secret_key).decrypt(wrapped.encode()))
        except InvalidToken:
            raise WrongKey from None

    def wrap(self, secret_key: str) -> str:
        """The data key, to be stored; only this secret key opens it."""
        return _wrapper(secret_key).encrypt(self._data_key).decode()

    def seal(self, text: str) -> str:
        """Encrypt a text; an empty one stays empty."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """Give back what `seal` was given."""
        return self._fernet.decrypt(sealed.encode()).decode() if sealed else ""

    def digest(self, dialect: str, secret: str) -> str:
        """The keyed hash under which a credential is stored."""
        return self._hmac(f"{dialect}\0{secret}")

    def callback_token(self, route_id: int) -> str:
        """The unguessable part of a route's callback address: 32 hex digits."""
        return self._hmac(f"callback\0\0{route_id}")[:32]

    def _hmac(self, text: str) -> str:
        """HMAC-SHA256 with both halves of the key prepared.

        `hmac.digest` lets go of the interpreter's lock each time, and beside a busy writer thread waits long to have it
        back: 150 µs instead of 2 for each request.
        """
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()
