"""OpenAI's chat completions, as OpenAI and those compatible with it speak them."""
