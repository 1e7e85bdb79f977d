"""Audit's pages: what an auditor reads of a petition, what others are told, and that nothing of it is told to who is excluded."""

import re
from uuid import uuid4

import pytest
from nats.js import JetStreamContext

from shared.contracts.intake import IdentityRevealedV1
from shared.contracts.procedure import PersonExcludedV1
from shared.contracts.words import Conflict
from shared.persistence import Database
from tests.component.audit.story import OFFICE, Asking, Story, publish
from tests.component.audit.test_api import parks
from tests.component.audit.test_log import CODE, logged

HTML = {"Accept": "text/html"}


async def incomplete(js: JetStreamContext, database: Database, code: str) -> Story:
    """Tell of a petition of which routing's first event never comes, and its second waits."""
    story = Story(code)
    lodged = story.lodge()
    story.route(lodged)
    story.accept()
    await publish(js, story.events[:1])
    await parks(database, *story.events[2], seq=len(code) * 1000 + ord(code[0]))
    return story


async def test_the_start_page_says_how_things_stand(js: JetStreamContext, database: Database, ask: Asking) -> None:
    await incomplete(js, database, CODE)
    await logged(database, 1)
    shown = await ask("auditor").get("/", headers=HTML)
    assert shown.status_code == 200
    assert "petitions or offices of which an event is missing" in shown.text
    assert re.search(r'tile-figure">1<', shown.text)
    assert "None yet. It runs every night." in shown.text


async def test_a_code_leads_to_the_trace_however_it_is_written(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    http = ask("auditor")
    for written in (CODE, CODE.lower().replace("-", " "), f"  {CODE} ", str(story.id)):
        led = await http.get("/petitions", params={"code": written}, headers=HTML)
        assert (led.status_code, led.headers["location"]) == (303, f"/petitions/{CODE}")


async def test_the_trace_shows_every_event_with_actor_right_rule_clocks_and_causes(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    shown = (await ask("auditor").get(f"/petitions/{CODE}", headers=HTML)).text
    assert [int(place) for place in re.findall(r'<li class="moment[^"]*" id="e(\d+)"', shown)] == [1, 2, 3, 4, 5, 6, 7]
    for words in (
        "Routed to the competent office",
        "canbo.hoankiem",
        "officer, hanoi-00070",
        "IH.RESOLVE, version 2 – QD 1207/QD-UBND",
        "noticed late 2 days",
        f'href="/petitions/{CODE}#e3"',
        "the system (escalation)",
    ):
        assert words in shown, words
    assert shown.index('id="first"') < shown.index('id="readings"') < shown.index('id="life"')


async def test_gaps_and_oddities_stand_first_in_plain_words(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE)
    story.route(story.lodge())
    story.answer()
    story.accept()
    story.answer()
    await publish(js, story.events[:3])
    await parks(database, *story.events[4])
    await logged(database, 3)
    shown = (await ask("auditor").get(f"/petitions/{CODE}", headers=HTML)).text
    first = shown[shown.index('id="first"') : shown.index('id="readings"')]
    assert "routing said version 4, but version 3 is missing; version 4 of routing waits for a person" in first
    assert "answered before it was accepted" in first
    assert "events are missing" in shown[: shown.index('id="first"')]


async def test_who_read_personal_data_has_a_section_of_its_own(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE)
    story.lodge()
    body = IdentityRevealedV1(fields=["name", "phone"], purpose="verifying")
    story.say(body, actor="person:canbo.hoankiem")
    await publish(js, story.events)
    await logged(database, 2)
    shown = (await ask("auditor").get(f"/petitions/{CODE}", headers=HTML)).text
    readings = shown[shown.index('id="readings"') : shown.index('id="clocks"')]
    assert "canbo.hoankiem" in readings
    assert "who sent it: name, telephone" in readings
    assert "<td>verifying</td>" in readings


async def test_events_of_one_kind_can_be_shown_alone(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE).whole()
    await publish(js, story.events)
    await logged(database, 7)
    http = ask("auditor")
    found = {}
    for show in ("acts", "clocks", "notices", "record", "nonsense"):
        shown = (await http.get(f"/petitions/{CODE}", params={"show": show}, headers=HTML)).text
        found[show] = len(re.findall(r'<li class="moment', shown))
    assert found == {"acts": 4, "clocks": 2, "notices": 1, "record": 0, "nonsense": 7}


async def test_others_than_auditors_are_told_so_and_nothing_else(ask: Asking) -> None:
    for role in ("officer", "head", "leader", "operator", "clerk"):
        for path in ("/", "/petitions?code=x", f"/petitions/{CODE}", "/gaps", "/log", f"/events/{uuid4()}/proof"):
            refused = await ask(role).get(path, headers=HTML)
            assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
            assert "Your role does not carry this right." in refused.text
            assert "This is open to: auditor." in refused.text


async def test_what_does_not_exist_and_what_is_not_yours_look_the_same(
    js: JetStreamContext, database: Database, ask: Asking
) -> None:
    story = Story(CODE)
    story.lodge()
    body = PersonExcludedV1(office=OFFICE, person="person:kiemtoan2", why=Conflict.RELATIVE)
    story.say(body, actor="person:lanhdao.hoankiem")
    await publish(js, story.events)
    await logged(database, 2)
    excluded, other = ask("auditor", who="kiemtoan2"), ask("auditor")
    assert (await other.get(f"/petitions/{CODE}", headers=HTML)).status_code == 200
    pages = []
    for path in (f"/petitions/{CODE}", "/petitions/HN8K-2FQ7-0000", f"/petitions/{uuid4()}"):
        answer = await excluded.get(path, headers=HTML)
        assert answer.status_code == 404
        pages.append(re.sub(r"<time.*?</time>|next=[^&]+&|print-only\">[^<]+", "", answer.text))
    assert len(set(pages)) == 1
    found = [await excluded.get("/petitions", params={"code": code}, headers=HTML) for code in (CODE, "HN8K-2FQ7-0000")]
    assert [answer.status_code for answer in found] == [404, 404]


async def test_what_events_hold_cannot_become_markup(js: JetStreamContext, database: Database, ask: Asking) -> None:
    story = Story(CODE)
    story.lodge()
    envelope, _ = story.events[-1]
    story.events[-1] = (
        envelope,
        b'{"code": "HN8K-2FQ7-XM3P", "topic": "<script>alert(1)</script>", "nested": {"a": [1, {"b": "<b>"}]}}',
    )
    await publish(js, story.events)
    await logged(database, 1)
    shown = await ask("auditor").get(f"/petitions/{story.id}", headers=HTML)
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


async def test_the_page_of_gaps_names_what_is_missing_page_by_page(
    js: JetStreamContext, database: Database, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.audit.pages.standing.GAPS_SHOWN", 1)
    for code in (CODE, "AAAA-BBBB-CCCC"):
        await incomplete(js, database, code)
    await logged(database, 2)
    http = ask("auditor")
    first = await http.get("/gaps", headers=HTML)
    following = re.search(r'rel="next" href="(/gaps\?cursor=[^"]+)"', first.text)
    assert following
    second = await http.get(following[1], headers=HTML)
    assert first.text.count("version 1 is missing") == second.text.count("version 1 is missing") == 1
    assert "Nothing is missing" not in first.text
