"""A gRPC client that knows no .proto file: it lists services and calls methods by server reflection."""

import base64
import json

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from report import GRPC, call, holds, refused, same

channel = grpc.insecure_channel(GRPC)
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)
services = []


def listed():
    services.extend(database.get_services())
    for name in ["cosmos.bank.v1beta1.Query", "cosmos.tx.v1beta1.Service", "alliance.alliance.Query", "cosmos.gov.v1.Query", "grpc.reflection.v1alpha.ServerReflection"]:
        holds(name in services, f"{name} is not listed")
    return f"{len(services)} services"


def described():
    methods = 0
    for name in services:
        if not name.startswith("grpc."):
            methods += len(pool.FindServiceByName(name).methods)
    return f"{methods} methods"


def ask(path, request=None, height=None):
    service, method = path.rsplit("/", 1)
    descriptor = pool.FindServiceByName(service).FindMethodByName(method)
    kind = message_factory.GetMessageClass(descriptor.input_type)
    answer_kind = message_factory.GetMessageClass(descriptor.output_type)
    stub = channel.unary_unary(f"/{path}", request_serializer=kind.SerializeToString, response_deserializer=answer_kind.FromString)
    message = json_format.ParseDict(request or {}, kind(), descriptor_pool=pool)
    metadata = [] if height is None else [("x-cosmos-block-height", str(height))]
    answer, detail = stub.with_call(message, metadata=metadata, timeout=20)
    told = dict(detail.initial_metadata()).get("x-cosmos-block-height")
    return json.loads(json_format.MessageToJson(answer, preserving_proto_field_name=True, descriptor_pool=pool)), told


def every_empty_request():
    """Each method answers its empty request or refuses it; none is missing and none breaks."""
    answered, refusals = 0, 0
    for name in sorted(services):
        if name.startswith("grpc."):
            continue
        for method in pool.FindServiceByName(name).methods:
            try:
                ask(f"{name}/{method.name}")
                answered += 1
            except grpc.RpcError as error:
                code = error.code()
                holds(method.name in INTERNAL or code not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), f"{name}/{method.name}: {code} {error.details()}")
                holds(code != grpc.StatusCode.UNIMPLEMENTED or method.name in NOT_OFFERED, f"{name}/{method.name} is listed but not implemented: {error.details()}")
                refusals += 1
    return f"{answered} answered, {refusals} refused"


# The SDK calls an address that cannot be read an internal error here.
INTERNAL = {"Redelegations"}
# Amino transcoding on the server, which wallets do themselves; and what the SDK has long moved to IBC.
NOT_OFFERED = {"TxEncodeAmino", "TxDecodeAmino", "UpgradedConsensusState"}


def height_is_told():
    answer, told = ask("cosmos.bank.v1beta1.Query/TotalSupply", {"pagination": {"limit": "1"}})
    holds(told is not None and int(told) >= 1, f"height {told}")
    same(len(answer["supply"]), 1, "one coin")
    old, at = ask("cosmos.bank.v1beta1.Query/TotalSupply", {}, height=1)
    same(at, "1", "the height that was asked for")
    return f"at {told}, and at 1 there were {len(old['supply'])} coins"


call("list services", listed)
call("descriptors of all services", described)
call("every method answers an empty request", every_empty_request)
call("x-cosmos-block-height goes in and comes out", height_is_told)
call("a height that is not there is refused", lambda: refused(lambda: ask("cosmos.bank.v1beta1.Query/Params", height=99_999_999), "INVALID_ARGUMENT"))
nobody = ask("cosmos.auth.v1beta1.Query/AddressBytesToString", {"address_bytes": base64.b64encode(b"\x09" * 20).decode()})[0]["address_string"]
call("nobody's account is not found", lambda: refused(lambda: ask("cosmos.auth.v1beta1.Query/Account", {"address": nobody}), "StatusCode.NOT_FOUND"))
