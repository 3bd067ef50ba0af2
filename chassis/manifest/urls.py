"""What the URL of a vendor, or of a proxy on the way to one, may be."""

from chassis.addresses import never_called
from chassis.http_url import HttpUrl

MAX_URL = 2048


def check_url(text: str) -> str:
    """`text`, if it is an http or https URL without credentials, query and fragment. Raises ValueError.

    A host that is an address is told at once where it may never be called; what else may not be, and what names lead
    to, is for who calls it to say.
    """
    if len(text) > MAX_URL:
        raise ValueError(f"must be at most {MAX_URL} characters")
    url = HttpUrl.read(text)
    if "@" in text.removesuffix(url.rest):
        raise ValueError("must not hold credentials; they are given by references")
    if "?" in url.rest or "#" in url.rest:
        raise ValueError("must have no query and no fragment")
    if url.address is not None and (what := never_called(url.address)):
        raise ValueError(f"is {what}, which nothing calls")
    return text
