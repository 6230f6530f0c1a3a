"""Messages that a carrier takes in parts: it carries fewer contact cards at a time than there are."""

from dataclasses import replace

from parlance.model.message import Contacts, Content, Message


def count(content: Content, cards: int) -> int:
    """In how many parts a carrier that takes `cards` cards at a time (0: any number) is given this."""
    if not cards or not isinstance(content, Contacts):
        return 1
    return max(1, -(-len(content.cards) // cards))


def cut(message: Message, cards: int, part: int) -> Message:
    """One part of a message; the whole of it where it goes in one. Only the first part quotes."""
    parts = count(message.content, cards)
    if parts == 1 or not isinstance(message.content, Contacts):
        return message
    content = Contacts(message.content.cards[part * cards : (part + 1) * cards])
    quoting = message if part == 0 else replace(message, quote=None, quote_external="")
    return replace(quoting, content=content, part=part, parts=parts)
