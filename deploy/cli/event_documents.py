"""What was published, read from wherever somebody keeps it: an AsyncAPI document, a running city, a folder of stored schemas."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.cli.endings import fail
from deploy.names import SERVICES
from shared.contracts.compatibility import Published
from shared.contracts.published import without_history

TIMEOUT_SECONDS = 30.0
ASYNCAPI = "asyncapi"
SERVICE_DOCUMENT = "/api/asyncapi.json"
_READABLE = "an AsyncAPI 3 document (file or address), the address of a city, or a folder of stored schemas"


def published(where: str) -> dict[str, Published]:
    """Return the events that `where` tells of. Ends the command where it cannot be read."""
    if where.startswith(("http://", "https://")):
        return _of_address(where.rstrip("/"))
    path = Path(where)
    if path.is_dir():
        return _of_folder(path)
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"{where}: {error.strerror}", f"name {_READABLE}")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fail(f"{where} can be read neither as JSON nor as YAML: {str(error).splitlines()[0]}", f"name {_READABLE}")
    return _of_anything(read, where)


def events_of(document: Mapping[str, Any]) -> dict[str, Published]:
    """Return the events of an AsyncAPI document by their type."""
    schemas = document.get("components", {}).get("schemas", {})
    found: dict[str, Published] = {}
    subjects = _subjects(document)
    for key, message in document.get("components", {}).get("messages", {}).items():
        payload = _resolved(document, message.get("payload", {}))
        headers = _headers(document, message)
        found[str(message.get("name", key))] = Published(
            schema={**payload, "$defs": schemas},
            headers={**headers, "$defs": schemas} if headers is not None else None,
            subjects=frozenset(subjects.get(key, ())),
        )
    return found


def _of_anything(read: Any, where: str) -> dict[str, Published]:
    if isinstance(read, dict) and ASYNCAPI in read:
        return events_of(read)
    if isinstance(read, dict) and "$id" in read:
        return {str(read["$id"]): Published(schema=without_history(read))}
    return fail(f"{where} is no AsyncAPI document and no stored schema", f"name {_READABLE}")


def _of_folder(folder: Path) -> dict[str, Published]:
    files = sorted(folder.glob("*.json"))
    if not files:
        fail(f"{folder} holds no *.json", f"name {_READABLE}")
    found: dict[str, Published] = {}
    for path in files:
        found |= published(str(path))
    return found


def _of_address(url: str) -> dict[str, Published]:
    if url.endswith((".json", ".yaml", ".yml")):
        return _of_anything(_fetched(url), url)
    found: dict[str, Published] = {}
    for name in SERVICES:
        found |= _of_anything(_fetched(f"{url}/{name}{SERVICE_DOCUMENT}"), url)
    return found


def _fetched(url: str) -> Any:
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, follow_redirects=True)
        answer.raise_for_status()
        return yaml.safe_load(answer.text)
    except httpx.HTTPError as error:
        return fail(f"{url} does not answer with a document: {error}", "is the city running? `caunoi doctor` looks at every part")
    except yaml.YAMLError:
        return fail(f"{url} answers with something that is neither JSON nor YAML", f"name {_READABLE}")


def _resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `$ref` within the document."""
    while "$ref" in value:
        found: Any = document
        for part in str(value["$ref"]).removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def _headers(document: Mapping[str, Any], message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the headers of a message: its own, else those of its traits."""
    for holder in (message, *(_resolved(document, trait) for trait in message.get("traits", ()))):
        if "headers" in holder:
            return _resolved(document, holder["headers"])
    return None


def _subjects(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return under which subjects each message of the document is said."""
    found: dict[str, list[str]] = {}
    for channel in document.get("channels", {}).values():
        for key in _messages_of(channel):
            found.setdefault(key, []).append(str(channel.get("address")))
    return found


def _messages_of(channel: Mapping[str, Any]) -> Iterator[str]:
    for each in channel.get("messages", {}).values():
        yield str(each.get("$ref", "")).rsplit("/", 1)[-1]


def dumped(document: Mapping[str, Any]) -> str:
    """Return a document as it is written to a file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
