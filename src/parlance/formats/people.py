"""What can be said of a customer from their number: country and our business-scoped user id."""

from hashlib import blake2b

import phonenumbers

from parlance.model.address import Address, AddressKind
from parlance.model.ids import Id


def country(address: Address) -> str:
    """The two-letter country of a phone address, empty when it cannot be told (spec/99digital.md §9.2)."""
    if address.kind is not AddressKind.PHONE:
        return address.value[:2] if address.kind is AddressKind.USER else ""
    try:
        parsed = phonenumbers.parse(f"+{address.value}")
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        # Sample numbers are often not valid ones; the calling code alone still tells most countries.
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region if region and region.isalpha() else ""


def user_id(account_id: Id, address: Address) -> str:
    """A business-scoped user id for someone to whom no carrier gave one: stable per account and person.

    Two letters, a dot and 16 digits, as in spec/99digital.md §9.2.
    """
    digest = blake2b(f"{account_id}:{address.alias}".encode(), digest_size=8, person=b"user id").digest()
    return f"{country(address) or 'ZZ'}.{int.from_bytes(digest, 'big') % 10**16:016d}"
