"""The log and the proofs of its events on pages, of a running service that has keys."""

import html
import json
from uuid import uuid4

import httpx
import pytest
from nats.js import JetStreamContext

from shared.tlog.verify import verify_proof
from tests.component.audit import test_tree
from tests.component.audit.story import Asking, Story, publish
from tests.component.audit.test_log import CODE
from tests.component.audit.test_pages import HTML
from tests.component.audit.test_tree import closed

service, stranger = test_tree.service, test_tree.stranger
pytestmark = pytest.mark.usefixtures("service")


async def test_the_log_is_shown_with_its_checkpoints_and_each_event_with_a_proof_that_verifies_alone(
    js: JetStreamContext, stranger: httpx.AsyncClient, ask: Asking
) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await closed(stranger, 7)
    http = ask("auditor")
    event_id = story.events[0][0].id
    shown = (await http.get("/log", headers=HTML)).text
    key = (await http.get("/log/key")).text.splitlines()[0]
    assert html.escape(key) in shown
    assert "Nothing contradicts it" in shown
    proof = (await http.get(f"/events/{event_id}/proof", headers=HTML)).text
    assert "This server has checked it: it holds" in proof
    file = await http.get(f"/events/{event_id}/proof/file")
    assert file.headers["content-disposition"] == f'attachment; filename="{event_id}.tlog-proof"'
    proven = verify_proof(file.text, key)
    assert json.loads(proven.record or b"")["id"] == str(event_id)
    missing = await http.get(f"/events/{uuid4()}/proof", headers=HTML)
    assert (missing.status_code, "under a checkpoint" in missing.text) == (404, True)
