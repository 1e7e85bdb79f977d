"""The bus: streams and consumers as provisioned, how full, how far behind, and whether the ledgers hold more than they do."""

from collections.abc import AsyncIterator, Mapping, Sequence

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from deploy.bus import jetstream
from deploy.doctor.finding import Finding, fail, ok, warn
from shared.kernel.refusals import Trouble
from shared.messaging.settings import BusSettings
from shared.messaging.topology import STREAMS, Durable, drift, stream_config

FULLNESS_WARN = 0.7
FULLNESS_FAIL = 0.9
PENDING_WARN = 10_000
_MUST_MATCH = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_msg_size",
    "duplicate_window",
    "deny_delete",
    "deny_purge",
    "num_replicas",
)
_PROVISION = "run `caunoi provision` (`make run` does it at every start)"


async def look(
    bus: BusSettings, durables: Sequence[Durable], *, sent: int | None, taken: Mapping[str, int] | None = None
) -> AsyncIterator[Finding]:
    """Look at nats-server. None where it is unknown: `sent`, how many events the ledgers have handed over; `taken`, up to where
    who follows the streams in their order has taken each.
    """
    try:
        async with jetstream(bus) as js:
            messages = 0
            for stream in STREAMS:
                async for finding, found in _stream(js, stream, durables, bus.replicas, taken or {}):
                    messages += found
                    yield finding
            if sent is not None:
                yield _completeness(messages, sent)
    except Trouble as error:
        yield fail("nats-server", str(error), "start nats-server; check CAUNOI_BUS__URL, user and password file")
    except (NatsError, OSError, TimeoutError) as error:
        yield fail("nats-server", f"{type(error).__name__} {error}", "is JetStream switched on, and its store writable?")


async def _stream(
    js: JetStreamContext, stream: str, durables: Sequence[Durable], replicas: int, taken: Mapping[str, int]
) -> AsyncIterator[tuple[Finding, int]]:
    try:
        info = await js.stream_info(stream)
    except NotFoundError:
        yield (
            fail(
                stream,
                "the stream is missing",
                "after a loss: `caunoi stream rebuild`; before the first start: `caunoi provision`",
            ),
            0,
        )
        return
    yield _state(stream_config(stream, replicas=replicas), info), info.state.messages
    for durable in durables:
        if not durable.in_order:
            yield await _consumer(js, stream, durable), 0
        elif stream in taken:
            yield _behind(f"{stream} → {durable.name}", durable, max(info.state.last_seq - taken[stream], 0)), 0


def _state(wanted: StreamConfig, info: StreamInfo) -> Finding:
    stream = wanted.name or ""
    wrong = [name for name in _MUST_MATCH if getattr(info.config, name) != getattr(wanted, name)]
    if wrong:
        return fail(stream, f"differs from what it must be: {', '.join(wrong)}", _PROVISION)
    fullness = info.state.bytes / (wanted.max_bytes or 1)
    words = f"{info.state.messages} events, {fullness:.0%} of its room"
    if fullness > FULLNESS_FAIL:
        return fail(stream, words, "raise MAX_STREAM_BYTES (shared/messaging/topology.py): a full stream takes nothing more")
    return warn(stream, words, "plan for more room (docs/operations.md)") if fullness > FULLNESS_WARN else ok(stream, words)


async def _consumer(js: JetStreamContext, stream: str, durable: Durable) -> Finding:
    part = f"{stream} → {durable.name}"
    try:
        wrong = await drift(js, durable, stream)
        info = await js.consumer_info(stream, durable.name)
    except NotFoundError:
        return fail(part, "the consumer is missing", f"start {durable.name} (it makes it), or {_PROVISION}")
    if wrong:
        return fail(part, wrong, _PROVISION)
    return _behind(part, durable, (info.num_pending or 0) + (info.num_ack_pending or 0))


def _behind(part: str, durable: Durable, pending: int) -> Finding:
    if pending > PENDING_WARN:
        return warn(part, f"{pending} events behind", f"is {durable.name} running? Its log says what holds it up")
    return ok(part, f"{pending} events behind")


def _completeness(messages: int, sent: int) -> Finding:
    if messages < sent:
        return fail("streams", f"{sent - messages} events of the ledgers are not in the streams", "run `caunoi stream rebuild`")
    return ok("streams", "hold every event that the ledgers have sent")
