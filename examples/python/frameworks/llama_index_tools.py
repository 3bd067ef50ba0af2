"""A LlamaIndex agent that looks the tide up with a tool: only base URL and key differ from asking OpenAI."""

import asyncio
import os

from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.llms.openai_like import OpenAILike


def tide(harbour: str) -> str:
    """Say when it is high water in a harbour."""
    return f"High water in {harbour} is at noon."


async def main() -> None:
    llm = OpenAILike(
        model="chat",
        api_base=os.environ["SEAWALL_URL"] + "/v1",
        api_key=os.environ["SEAWALL_KEY"],
        is_chat_model=True,
        is_function_calling_model=True,
    )
    run = FunctionAgent(llm=llm, tools=[tide]).run("When is high water in Hamburg?")
    async for event in run.stream_events():
        if isinstance(event, ToolCallResult):
            print(event.tool_name, event.tool_kwargs, "->", event.tool_output.content)
    print(await run)


asyncio.run(main())
