"""Hashes of credentials."""

import hmac
from hashlib import sha256

from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from parlance.store.vault import Vault, _derive

DATA_KEY = Fernet.generate_key()
VAULT = Vault(DATA_KEY)


def _hmac(text: str) -> str:
    return hmac.new(_derive(DATA_KEY, b"parlance hash"), text.encode(), sha256).hexdigest()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_digest_is_an_hmac(dialect: str, secret: str) -> None:
    assert VAULT.digest(dialect, secret) == _hmac(f"{dialect}\0{secret}")


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_callback_token_is_half_of_one(route_id: int) -> None:
    assert VAULT.callback_token(route_id) == _hmac(f"callback\0\0{route_id}")[:32]
