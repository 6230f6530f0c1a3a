"""How columns are spelt, for every engine."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, Text, text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"},
)

# Compared by its bytes, as SQLite does it, whatever language the server thinks in.
_Words = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite keeps a row under its key only when the key's type is spelt INTEGER; it holds 64 bits there too.
_Ident = BigInteger().with_variant(Integer(), "sqlite")


def id_() -> Column[int]:
    """One of our ids, the table's only key."""
    return Column("id", _Ident, primary_key=True, autoincrement=False)


def key(name: str) -> Column[int]:
    """An id or number that is part of the key."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def text_key(name: str) -> Column[str]:
    """A text that is part of the key."""
    return Column(name, _Words, primary_key=True)


def number(name: str) -> Column[int]:
    """An id, a time or a count."""
    return Column(name, BigInteger, nullable=False)


def maybe(name: str) -> Column[int]:
    """An id, a time or a count that may be missing."""
    return Column(name, BigInteger, nullable=True)


def small(name: str) -> Column[int]:
    """A small number, or 0 and 1 for no and yes."""
    return Column(name, SmallInteger, nullable=False)


def later(name: str) -> Column[int]:
    """A small number that tables made before it take as 0."""
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))


def words(name: str) -> Column[str]:
    """A text, empty where there is none."""
    return Column(name, _Words, nullable=False)


def later_words(name: str) -> Column[str]:
    """A text that tables made before it take as empty."""
    return Column(name, _Words, nullable=False, server_default=text("''"))


def maybe_words(name: str) -> Column[str]:
    """A text that may be missing."""
    return Column(name, _Words, nullable=True)


def raw(name: str) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=False)
