"""A server of the Open Inference Protocol by the software of Google (grpcio and protobuf of Debian): it gives 2 x + 1.

Arguments: port, folder with open_inference_pb2.py, and for TLS the files of key, certificate and authorities of clients.
What a request holds that the protocol does not know, or that does not fit together, is INVALID_ARGUMENT.
"""
import sys
from concurrent import futures

import grpc
import numpy as np

port, folder, *tls = sys.argv[1:]
sys.path.insert(0, folder)
import open_inference_pb2 as oip  # noqa: E402

TYPES = {"FP32": np.float32, "FP16": np.float16}
# The model `typed` answers with typed contents, `half` takes and gives halves, the others raw FP32.
datatype = lambda model: "FP16" if model == "half" else "FP32"


def server_metadata(request, context):
    return oip.ServerMetadataResponse(name="grpcio", version=grpc.__version__, extensions=["one", "two"])


def model_ready(request, context):
    return oip.ModelReadyResponse(ready=request.version == "3")


def model_metadata(request, context):
    tensor = lambda name: {"name": name, "datatype": datatype(request.name), "shape": [-1, 1, -1, -1]}
    answer = oip.ModelMetadataResponse(name=request.name, versions=["2", "3"], platform="numpy")
    answer.inputs.add(**tensor("x"))
    answer.outputs.add(**tensor("y"))
    answer.outputs.add(**tensor("negative"))
    return answer


def model_infer(request, context):
    def refuse(why):
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, why)

    known = oip.ModelInferRequest()
    known.CopyFrom(request)
    known.DiscardUnknownFields()
    if known.ByteSize() != request.ByteSize():
        refuse("unknown fields")
    if request.model_name == "slow":
        while context.time_remaining() > 0:
            pass
    if request.model_version != "3" or len(request.inputs) != 1 or len(request.raw_input_contents) != 1:
        refuse(f"version {request.model_version}, {len(request.inputs)} inputs")
    (given,) = request.inputs
    if given.name != "x" or given.datatype != datatype(request.model_name) or given.HasField("contents"):
        refuse(f"{given.name} {given.datatype}")
    kind = TYPES[given.datatype]
    x = np.frombuffer(request.raw_input_contents[0], dtype=kind).reshape(list(given.shape))
    y = (2 * x + 1).astype(kind)
    answer = oip.ModelInferResponse(model_name=request.model_name, model_version="3", id=request.id)
    answer.parameters["seconds"].double_param = 0.5
    for name in [one.name for one in request.outputs]:
        values = y if name == "y" else -y
        output = answer.outputs.add(name=name, datatype=given.datatype, shape=list(given.shape))
        if request.model_name == "typed":
            output.contents.fp32_contents.extend(values.ravel().tolist())
        else:
            answer.raw_output_contents.append(values.tobytes())
    return answer


METHODS = {
    "ServerMetadata": (server_metadata, oip.ServerMetadataRequest),
    "ModelReady": (model_ready, oip.ModelReadyRequest),
    "ModelMetadata": (model_metadata, oip.ModelMetadataRequest),
    "ModelInfer": (model_infer, oip.ModelInferRequest),
}


class Authorised(grpc.ServerInterceptor):
    """With TLS every call needs this word."""

    def intercept_service(self, continuation, details):
        if ("authorization", "Bearer site-word") in [tuple(one) for one in details.invocation_metadata]:
            return continuation(details)
        refuse = lambda request, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you")
        return grpc.unary_unary_rpc_method_handler(refuse)


server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=[Authorised()] if tls else [])
handlers = {
    name: grpc.unary_unary_rpc_method_handler(
        act, request_deserializer=request.FromString, response_serializer=lambda answer: answer.SerializeToString()
    )
    for name, (act, request) in METHODS.items()
}
service = grpc.method_handlers_generic_handler("inference.GRPCInferenceService", handlers)
server.add_generic_rpc_handlers((service,))
if tls:
    key, certificate, authorities = (open(name, "rb").read() for name in tls)
    credentials = grpc.ssl_server_credentials([(key, certificate)], authorities, require_client_auth=True)
    server.add_secure_port(f"127.0.0.1:{port}", credentials)
else:
    server.add_insecure_port(f"127.0.0.1:{port}")
server.start()
server.wait_for_termination()
