"""Cohere's wire format: the Chat API of version 2, as docs.cohere.com and its SDK tell it."""

from simulator.dialects.cohere.app import CohereApp

__all__ = ["CohereApp"]
