"""A chat with OpenAI's SDK: only base URL and key differ from asking OpenAI."""

import os

from openai import OpenAI

client = OpenAI(base_url=os.environ["SEAWALL_URL"] + "/v1", api_key=os.environ["SEAWALL_KEY"])
answer = client.chat.completions.create(model="chat", messages=[{"role": "user", "content": "Hello there"}])
print(answer.choices[0].message.content)
