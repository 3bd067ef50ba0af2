"""AWS's signature of a request (SigV4), by botocore's signer, which is not asked for the time, but given it.

Source: docs.aws.amazon.com, IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

from datetime import datetime

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest

from services.providers.adapters.bedrock.auth import AccessKey
from services.providers.application.ports import CONTENT_TYPE, Headers

SERVICE = "bedrock"
"""What is signed for; the endpoint's name is another."""

_SIGNED = "content-type;host;x-amz-date"
_SIGNED_WITH_TOKEN = f"{_SIGNED};x-amz-security-token"


def signed(key: AccessKey, region: str, url: str, body: bytes, now: datetime) -> Headers:
    """What signs the POST of `body` to `url` for `region`, and all that is beside it."""
    signer = SigV4Auth(key, SERVICE, region)
    timestamp = now.strftime(SIGV4_TIMESTAMP)
    headers: Headers = (("x-amz-date", timestamp),)
    if key.token:
        headers += (("x-amz-security-token", key.token),)
    request = AWSRequest("POST", url, dict((CONTENT_TYPE, *headers)), body)
    request.context["timestamp"] = timestamp
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    names = _SIGNED_WITH_TOKEN if key.token else _SIGNED
    said = f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    return (*headers, ("authorization", said))
