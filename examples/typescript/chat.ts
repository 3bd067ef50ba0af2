// A streamed chat with OpenAI's SDK: only base URL and key differ from asking OpenAI. Run: npm install && npm run chat
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.env.SEAWALL_URL}/v1`, apiKey: process.env.SEAWALL_KEY });
const stream = await client.chat.completions.create({
  model: "chat",
  messages: [{ role: "user", content: "Hello there" }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
console.log();
