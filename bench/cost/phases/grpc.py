"""Whole answers by ChatService over gRPC."""

import asyncio
import time

import grpc

from bench.client import PATIENCE, WORDS, Run, saturate
from bench.cost.bench import Bench, Length
from bench.cost.figures import Figures, Spread, beside_nginx
from bench.cost.party import WHOLE
from bench.cost.phases.http import CONNECTIONS
from bench.cost.rounds import costed, in_turn
from seawall.gateway.v1.chat_pb2 import Chat, CompleteRequest, CompleteResponse, Message

CHANNELS = 4
_METHOD = "/seawall.gateway.v1.ChatService/Complete"


async def grpc_callers(bench: Bench, length: Length) -> Figures:
    """64 callers over 4 connections, beside as many of nginx's over HTTP."""
    party, nginx = bench.seawall.party, bench.nginx
    costs = await in_turn(
        length.rounds,
        {
            "seawall": lambda _: costed(party, _saturate(bench.seawall.grpc, party.key, length.seconds)),
            "nginx": lambda _: costed(
                nginx, saturate(nginx.endpoint(WHOLE), connections=CONNECTIONS, seconds=length.seconds / 2)
            ),
        },
    )
    return {
        **beside_nginx(costs["seawall"], costs["nginx"]),
        "per_second": Spread.of(cost.run.rate for cost in costs["seawall"]),
    }


async def _saturate(address: str, key: str, seconds: float) -> Run:
    message = Message(role="user", text="word " * WORDS)
    request = CompleteRequest(chat=Chat(model=WHOLE.model, messages=[message])).SerializeToString()
    metadata = (("authorization", f"Bearer {key}"),)
    run = Run()
    # Channels with the same options would share one connection.
    channels = [
        grpc.aio.insecure_channel(address, options=(("grpc.use_local_subchannel_pool", 1),)) for _ in range(CHANNELS)
    ]
    begin = time.monotonic()

    async def ask_on(ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]) -> None:
        while (since := time.monotonic()) < begin + seconds:
            try:
                answer = await ask(request, metadata=metadata, timeout=PATIENCE)
            except grpc.aio.AioRpcError as error:
                run.count(since, f"{error.code().name} {error.details()}")
            else:
                run.count(since, "" if CompleteResponse.FromString(answer).choices else "an answer without a choice")

    methods: list[grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = [
        channel.unary_unary(_METHOD) for channel in channels
    ]
    await asyncio.gather(*(ask_on(methods[number % CHANNELS]) for number in range(CONNECTIONS)))
    run.seconds = time.monotonic() - begin
    for channel in channels:
        await channel.close()
    return run
