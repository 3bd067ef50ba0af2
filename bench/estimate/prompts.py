"""Prompts to calibrate on and to test with: Seawall's own files, and sentences in many languages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PIECE = 2_000
"""Characters of a file in one prompt."""
PIECES = 3
"""Of one file, at most."""
LONG = 400_000
"""Characters of the longest prompts, of which most is sampled."""
SYSTEM = "You are a careful assistant. Answer in the language in which you are asked."
GROUPS = {
    "German, French, Spanish, Portuguese, Polish, Turkish": [
        *("german", "french", "spanish", "portuguese", "polish", "turkish")
    ],
    "Vietnamese": ["vietnamese"],
    "Russian, Greek": ["russian", "greek"],
    "Arabic, Hebrew": ["arabic", "hebrew"],
    "Hindi, Thai": ["hindi", "thai"],
    "Chinese, Japanese, Korean": ["chinese", "japanese", "korean"],
    "English, short": ["english"],
    "emoji": ["emoji"],
}


@dataclass(frozen=True)
class Prompt:
    """A chat as a caller's SDK writes it. `tested`: of the half that nothing is fitted to."""

    kind: str
    chat: dict[str, Any]
    body: bytes
    tested: bool


def prompts() -> list[Prompt]:
    """All. Of files in the order of their paths, and of each language's texts, every second one is tested."""
    return [
        *_spoken(),
        *_files("English prose", [*ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")], _prose),
        *_files("tables", [*ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")], _tables),
        *_files("Python", [*ROOT.glob("services/gateway/**/*.py"), *ROOT.glob("tests/unit/gateway/*.py")], str),
        *_files(
            "JSON", [*ROOT.glob("bench/**/*.json"), *ROOT.glob("deploy/**/*.json"), ROOT / "docs/openapi.json"], str
        ),
        *_numbers(),
        *_tools(),
        *_long(),
    ]


def _spoken() -> Iterator[Prompt]:
    languages: dict[str, list[str]] = json.loads((Path(__file__).parent / "languages.json").read_text())
    for kind, names in GROUPS.items():
        for name in names:
            for half in (0, 1):
                texts = languages[name][half::2]
                for text in texts:
                    yield from _written(kind, {"messages": [_user(text)]}, tested=bool(half))
                turns = [_user(texts[0]), {"role": "assistant", "content": texts[1]}, _user("?")]
                yield from _written(kind, {"messages": [_system(), *turns]}, tested=bool(half))


def _files(kind: str, paths: list[Path], read: Any) -> Iterator[Prompt]:
    texts = [text for path in sorted(paths) if len(text := read(path.read_text())) > 200]
    for number, text in enumerate(texts):
        for piece in range(min(PIECES, -(-len(text) // PIECE))):
            content = text[piece * PIECE : (piece + 1) * PIECE]
            yield from _written(kind, {"messages": [_system(), _user(content)]}, tested=bool(number % 2))


def _numbers() -> Iterator[Prompt]:
    """Tables of measurements with few and many digits, from one series of numbers."""
    number = 1
    for table in range(40):
        rows = []
        for _ in range(30):
            row = []
            for places in range(2, 8):
                number = number * 48_271 % 2_147_483_647
                row.append(f"{number / 2_147_483_647 * 10 ** (table % 4):.{places}f}")
            rows.append(",".join([str(number), *row]))
        chat = {"messages": [_system(), _user("\n".join(rows))]}
        yield from _written("numbers", chat, tested=bool(table // 4 % 2))


def _tools() -> Iterator[Prompt]:
    schemas = json.loads((ROOT / "docs/openapi.json").read_text())["components"]["schemas"]
    for number, (name, schema) in enumerate(sorted(schemas.items())):
        described = {"name": name, "description": schema.get("description", ""), "parameters": schema}
        if len(json.dumps(schema)) < 4 * PIECE:
            tools = [{"type": "function", "function": described}]
            chat = {"messages": [_system(), _user("What is to be done?")], "tools": tools}
            yield from _written("tools", chat, tested=bool(number % 2))


def _long() -> Iterator[Prompt]:
    for number, pattern in enumerate(
        ("services/providers/**/*.py", "tests/unit/**/*.py", "docs/**/*.md", "services/**/*.md")
    ):
        text = "\n".join(path.read_text() for path in sorted(ROOT.glob(pattern)))
        yield from _written("over 100 KB", {"messages": [_user(text[:LONG])]}, tested=bool(number % 2))


def _written(kind: str, chat: dict[str, Any], *, tested: bool) -> Iterator[Prompt]:
    """As Python's json writes it by default, and as SDKs do; with some options, and with none."""
    asked = {"model": "gpt-5-mini", **chat}
    yield Prompt(kind, chat, json.dumps({**asked, "temperature": 0.2, "stream": True}).encode(), tested)
    yield Prompt(kind, chat, json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode(), tested)


def _prose(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("|"))


def _tables(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _system() -> dict[str, str]:
    return {"role": "system", "content": SYSTEM}
