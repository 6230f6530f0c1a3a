"""The key check: what is encrypted in a database opens with one secret key only."""

from parlance.contract.store import StoreFault
from parlance.store.connection import Connection
from parlance.store.vault import Vault, WrongKey

IMPORTING = "importing"
"""What stands in `meta` while a database is being filled."""


def unlock(con: Connection, place: str, secret_key: str) -> Vault:
    """Open the database's vault, made if there is none; raises `StoreFault`. `place` names the database."""
    if con.execute("SELECT 1 FROM meta WHERE name = ?", (IMPORTING,)).fetchone():
        raise StoreFault(f"An import into {place} was broken off. Make it anew, and import once more.")
    return unwrap(con, place, secret_key)


def unwrap(con: Connection, place: str, secret_key: str) -> Vault:
    """The same, whatever else is the matter with the database."""
    row = con.execute("SELECT value FROM meta WHERE name = 'data_key'").fetchone()
    if row is None:
        vault = Vault.new()
        rewrap(con, vault, secret_key)
        return vault
    try:
        return Vault.unwrap(row[0], secret_key)
    except WrongKey:
        raise StoreFault(
            f"The secret key is not the one {place} was written with. Put the right one back "
            "(PARLANCE_SECRET_KEY, or the key file in the data folder). Should it be lost: routes' credentials, "
            "API keys and signing secrets are lost with it and must be made anew; messages, windows and templates "
            "are not encrypted with it."
        ) from None


def rewrap(con: Connection, vault: Vault, secret_key: str) -> None:
    """Store the vault's data key so that this secret key opens it."""
    con.execute(
        "INSERT INTO meta (name, value) VALUES ('data_key', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (vault.wrap(secret_key),),
    )
