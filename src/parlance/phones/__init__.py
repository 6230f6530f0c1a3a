"""The simulated WhatsApp network behind the `sandbox` carrier: phones, how they behave, and what they write back."""

from parlance.phones.network import Phones

__all__ = ["Phones"]
