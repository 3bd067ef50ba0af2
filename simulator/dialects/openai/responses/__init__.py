"""OpenAI's responses, plain and streamed."""

from simulator.dialects.openai.responses.app import ResponsesApp

__all__ = ["ResponsesApp"]
