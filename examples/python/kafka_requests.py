"""Finished requests as they happen, from Kafka; with a number as argument it ends after so many."""

import asyncio
import json
import os
import sys

from aiokafka import AIOKafkaConsumer


async def main(most: float) -> None:
    consumer = AIOKafkaConsumer(
        "seawall.requests.v1",
        bootstrap_servers=os.environ["SEAWALL_KAFKA_BOOTSTRAP"],
        group_id="spending-report",
        auto_offset_reset="earliest",
    )
    seen = 0
    async with consumer:
        async for record in consumer:
            headers = dict(record.headers)
            request = json.loads(record.value)
            # The same event may come twice: `ce_source` and `ce_id` together say which one it is.
            cost = request.get("cost", {}).get("amount", "?")
            print(headers["ce_id"].decode(), request["project"], request["model"], request["outcome"], cost, flush=True)
            seen += 1
            if seen >= most:
                return


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")))
