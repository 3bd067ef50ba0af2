"""The page that says what the matrix holds."""

from pathlib import Path

from tests.matrix.cells import CELLS
from tests.matrix.features import FEATURES
from tests.matrix.report import document
from tests.matrix.vendors import OF_CALLERS, VENDORS

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"


def test_the_page_is_what_the_data_says() -> None:
    assert PAGE.read_text() == document(), "run `make matrix-report`"


def test_what_differs_is_about_a_feature_that_there_is() -> None:
    names = {feature.name for feature in FEATURES}
    for vendor in VENDORS:
        assert {one.feature for one in vendor.differs} | vendor.faults.keys() | vendor.reasons.keys() <= names
    assert {one.feature for one in OF_CALLERS} <= names


def test_no_two_cells_ask_for_one_model() -> None:
    models = [cell.model(shape) for cell in CELLS for shape in cell.feature.shapes]
    assert len(set(models)) == len(models)
