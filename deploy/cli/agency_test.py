"""What `caunoi agency test` tries with an agency's credentials, and what nats-server must say to it."""

from collections.abc import AsyncIterator
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DeliverPolicy

from shared.messaging.accounts.layout import AGENCY_STREAM

CONNECT_SECONDS_MAX = 5
ANSWER_SECONDS_MAX = 5.0
REFUSAL_SECONDS = 0.5
THROWN_AWAY_SECONDS = 5.0
_NOT_THEIRS = {
    "the stream of everybody is refused": "$JS.API.STREAM.INFO.PETITIONS",
    "the sealed stream is refused": "$JS.API.STREAM.INFO.SEALED",
    "purging is refused": f"$JS.API.STREAM.PURGE.{AGENCY_STREAM}",
    "publishing an event is refused": "petitions.routing.petition.answered.v1.x.x",
}


async def tried(server: str, file: Path, office: str) -> list[tuple[str, bool]]:
    """Return each try in words, and whether it came out as it must."""
    errors: list[str] = []

    async def on_error(error: Exception) -> None:
        errors.append(str(error).lower())

    client = Client()
    try:
        await client.connect(
            server.split(","),
            user_credentials=str(file),
            error_cb=on_error,
            allow_reconnect=False,
            connect_timeout=CONNECT_SECONDS_MAX,
        )
    except (NatsError, OSError, TimeoutError) as error:
        await client.close()
        return [(f"sign in at {server}: {error or type(error).__name__}", False)]
    try:
        return [("sign in", True), *[step async for step in _steps(client, office, errors)]]
    finally:
        await client.close()


async def _steps(client: Client, office: str, errors: list[str]) -> AsyncIterator[tuple[str, bool]]:
    try:
        yield await _read(client, office)
    except (NatsError, OSError, TimeoutError) as error:
        yield f"read the stream: {error or type(error).__name__} {''.join(errors[-1:])}", False
        return
    for words, subject in _NOT_THEIRS.items():
        yield words, await _is_refused(client, subject, errors)


async def _read(client: Client, office: str) -> tuple[str, bool]:
    js = client.jetstream(timeout=ANSWER_SECONDS_MAX)
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, inactive_threshold=THROWN_AWAY_SECONDS)
    consumer = await js.add_consumer(AGENCY_STREAM, config)
    held = consumer.num_pending or 0
    if not held:
        return f"read the stream: it has no event of {office} yet", True
    subscription = await js.pull_subscribe_bind(consumer=consumer.name, stream=AGENCY_STREAM)
    (message,) = await subscription.fetch(1, timeout=ANSWER_SECONDS_MAX)
    whose = message.subject.rsplit(".", 2)[1]
    await js.delete_consumer(AGENCY_STREAM, consumer.name)
    return f"read the stream: {held} events, the first is {message.subject}", whose == office


async def _is_refused(client: Client, subject: str, errors: list[str]) -> bool:
    errors.clear()
    try:
        await client.request(subject, b"{}", timeout=REFUSAL_SECONDS)
    except (NatsError, TimeoutError):
        return any("permissions violation" in error for error in errors)
    return False
