"""OpenAI's Responses API, as its callers and OpenAI itself speak it."""
