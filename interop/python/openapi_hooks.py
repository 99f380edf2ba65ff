"""What the node promises besides its OpenAPI document: refusals have the form of the gRPC gateway, and nothing breaks inside."""

import schemathesis

# HTTP's number for a gRPC code, as the gateway of the SDK maps them.
HTTP = {1: 408, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401}
# The SDK calls an address that cannot be read an internal error here.
INTERNAL = ("/redelegations",)


@schemathesis.check
def refusals_have_the_form_of_the_gateway(ctx, response, case):
    if response.status_code == 200:
        return
    body = response.json()
    assert set(body) == {"code", "message", "details"}, f"members {sorted(body)}"
    assert isinstance(body["message"], str) and isinstance(body["details"], list), body
    assert HTTP.get(body["code"]) == response.status_code, f"code {body['code']} with status {response.status_code}"
    if body["code"] == 13:
        assert case.operation.path.endswith(INTERNAL), f"internal error: {body['message']}"


@schemathesis.check
def answers_tell_their_height(ctx, response, case):
    if response.status_code == 200 and case.method != "OPTIONS":
        assert int(response.headers["x-cosmos-block-height"][0]) >= 1
