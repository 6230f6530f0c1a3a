"""How contents read on a screen."""

import pytest

from parlance.formats.sandbox import text_of, type_of, words_of
from parlance.model.contact import ContactCard, Phone
from parlance.model.message import (
    Choice,
    Component,
    Contacts,
    Content,
    Location,
    Media,
    Parameter,
    Reaction,
    Template,
    Text,
    Unknown,
)
from parlance.model.sender import TemplateRecord

RECORDS = [
    TemplateRecord(1, 5, "greeting", "en", "UTILITY", "approved", "Hello {{1}}"),
    TemplateRecord(2, 5, "greeting", "he", "UTILITY", "approved", "שלום {{1}}"),
]
DANA = (Component("header", (Parameter("text", "no"),)), Component("body", (Parameter("text", "Dana"),)))
CARD = ContactCard("Dana Levi", phones=(Phone("+972 50"), Phone("+972 51")))


@pytest.mark.parametrize(
    ("content", "kind", "text", "words"),
    [
        (Text("hi"), "text", "hi", "hi"),
        (Contacts((CARD,)), "contacts", None, "Dana Levi\n+972 50\n+972 51"),
        (Template("greeting", "he", DANA), "template", "שלום Dana", "שלום Dana"),
        (Template("greeting", None, DANA), "template", "Hello Dana", "Hello Dana"),
        (Template("greeting", "fr", DANA), "template", "greeting", "greeting"),
        (Media("image", caption="see"), "image", "see", "see"),
        (Media("image"), "image", None, ""),
        (Choice("button", "y", "Yes"), "button", "Yes", "Yes"),
        (Reaction(1, "👍"), "reaction", "👍", "👍"),
        (Location("1", "2"), "location", None, ""),
        (Unknown("poll"), "poll", None, ""),
    ],
)
def test_a_content_reads(content: Content, kind: str, text: str | None, words: str) -> None:
    assert type_of(content) == kind
    assert text_of(content, RECORDS) == text
    assert words_of(content, RECORDS) == words
