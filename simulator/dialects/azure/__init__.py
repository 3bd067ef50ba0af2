"""Azure OpenAI's wire format: OpenAI's, behind Azure's addresses, keys and errors."""

from simulator.dialects.azure.app import AzureApp

__all__ = ["AzureApp"]
