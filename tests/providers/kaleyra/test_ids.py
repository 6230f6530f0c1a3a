"""Ids of what was sent, in the form that looks like WhatsApp's own."""

import re

from hypothesis import given
from hypothesis import strategies as st

from parlance.model.ids import to_text
from parlance.providers.kaleyra import ids

IDS = st.integers(0, (1 << 63) - 1)


@given(value=IDS)
def test_an_id_is_read_back_from_every_form(value: int) -> None:
    for form in ids.FORMS:
        assert ids.read_id(ids.write_sent(value, form)) == value


@given(value=IDS)
def test_whatsapps_form_is_wamid_and_24_bytes(value: int) -> None:
    shown = ids.write_sent(value, ids.WHATSAPPS)
    assert re.fullmatch(r"wamid\.[0-9A-Za-z_-]{32}", shown)
    assert shown != ids.write_id(value, incoming=True)


@given(value=IDS)
def test_no_form_named_is_the_pages(value: int) -> None:
    assert ids.write_sent(value, "") == ids.write_sent(value, ids.OPAQUE) == ids.write_id(value, incoming=False)


@given(value=IDS, place=st.integers(6, 37), letter=st.sampled_from("AZaz09_-"))
def test_only_what_could_have_been_written_is_read(value: int, place: int, letter: str) -> None:
    shown = ids.write_sent(value, ids.WHATSAPPS)
    strange = shown[:place] + letter + shown[place + 1 :]
    for each in (strange, shown[:-1], shown + "A", shown.upper()):
        found = ids.read_id(each)
        assert found is None or each in {ids.write_sent(found, ids.WHATSAPPS), to_text(found)}
