"""Applications' frameworks complete a conversation with a tool, with only base URL and key changed, as examples do."""

import pytest

from simulator import Behaviour
from tests.e2e.system import System
from tests.e2e.test_examples import EXAMPLES, run
from tests.stack.frameworks import PYTHON

START = 300.0
"""Seconds that a program may take, most of which it imports."""
FRAMEWORKS = [
    "langchain_openai_tools.py",
    "langchain_anthropic_tools.py",
    "llama_index_tools.py",
    "litellm_tools.py openai",
    "litellm_tools.py anthropic",
]


@pytest.mark.parametrize("program", FRAMEWORKS)
async def test_a_framework_calls_a_tool_and_hears_its_result(
    system: System, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    alpha = system.simulator.vendor("alpha")
    alpha.set(None, Behaviour(answer="tool_call", answer_tokens=8))
    name, *arguments = program.split()
    path = EXAMPLES / "python" / "frameworks" / name
    said = await run(system, str(PYTHON), str(path), *arguments, within=START)
    asked = "alpha/small heard: When is high water in Hamburg?"
    assert f"High water in {asked} is at noon." in said
    assert said.rstrip().endswith("alpha/small heard: High water in alpha/small heard: When")
    assert [call.outcome for call in alpha.calls[-2:]] == ["completed", "completed"]
