"""AWS Bedrock's wire format: Converse and ConverseStream, as AWS's documentation and botocore tell it."""

from simulator.dialects.bedrock.app import BedrockApp

__all__ = ["BedrockApp"]
