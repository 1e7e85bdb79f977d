"""Discovery, services and their definitions, in both forms."""

from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from shared.kernel.clock import SystemClock
from tests.component.intake.open311.scene import FORMS, Client, errors, shape


async def test_discovery_names_the_endpoint_its_formats_and_who_gives_out_keys(client: Client) -> None:
    found = (await client.get("discovery")).json()
    assert list(found) == ["changeset", "contact", "key_service", "endpoints"]
    assert found["contact"] == "Ban Tiếp công dân"
    assert "Ban Tiếp công dân" in found["key_service"]
    (endpoint,) = found["endpoints"]
    assert endpoint == {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": "http://intake/open311/v2",
        "changeset": found["changeset"],
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    assert datetime.fromisoformat(found["changeset"]).astimezone(UTC) < SystemClock().now()


async def test_discovery_names_the_address_at_which_it_was_asked_for(client: Client) -> None:
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/intake", app=client.intake.service.app)]))
    async with httpx.AsyncClient(transport=transport, base_url="https://caunoi.example") as http:
        (endpoint,) = (await http.get("/intake/open311/discovery.json")).json()["endpoints"]
    assert endpoint["url"] == "https://caunoi.example/intake/open311/v2"


async def test_discovery_in_xml_has_the_same_elements(client: Client) -> None:
    answer = await client.get("discovery", form="xml")
    root = shape(answer)
    assert (root.tag, [item.tag for item in root]) == ("discovery", ["changeset", "contact", "key_service", "endpoints"])
    assert [item.text for item in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]
    assert root.findtext("endpoints/endpoint/url") == "http://intake/open311/v2"


async def test_services_are_the_topics_of_places_alone_with_booleans_and_codes_as_strings(client: Client) -> None:
    services = (await client.get("v2/services")).json()
    by_code = {item["service_code"]: item for item in services}
    assert by_code["ngap-ung"] == {
        "service_code": "ngap-ung",
        "service_name": "Ngập úng và thoát nước",
        "description": "Ngập úng và thoát nước",
        "metadata": True,
        "type": "realtime",
        "keywords": None,
        "group": "Phản ánh hiện trường",
    }
    assert "thai-do-can-bo" not in by_code
    root = shape(await client.get("v2/services", form="xml"))
    assert (root.tag, {item.tag for item in root}) == ("services", {"service"})
    assert [item.findtext("service_code") for item in root] == list(by_code)
    assert {item.findtext("metadata") for item in root} == {"true"}


async def test_names_are_english_for_whoever_prefers_that(client: Client) -> None:
    answer = await client.get("v2/services", headers={"Accept-Language": "en"})
    assert answer.headers["content-language"] == "en"
    assert {item["service_code"]: item["service_name"] for item in answer.json()}["ngap-ung"] == "Flooding and drainage"


async def test_a_definition_has_the_commune_as_its_one_attribute_with_those_of_today(client: Client) -> None:
    found = (await client.get("v2/services/ngap-ung")).json()
    (attribute,) = found.pop("attributes")
    assert found == {"service_code": "ngap-ung"}
    values = attribute.pop("values")
    assert values == [{"key": "00004", "name": "Phường Ba Đình"}, {"key": "00070", "name": "Phường Hoàn Kiếm"}]
    described = ("code", "datatype", "required", "variable", "order")
    assert [attribute[name] for name in described] == ["commune", "singlevaluelist", False, True, 1]
    root = shape(await client.get("v2/services/ngap-ung", form="xml"))
    assert root.tag == "service_definition"
    assert [item.text for item in root.findall("attributes/attribute/values/value/key")] == ["00004", "00070"]


async def test_what_is_no_service_has_no_definition(client: Client) -> None:
    for form in FORMS:
        for code in ("khong-co", "thai-do-can-bo", "%00", "a%0Ab"):
            answer = await client.get(f"v2/services/{code}", form=form)
            assert answer.status_code == 404
            errors(answer)


async def test_another_jurisdiction_is_not_found_and_ours_or_none_is(client: Client) -> None:
    for form in FORMS:
        for path in ("discovery", "v2/services", "v2/services/ngap-ung", "v2/requests", "v2/servicerequestupdates"):
            for named in ({}, {"jurisdiction_id": ""}, {"jurisdiction_id": "hanoi"}):
                assert (await client.get(path, form=form, **named)).status_code == 200
            answer = await client.get(path, form=form, jurisdiction_id="sf.gov")
            assert answer.status_code == 404
            assert "jurisdiction_id" in errors(answer)[0][1]
