"""Azure OpenAI: OpenAI's wire format at addresses, and with credentials, of Azure's own."""
