"""A container's health check: exit 0 when the address answers 2xx. Standard library only, started without site packages.

usage: python -I -S health.py http://127.0.0.1:8000/<name>/ready
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4.0
_SUCCESS = range(200, 300)


def main(address: str) -> int:
    """Return 0 when `address` answers with success, 1 otherwise."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException) as error:
        print(f"{address}: {error}")
        return 1
    print(f"{address}: {response.status} {body.decode(errors='replace')}")
    return 0 if response.status in _SUCCESS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
