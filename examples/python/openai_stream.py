"""A streamed chat with OpenAI's SDK, and what Seawall did for it."""

import os

from openai import OpenAI

client = OpenAI(base_url=os.environ["SEAWALL_URL"] + "/v1", api_key=os.environ["SEAWALL_KEY"])
raw = client.chat.completions.with_raw_response.create(
    model="chat", messages=[{"role": "user", "content": "Hello there"}], stream=True
)
print(f"{raw.headers['x-seawall-request-id']} is answered by {raw.headers['x-seawall-target']}:")
for chunk in raw.parse():
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
