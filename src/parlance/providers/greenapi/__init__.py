"""GREEN-API's WhatsApp API; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.greenapi.carrier import GreenApiCarrier
from parlance.providers.greenapi.dialect import GreenApiDialect

PROVIDER = Provider("greenapi", "GREEN-API", GreenApiDialect(), GreenApiCarrier())
