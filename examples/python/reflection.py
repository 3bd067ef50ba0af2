"""A chat over gRPC by somebody who has neither stubs nor proto files: the server tells its API by reflection."""

import os

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

with grpc.insecure_channel(os.environ["SEAWALL_GRPC"]) as channel:
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindServiceByName("seawall.gateway.v1.ChatService").methods_by_name["Complete"]
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    call = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    question = request(chat={"model": "chat", "messages": [{"role": "user", "text": "Hello there"}]})
    answer = call(question, metadata=[("authorization", f"Bearer {os.environ['SEAWALL_KEY']}")], timeout=60)
print(answer.choices[0].message.text)
