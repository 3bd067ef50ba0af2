"""What prompts really count: by tokenizers that come in wheels, LiteLLM's files read by tiktoken and tokenizers."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Count = Callable[[str], int]
"""How many tokens a text has."""


@dataclass(frozen=True)
class Tokenizer:
    """One vendor's, and how its chats are written around their texts."""

    name: str
    count: Count
    before: Mapping[str, str]
    """What is written before a turn, by its role."""
    turn: int = 0
    """Further tokens for each turn, and for the answer's beginning."""

    def prompt(self, chat: Mapping[str, Any]) -> int:
        """A chat's tokens; tools count as their compact JSON, for no vendor says how it writes them."""
        turns = sum(self.turn + self.count(self.before[one["role"]] + one["content"]) for one in chat["messages"])
        tools = [self.count(json.dumps(tool, separators=(",", ":"))) for tool in chat.get("tools", ())]
        return turns + sum(tools) + self.turn + self.count(self.before["assistant"]) * (not self.turn)


def tokenizers() -> dict[str, Tokenizer]:
    """By the names of families of models.

    OpenAI's chats count as in github.com/openai/openai-cookbook `How_to_count_tokens_with_tiktoken`: three tokens and
    the role for each turn, three for the answer. Anthropic's are written as its text completions were, with the one
    tokenizer that it ever published, of Claude 2 and older.
    """
    files = _files()
    os.environ["TIKTOKEN_CACHE_DIR"] = str(files)
    # Only now, for it reads where its files are; by name, for not every environment that this is checked in has them.
    tiktoken: Any = import_module("tiktoken")
    claude: Any = import_module("tokenizers").Tokenizer.from_file(str(files / "anthropic_tokenizer.json"))
    roles = {"system": "system", "user": "user", "assistant": "assistant"}
    spoken = {"system": "", "user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}

    def by(encoding: Any) -> Count:
        return lambda text: len(encoding.encode(text, disallowed_special=()))

    return {
        "o200k": Tokenizer("o200k_base", by(tiktoken.get_encoding("o200k_base")), roles, 3),
        "cl100k": Tokenizer("cl100k_base", by(tiktoken.get_encoding("cl100k_base")), roles, 3),
        "claude": Tokenizer("anthropic_tokenizer", lambda text: len(claude.encode(text).ids), spoken),
    }


def _files() -> Path:
    """Where LiteLLM keeps them, found without importing it."""
    found = find_spec("litellm")
    if found is None or found.origin is None:
        raise SystemExit("run this with the interpreter that `make setup-test` makes: .cache/frameworks/bin/python")
    return Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
