"""Google's generateContent and what is beside it, as the Gemini API and as Vertex AI offer them."""

from simulator.dialects.gemini.app import GeminiApp

__all__ = ["GeminiApp"]
