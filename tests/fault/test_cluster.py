"""Three nats-servers, one of them cut off while petitions are in flight: the end state equals that of a quiet run."""

import asyncio

import pytest

from shared.testing import wait_until
from tests.fault.clusters import Cluster
from tests.fault.fleets import fleet_in
from tests.fault.stories import KINDS, lodge_all, quiet, settled

PETITIONS = 50
CUT_AFTER = 15
CUT_SECONDS = 4.0

pytestmark = pytest.mark.timeout(240)


async def test_cutting_off_the_node_that_leads_changes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("cluster")
    cluster = Cluster(directory)
    async with fleet_in(directory, nats=cluster) as fleet:
        stories = await quiet(fleet, await lodge_all(fleet, "quiet", after={}, petitions=PETITIONS))

        async def cut_and_heal() -> None:
            leader = cluster.leader
            assert leader is not None
            cluster.cut(leader)
            try:
                await wait_until(lambda: _is_led_by_another(cluster, leader.name), what="another node leads")
                await asyncio.sleep(CUT_SECONDS)  # the fault itself: a node that is away for a while
            finally:
                cluster.heal(leader)

        receipts = await lodge_all(fleet, "cut", after={CUT_AFTER: cut_and_heal}, petitions=PETITIONS)
        await fleet.ready()
        state = await settled(fleet, receipts, {kind: sum(story.values()) for kind, story in stories.items()})

    for key, number in receipts.items():
        assert state.stories[key] == stories[number % KINDS], f"petition {number}"
    assert state.audited == state.said, "audit has every event exactly once"
    assert not state.repeats_without_mark, "nobody is told twice"


async def _is_led_by_another(cluster: Cluster, name: str) -> bool:
    others = [node for node in cluster.nodes if node.name != name]
    named = {str(node.monitoring("/jsz").get("meta_cluster", {}).get("leader")) for node in others}
    return named <= {node.name for node in others}
