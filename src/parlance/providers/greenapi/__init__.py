"""GREEN-API's WhatsApp API; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.greenapi.dialect import GreenApiDialect

PROVIDER = Provider("greenapi", "GREEN-API", GreenApiDialect(), None)
