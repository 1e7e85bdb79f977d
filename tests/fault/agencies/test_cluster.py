"""Three nats-servers with accounts, one of them cut off: an agency reads on, and who is revoked meanwhile stays out everywhere."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import UUID

import nats
import pytest
from nats.js import JetStreamContext

from deploy.local.nats_accounts import NatsAccounts, nats_accounts
from services.notify.app import DURABLE
from shared.kernel.clock import SystemClock
from shared.messaging import BusSettings
from shared.messaging.accounts.layout import AGENCY_STREAM
from shared.messaging.topology import provision
from shared.testing import wait_until
from tests.component.agencies.scene import OURS, AgencyScene, Given, refused
from tests.fault.agencies.test_kills import READ_SECONDS_MAX, STEADY, read_until
from tests.fault.clusters import NODES, Cluster

READY_SECONDS_MAX = 40.0

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> NatsAccounts:
    return nats_accounts(tmp_path_factory.mktemp("accounts"), now=SystemClock().now())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, accounts: NatsAccounts) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"), accounts=accounts)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bus(cluster: Cluster, accounts: NatsAccounts) -> BusSettings:
    return BusSettings(url=cluster.url, credentials_file=accounts.services_credentials, replicas=NODES)


@pytest.fixture
async def js(bus: BusSettings, cluster: Cluster) -> AsyncIterator[JetStreamContext]:
    await wait_until(lambda: _has_leader(cluster), READY_SECONDS_MAX, what="the cluster has a leader")
    connection = await nats.connect(bus.servers(), max_reconnect_attempts=-1, ping_interval=1, **bus.signing_in())
    await provision(connection.jetstream(), [DURABLE], replicas=NODES)
    yield connection.jetstream(timeout=10)
    await connection.close()


async def test_cutting_a_node_off_costs_an_agency_nothing_and_lets_nobody_back_in(scene: AgencyScene, cluster: Cluster) -> None:
    given, bad = await scene.agency(), await scene.issue()
    before = await scene.say(20)
    async with scene.agent(given, **STEADY) as agent:
        await read_until(agent, before)
        info = await agent.js.stream_info(AGENCY_STREAM)
        assert info.config.num_replicas == NODES
        assert info.cluster is not None
        cut = next(node for node in cluster.nodes if node.name == info.cluster.leader)
        cluster.cut(cut)
        try:
            assert (await scene.post(f"/agencies/{OURS}/credentials/{bad.id}/revoke")).status_code == 200
            during = await _said(scene, 20)
            await read_until(agent, during, "ours")
        finally:
            cluster.heal(cut)
        after = await _said(scene, 5)
        everything = [*before, *during, *after]
        assert set(await read_until(agent, everything, "another")) >= set(everything)
    for node in cluster.nodes:
        only = replace(scene, url=node.url)
        await wait_until(lambda only=only: _is_out(only, bad), READ_SECONDS_MAX, what=f"{node.name} knows")  # type: ignore[misc]
        assert await refused(node.url, given) == ""


async def _said(scene: AgencyScene, count: int) -> list[UUID]:
    found: list[UUID] = []
    async with asyncio.timeout(READY_SECONDS_MAX):
        while len(found) < count:
            try:
                found += await scene.say(1)
            except nats.errors.Error:
                await asyncio.sleep(0.1)
    return found


async def _is_out(scene: AgencyScene, given: Given) -> bool:
    return await refused(scene.url, given) != ""


async def _has_leader(cluster: Cluster) -> bool:
    return cluster.leader is not None
