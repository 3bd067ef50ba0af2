"""A chat over gRPC, whole and streamed, with the stubs of this distribution."""

import os

import grpc

from seawall.gateway.v1 import chat_pb2, chat_pb2_grpc

chat = chat_pb2.Chat(model="chat", messages=[chat_pb2.Message(role="user", text="Hello there")])
metadata = [("authorization", f"Bearer {os.environ['SEAWALL_KEY']}")]
with grpc.insecure_channel(os.environ["SEAWALL_GRPC"]) as channel:
    seawall = chat_pb2_grpc.ChatServiceStub(channel)
    answer = seawall.Complete(chat_pb2.CompleteRequest(chat=chat), metadata=metadata, timeout=60)
    print(answer.choices[0].message.text)
    print(f"{answer.receipt.request_id}: {answer.receipt.target}, {answer.receipt.cost_usd or '?'} US dollars")
    for piece in seawall.StreamComplete(chat_pb2.StreamCompleteRequest(chat=chat), metadata=metadata, timeout=60):
        print("".join(choice.text for choice in piece.choices), end="", flush=True)
print()
