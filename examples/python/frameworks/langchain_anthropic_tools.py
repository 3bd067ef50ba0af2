"""A LangChain agent that looks the tide up with a tool, over Anthropic's API: only base URL and key differ."""

import os

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic


def tide(harbour: str) -> str:
    """Say when it is high water in a harbour."""
    return f"High water in {harbour} is at noon."


model = ChatAnthropic(model="chat", base_url=os.environ["SEAWALL_URL"], api_key=os.environ["SEAWALL_KEY"])
agent = create_agent(model, tools=[tide])
for message in agent.invoke({"messages": [("user", "When is high water in Hamburg?")]})["messages"]:
    message.pretty_print()
