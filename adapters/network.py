"""The way out to a platform: through which proxy, and what a failed connection means."""

from datetime import timedelta
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from bot.domain.errors import BadConfig

NOT_REACHED_WAIT = timedelta(seconds=15)


def proxy_for(url: str) -> str | None:
    """The proxy for this address, of `HTTPS_PROXY` and `HTTP_PROXY` without what `NO_PROXY` names.

    Raises BadConfig for one that is not an HTTP proxy.
    """
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = getproxies().get(parts.scheme, "").strip()
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        name = f"{parts.scheme.upper()}_PROXY"
        raise BadConfig([f"{name} is not the address of an HTTP proxy. Write it as http://HOST:PORT, or unset {name}."])
    return proxy


def why_not_reached(error: BaseException, platform: str) -> str | None:
    """What keeps a connection to the platform from being made, without a full stop; None for any other error.

    Nothing was sent then.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return (
                f"the certificate of {platform} is not trusted on this machine; if your network has a certificate "
                "authority of its own, set SSL_CERT_FILE to its file"
            )
        case aiohttp.ClientHttpProxyError():
            return f"the proxy on the way to {platform} refuses ({error.status}); check HTTPS_PROXY and NO_PROXY"
        case aiohttp.ClientProxyConnectionError():
            return f"the proxy on the way to {platform} cannot be reached; check HTTPS_PROXY and NO_PROXY"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return f"{platform} cannot be reached"
        case _:
            return None
