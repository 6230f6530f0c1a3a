"""The contact card: the union of what every provider can say of a person."""

from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class Phone:
    """One number of a contact, as it was given.

    `wa_id` is its WhatsApp user id (digits) when it is known to have one.
    """

    phone: str
    type: str | None = None
    wa_id: str | None = None


@dataclass(frozen=True, slots=True)
class Email:
    """One e-mail address with its free-text label."""

    email: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """One postal address; every part is optional."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """Where the contact works."""

    company: str | None = None
    department: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Url:
    """One web address with its free-text label."""

    url: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ContactCard:
    """One contact of a contacts message. `birthday` is `YYYY-MM-DD`."""

    formatted: str
    first: str | None = None
    middle: str | None = None
    last: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    organisation: Organisation | None = None
    urls: tuple[Url, ...] = ()
    birthday: str | None = None
