"""What translating changes is what the table lists, and nothing else."""

from pathlib import Path

import pytest

from services.providers.adapters.vendors import known_vendors
from tests.unit.providers.known import NOW
from tests.unit.providers.translation.pairs import VENDORS
from tests.unit.providers.translation.said import SAID
from tests.unit.providers.translation.table import Change, document, listed, observed

PAGE = Path(__file__).parents[4] / "docs" / "translation.md"
LISTED = listed()


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("said", SAID)
def test_a_conversation_comes_back_as_it_went_or_as_the_table_says(said: str, vendor: str) -> None:
    expected, why = LISTED.get((said, vendor), (Change(), "nothing changes"))
    assert observed(said, vendor) == expected
    assert why


def test_every_line_is_about_what_there_is() -> None:
    assert {said for said, _ in LISTED} <= SAID.keys()
    assert VENDORS.keys() <= known_vendors(max_event=1, now=lambda: NOW).keys()


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text() == document(), "run `make translation-report`"
