"""The SDK on an office's stream: everything once, in order for each petition, nothing lost to a handler that fails."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caunoi_sdk import NOW, Event, From, Poison, since
from caunoi_sdk.events import PetitionAcceptedV1
from shared.contracts import Cause
from shared.messaging import BusSettings
from shared.testing import wait_until
from tests.component.sdk.agency import INTAKE, ROUTING, Agency, by_petition, office_stream, petition, said


@pytest.fixture
async def agency(bus: BusSettings, tmp_path: Path) -> AsyncIterator[Agency]:
    async with office_stream(bus, tmp_path) as made:
        yield made


@pytest.mark.parametrize("together", [False, True])
async def test_every_event_takes_effect_once_and_in_order(agency: Agency, *, together: bool) -> None:
    wanted = [said(number, version) for version in range(1, 6) for number in range(30)]
    await agency.say(*wanted)
    async with agency.listening(together=together).running() as program:
        effect = await program.until_done(150)
    assert effect == [(str(each.aggregate_id), ROUTING, each.version) for each in wanted]


@pytest.mark.parametrize("together", [False, True])
async def test_what_comes_twice_takes_effect_once(agency: Agency, *, together: bool) -> None:
    await agency.say(said(1, 1), said(1, 2))
    await agency.say(said(1, 1), said(1, 2), said(1, 3), again=True)
    async with agency.listening(together=together).running() as program:
        assert [version for *_, version in await program.until_done(3)] == [1, 2, 3]


async def test_a_program_that_comes_back_goes_on_where_it_was(agency: Agency) -> None:
    await agency.say(said(1, 1))
    async with agency.listening().running() as program:
        await program.until_done(1)
    await agency.say(said(1, 2))
    async with agency.listening().running() as program:
        await program.until_done(2)
        assert program.handed == [said(1, 2).id]


@pytest.mark.parametrize("together", [False, True])
async def test_what_fails_comes_again_and_its_petition_waits_while_others_go_on(agency: Agency, *, together: bool) -> None:
    program = agency.listening(together=together)
    program.fails = {said(1, 1).id}
    await agency.say(said(1, 1), said(1, 2), said(2, 1), said(2, 2))
    async with program.running():
        await wait_until(lambda: len(program.effect()) == 2, what="the other petition goes on")
        assert {subject for subject, *_ in program.effect()} == {str(petition(2))}
        program.fails.clear()
        effect = await program.until_done(4)
    assert by_petition(effect) == {(str(petition(number)), ROUTING): [1, 2] for number in (1, 2)}


async def test_poison_goes_to_the_dead_letter_and_holds_nobody_up(agency: Agency) -> None:
    dead: list[Poison] = []

    async def keep(poison: Poison) -> None:
        dead.append(poison)

    program = agency.listening(options={"dead_letter": keep, "deliveries_max": 2})
    program.fails = {said(1, 2).id}
    await agency.say(said(1, 1))
    await agency.say(said(3, 1), body=b"no json")
    await agency.say(said(1, 2), said(1, 3))
    async with program.running():
        effect = await program.until_done(2)
    assert [version for *_, version in effect] == [1, 3]
    assert [(poison.reason.split(":")[0], poison.event and poison.event.version) for poison in dead] == [
        ("unreadable", None),
        ("RuntimeError", 2),
    ]
    assert (dead[0].body, dead[1].deliveries) == (b"no json", 2)


async def test_without_a_dead_letter_nothing_is_given_up(agency: Agency) -> None:
    program = agency.listening()
    await agency.say(said(1, 1), body=b"no json")
    await agency.say(said(2, 1))
    async with program.running():
        await wait_until(lambda: len(program.effect()) == 1, what="the good one took effect")
        await wait_until(lambda: _unsettled(agency, 1), what="the other one alone is kept")


async def test_a_dead_letter_that_fails_is_asked_again(agency: Agency) -> None:
    asked: list[int] = []

    async def keep(poison: Poison) -> None:
        asked.append(poison.deliveries)
        if len(asked) == 1:
            raise OSError("disk full")

    program = agency.listening(options={"dead_letter": keep})
    await agency.say(said(1, 1), body=b"[]")
    async with program.running():
        await wait_until(lambda: len(asked) == 2, what="it is asked again")
        await wait_until(lambda: _unsettled(agency, 0), what="nothing is left")
    assert asked == [1, 2]


async def test_events_that_the_office_never_had_are_no_reason_to_wait(agency: Agency) -> None:
    await agency.say(said(1, 4, cause=Cause(said(1, 7, source=INTAKE).id, INTAKE, 7)), said(1, 6), said(1, 1, source=INTAKE))
    async with agency.listening().running() as program:
        effect = await program.until_done(3)
    assert effect == [(str(petition(1)), ROUTING, 4), (str(petition(1)), ROUTING, 6), (str(petition(1)), INTAKE, 1)]


@pytest.mark.parametrize(("start", "expected"), [(NOW, [3]), (since(datetime(2026, 1, 1, tzinfo=UTC)), [1, 2, 3])])
async def test_a_new_consumer_begins_when_it_is_told_to(agency: Agency, start: From, expected: list[int]) -> None:
    await agency.say(said(1, 1), said(1, 2))
    async with agency.listening(options={"start": start}).running() as program:
        await wait_until(lambda: program.events.problem is None, what="it listens")
        await agency.say(said(1, 3))
        assert [version for *_, version in await program.until_done(len(expected))] == expected


async def test_a_consumer_that_is_lost_is_made_anew_and_nothing_is_done_twice(agency: Agency) -> None:
    await agency.say(said(1, 1), said(1, 2))
    async with agency.listening().running() as program:
        await program.until_done(2)
        await agency.js.delete_consumer("AGENCY", "program")
        await agency.say(said(1, 3))
        await wait_until(lambda: len(program.effect()) == 3, what="the third takes effect")
        assert [version for *_, version in program.effect()] == [1, 2, 3]


async def test_a_stop_finishes_what_is_in_hand_and_gives_back_the_rest(agency: Agency) -> None:
    program = agency.listening()
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(event: Event, connection: sqlite3.Connection) -> None:
        began.set()
        await go_on.wait()
        await program.handle(event, connection)

    await agency.say(said(1, 1))
    running = asyncio.ensure_future(program.events.run(slow))
    await began.wait()
    program.events.stop()
    go_on.set()
    await asyncio.wait_for(running, 10)
    assert [version for *_, version in program.effect()] == [1]
    await wait_until(lambda: _unsettled(agency, 0), what="nothing is left")
    program.store.close()


async def test_events_are_typed(agency: Agency) -> None:
    bodies = []

    async def look(event: Event, _connection: sqlite3.Connection) -> None:
        bodies.append(event.as_a(PetitionAcceptedV1))

    program = agency.listening()
    await agency.say(said(1, 1))
    running = asyncio.ensure_future(program.events.run(look))
    await wait_until(lambda: bool(bodies), what="it is handed over")
    program.events.stop()
    await running
    program.store.close()
    assert bodies == [PetitionAcceptedV1(office="hanoi-so-xd")]


async def _unsettled(agency: Agency, number: int) -> bool:
    return await agency.unsettled("program") == number
