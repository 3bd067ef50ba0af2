"""Sends a request to a vendor, with one of the provider's credentials."""

from resilience.errors import Reason
from services.providers.application.ports import (
    CONTENT_TYPE,
    Dialect,
    Headers,
    VendorRequest,
    VendorResponse,
)
from services.providers.application.providers_in_use import ProviderInUse
from services.providers.application.tokens import TokenSource
from services.providers.domain.credential import PERIODS, Credential, PooledCredential
from services.providers.domain.failure import VendorFailure

MAX_ERROR_BYTES = 64 * 1024
"""What is read of an error's body."""

_UNAUTHORIZED = 401
_OK = 200
_MULTIPLE_CHOICES = 300


class SendRequest:
    """Posts and waits for the headers of an answer. `agent`: the User-Agent that vendors see."""

    def __init__(self, *, agent: str) -> None:
        self._headers: Headers = (CONTENT_TYPE, ("user-agent", agent))

    async def __call__(
        self, provider: ProviderInUse, dialect: Dialect, request: VendorRequest, traceparent: str
    ) -> VendorResponse:
        """The response, whose status is a success; whoever gets it must release or abandon it.

        A credential that the vendor refuses, or that is over its limit, is followed by the pool's next one at once.
        Raises VendorFailure.
        """
        if provider.keyless:
            return await self._try(provider, dialect, request, traceparent, None)
        use = provider.keys.take()
        tried: tuple[PooledCredential, ...] = ()
        while True:
            key = use.key
            try:
                response = await self._try(provider, dialect, request, traceparent, key.credential)
            except VendorFailure as failure:
                key.failed(use, failure)
                if failure.reason not in PERIODS:
                    raise
                tried += (key,)
                another = provider.keys.another(tried, failure.reason)
                if another is None:
                    raise
                use = another
            except BaseException:
                key.let_go(use)
                raise
            else:
                key.accepted(use)
                return response

    async def _try(
        self,
        provider: ProviderInUse,
        dialect: Dialect,
        request: VendorRequest,
        traceparent: str,
        credential: Credential | None,
    ) -> VendorResponse:
        source = provider.tokens.get(credential) if credential is not None else None
        if source is None:
            secret, url = credential.secret if credential is not None else None, provider.url + request.path
            shown = dialect.authenticate(secret, url, request.body)
            return await self._post(provider, dialect, request, traceparent, shown)
        token = await _token(provider, source)
        try:
            return await self._post(provider, dialect, request, traceparent, _bearer(token))
        except VendorFailure as failure:
            if failure.status != _UNAUTHORIZED:
                raise
        # It may have been withdrawn before its time, which says nothing of the credential yet.
        source.refused(token)
        return await self._post(provider, dialect, request, traceparent, _bearer(await _token(provider, source)))

    async def _post(
        self, provider: ProviderInUse, dialect: Dialect, request: VendorRequest, traceparent: str, shown: Headers
    ) -> VendorResponse:
        url, headers = provider.url + request.path, self._headers + shown + request.headers
        if traceparent:
            headers += (("traceparent", traceparent),)
        if provider.way.headers:
            headers += _beside(headers, provider.way.headers)
        try:
            response = await provider.way.http.post(url, headers, request.body)
        except VendorFailure as failure:
            if failure.reason is Reason.VENDOR_UNREACHABLE:
                provider.reachability.failed(failure)
            raise
        if provider.reachability.lost:
            provider.reachability.succeeded()
        if _OK <= response.status < _MULTIPLE_CHOICES:
            return response
        try:
            body = await response.read_some(MAX_ERROR_BYTES)
        finally:
            await response.abandon()
        wait = response.retry_after()
        raise VendorFailure(
            dialect.reason(response.status, body, response.header),
            status=response.status,
            body=body,
            retry_after=wait if wait is not None else dialect.retry_after(body),
        )


async def _token(provider: ProviderInUse, source: TokenSource) -> str:
    try:
        return await source.token()
    except VendorFailure as failure:
        if failure.reason is Reason.VENDOR_UNREACHABLE:
            provider.reachability.failed(failure)
        raise


def _beside(own: Headers, more: Headers) -> Headers:
    """Those of `more` that are none of the call's `own`: what authenticates it, above all, is not to be replaced."""
    names = {name.lower() for name, _ in own}
    return tuple(header for header in more if header[0] not in names)


def _bearer(token: str) -> Headers:
    return (("authorization", f"Bearer {token}"),)
