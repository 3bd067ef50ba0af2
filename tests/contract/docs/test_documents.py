"""What the documents say of the repository is so: links lead somewhere, settings and commands are there."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from chassis import manifest
from chassis.settings import ServiceSettings
from resilience.errors import Reason

ROOT = Path(__file__).parents[3]
FOREIGN = {".git", ".venv", ".tools", ".cache", "node_modules", ".seawall", "build", "dist"}
SERVICES = ("gateway", "providers", "config", "monitor", "alerts")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')
SETTING = re.compile(r"`(?:SEAWALL_)?([A-Z][A-Z0-9_]*)`")
YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(
    r"`((?:bench|chassis|cli|deploy|docs|events|examples|proto|resilience|services|simulator|tests)/[\w./-]*)`"
)
MAKE = re.compile(r"(?:^|`|\s)make ([a-z][a-z0-9-]*)")


def documents() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.md")):
        if not FOREIGN & set(path.relative_to(ROOT).parts):
            yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them of its headings."""
    text = FENCE.sub("", path.read_text())
    headings = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}
    return headings | set(ANCHOR.findall(text))


def problems(path: Path) -> Iterator[str]:
    for link in LINK.findall(FENCE.sub("", path.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        where, _, anchor = unquote(link).partition("#")
        target = (path.parent / where).resolve() if where else path
        if not target.is_relative_to(ROOT) or not target.exists():
            yield f"{link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{link}: {name(target)} has no such heading"


@pytest.mark.parametrize("path", list(documents()), ids=name)
def test_places_in_the_tree_are_there(path: Path) -> None:
    assert [place for place in PLACE.findall(path.read_text()) if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("path", list(documents()), ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    assert list(problems(path)) == []


def listed(readme: Path) -> list[str]:
    """The settings in the table under the heading "Settings", as field names."""
    _, _, section = readme.read_text().partition("\n## Settings\n")
    section, _, _ = section.partition("\n## ")
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return [found.lower() for cell in cells for found in SETTING.findall(cell)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_readme_lists_exactly_its_own_settings(service: str) -> None:
    settings: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    kinds = [kind for kind in settings.__mro__ if issubclass(kind, ServiceSettings) and kind is not ServiceSettings]
    own = {field for kind in kinds for field in kind.__annotations__ if field in settings.model_fields}
    assert sorted(listed(ROOT / "services" / service / "README.md")) == sorted(own)


def test_the_common_settings_are_listed_once_for_all() -> None:
    assert sorted(listed(ROOT / "services" / "README.md")) == sorted(ServiceSettings.model_fields)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    assert f'<a id="{reason.value}"></a>`{reason.value}`' in (ROOT / "docs" / "errors.md").read_text()


def test_every_make_target_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {(name(path), target) for path in documents() for target in MAKE.findall(code(path.read_text()))}
    assert {(path, target) for path, target in named if target not in targets} == set()
    assert ("README.md", "run") in named


def code(text: str) -> str:
    """The parts of a document that are code: fenced blocks and what stands between backticks."""
    return "\n".join([*FENCE.findall(text), *(f"`{part}`" for part in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))])


def manifests() -> list[tuple[str, str]]:
    found = [(name(path), text) for path in documents() for text in YAML.findall(path.read_text())]
    return [(where, text) for where, text in found if text.startswith("organization:")]


@pytest.mark.parametrize(("where", "text"), manifests())
def test_a_manifest_in_a_document_is_one(where: str, text: str) -> None:
    assert manifest.parse(text).organization


def test_the_example_of_a_manifest_is_one() -> None:
    assert manifest.parse((ROOT / "examples" / "seawall.yaml").read_text()).organization


def test_every_decision_is_in_the_index() -> None:
    directory = ROOT / "docs" / "adr"
    records = {path.name for path in directory.glob("[0-9]*.md")}
    assert records == set(re.findall(r"\((\d{4}-[^)]+\.md)\)", (directory / "README.md").read_text()))


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    words = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][2:]
    assert words == sorted(set(words))
