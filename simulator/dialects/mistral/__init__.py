"""Mistral's wire format."""

from simulator.dialects.mistral.app import MistralApp

__all__ = ["MistralApp"]
