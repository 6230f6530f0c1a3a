"""Values of the model for property tests."""

from hypothesis import strategies as st

from parlance.model.contact import ContactCard, Email, Organisation, Phone, PostalAddress, Url
from parlance.model.message import Contacts, Text

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
MAYBE = st.none() | WORDS
DIGITS = st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True)

CARDS = st.builds(
    ContactCard,
    formatted=WORDS,
    first=MAYBE,
    middle=MAYBE,
    last=MAYBE,
    prefix=MAYBE,
    suffix=MAYBE,
    phones=st.lists(st.builds(Phone, phone=WORDS, type=MAYBE, wa_id=st.none() | DIGITS), max_size=3).map(tuple),
    emails=st.lists(st.builds(Email, email=WORDS, type=MAYBE), max_size=2).map(tuple),
    addresses=st.lists(st.builds(PostalAddress, street=MAYBE, city=MAYBE, country=MAYBE), max_size=2).map(tuple),
    organisation=st.none() | st.builds(Organisation, company=MAYBE, department=MAYBE, title=MAYBE),
    urls=st.lists(st.builds(Url, url=WORDS, type=MAYBE), max_size=2).map(tuple),
    birthday=st.none() | st.dates().map(str),
)
TEXTS = st.builds(Text, body=WORDS)
CONTENTS = TEXTS | st.builds(Contacts, cards=st.lists(CARDS, min_size=1, max_size=3).map(tuple))
