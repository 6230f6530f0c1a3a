"""Every door of the store, whichever engine is behind it."""

from parlance.store.accept import Accepting
from parlance.store.billing import Billing
from parlance.store.clocks import Clocks
from parlance.store.dispatching import Dispatching
from parlance.store.enquiries import Enquiring
from parlance.store.forgetting import Forgetting
from parlance.store.hearing import Hearing
from parlance.store.keys import Keys
from parlance.store.moving import Moving
from parlance.store.operating import Operating
from parlance.store.phones import Phones
from parlance.store.senders import Senders
from parlance.store.settling import Settling
from parlance.store.subscriptions import Subscriptions
from parlance.store.sweeping import Sweeping
from parlance.store.telling import Telling
from parlance.store.templates import Templates
from parlance.store.views import Viewing


class Doors(
    Accepting,
    Dispatching,
    Settling,
    Hearing,
    Telling,
    Clocks,
    Sweeping,
    Forgetting,
    Moving,
    Senders,
    Keys,
    Subscriptions,
    Templates,
    Viewing,
    Enquiring,
    Phones,
    Operating,
    Billing,
):
    """A `Store` and a `PhoneBook`, but for how it is opened."""
