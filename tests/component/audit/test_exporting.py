"""Files of exports: the query and the checkpoint inside, no formula, denunciations only where asked for, proofs that verify."""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from typing import Any

import httpx
import openpyxl
import prov.model
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # the package brings no types
from nats.js import JetStreamContext

from shared.persistence import Database
from shared.tlog.verify import verify_proof
from tests.component.audit.exports import EVIL, file_of, finished, keyed, two
from tests.component.audit.story import OFFICE
from tests.component.audit.test_log import CODE

__all__ = ["keyed"]


async def test_a_csv_holds_rows_alone_and_the_query_and_the_checkpoint_beside_it(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    opened, _ = await two(js, database, keyed)
    export = await finished(keyed, format="csv", query={"offices": [OFFICE], "services": ["routing", "escalation"]})
    assert (export["state"], export["rows"], export["percent"]) == ("done", 5, 100)
    with zipfile.ZipFile(io.BytesIO(await file_of(keyed, export))) as archive:
        assert archive.namelist() == ["query.json", "checkpoint.txt", "events.csv"]
        about = json.loads(archive.read("query.json"))
        checkpoint = archive.read("checkpoint.txt").decode()
        content = archive.read("events.csv")
    assert (about["query"]["offices"], about["asked_by"], about["authority"]) == ([OFFICE], "person:kiemtoan", "auditor")
    assert int(checkpoint.splitlines()[1]) == about["log_size"] == export["upto"] >= 14
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["code"] for row in rows] == [CODE] * 5
    assert {row["event_id"] for row in rows} == {
        str(envelope.id) for envelope, _ in opened.events if envelope.source in ("routing", "escalation")
    }
    assert [row["actor"] for row in rows if EVIL in row["actor"]] == [f"'{EVIL}"], "no cell is a formula"
    assert json.loads(rows[0]["data"])["code"] == CODE


async def test_an_xlsx_has_its_query_and_checkpoint_on_sheets_of_their_own_and_no_formula(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    await two(js, database, keyed)
    export = await finished(keyed, format="xlsx", query={"codes": [CODE]})
    book = openpyxl.load_workbook(io.BytesIO(await file_of(keyed, export)))
    assert book.sheetnames == ["events", "query", "checkpoint"]
    rows = list(book["events"].iter_rows())
    assert len(rows) == 8
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert EVIL in {cell.value for row in rows for cell in row}
    assert book["checkpoint"]["A1"].value == "caunoi/log"
    kept: Any = book  # its types lack the properties
    properties = {item.name: item.value for item in kept.custom_doc_props.props}
    assert json.loads(properties["caunoi.query"])["query"]["codes"] == [CODE]
    assert properties["caunoi.checkpoint"].startswith("caunoi/log\n")


async def test_a_parquet_is_typed_and_carries_both_as_metadata(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    await two(js, database, keyed)
    export = await finished(keyed, format="parquet", query={"kinds": ["field_report"]})
    table = pq.read_table(io.BytesIO(await file_of(keyed, export)))
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items() if key.startswith(b"caunoi")}
    assert json.loads(metadata["caunoi.query"])["query"]["kinds"] == ["field_report"]
    assert metadata["caunoi.checkpoint"].startswith("caunoi/log\n")
    assert set(table.column("code").to_pylist()) == {CODE}
    assert str(table.schema.field("recorded_at").type) == "timestamp[us, tz=UTC]"


async def test_denunciations_are_in_a_file_only_where_they_were_asked_for(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    await two(js, database, keyed)
    without = await finished(keyed, format="parquet", query={"services": ["intake", "routing", "escalation", "notify"]})
    with_them = await finished(
        keyed, format="parquet", query={"services": ["intake", "routing", "escalation", "notify"], "with_sealed": True}
    )
    assert (without["rows"], with_them["rows"]) == (7, 14)


async def test_each_filter_is_one_of_the_rows(js: JetStreamContext, database: Database, keyed: httpx.AsyncClient) -> None:
    await two(js, database, keyed)
    counted = {}
    for name, query in {
        "type": {"types": ["petitions.routing.petition.answered.v1"], "with_sealed": True},
        "actor": {"actors": ["person:canbo.hoankiem"]},
        "until": {"until": "2026-11-16T01:05:00Z", "services": ["intake", "routing", "escalation", "notify"]},
        "nothing": {"kinds": ["complaint"]},
    }.items():
        counted[name] = (await finished(keyed, format="parquet", query=query))["rows"]
    assert counted == {"type": 2, "actor": 1, "until": 4, "nothing": 0}


async def test_a_case_on_paper_is_pdf_a_3_with_the_whole_attached_and_proofs_that_verify(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    opened, _ = await two(js, database, keyed)
    key = (await keyed.get("/log/key")).text.strip()
    export = await finished(keyed, format="pdf", petition=CODE)
    assert (export["state"], export["rows"], export["petition_id"]) == ("done", 7, str(opened.id))
    pdf = await file_of(keyed, export)
    assert pdf.startswith(b"%PDF-1.7")
    for needed in (
        b"/OutputIntents",
        b"/GTS_PDFA1",
        b"/AFRelationship /Data",
        b"/Type /EmbeddedFile",
        b"/FontFile2",
        b"/ToUnicode",
    ):
        assert needed in pdf, needed
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in pdf
    for banned in (b"/SMask", b"/Encrypt", b"/JavaScript", b"/Launch", b"/ca 0"):
        assert banned not in pdf, banned
    assert re.search(rb"/ID \[<[0-9A-F]+>", pdf)
    assert not re.search(rb"/BaseFont /(Helvetica|Times|Courier)", pdf), "only embedded fonts"
    case = _attached(pdf)
    assert (case["trace"]["code"], case["about"]["asked_by"]) == (CODE, "person:kiemtoan")
    assert [proof["event_id"] for proof in case["proofs"]] == [str(envelope.id) for envelope, _ in opened.events]
    for proof in case["proofs"]:
        record, salt = proof["record"].encode(), bytes.fromhex(proof["salt"])
        verify_proof(proof["proof"], key, entry=hashlib.sha256(salt + record).digest())


def _attached(pdf: bytes) -> dict[str, Any]:
    """Return the embedded file: the stream of JSON among the compressed ones."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            data = zlib.decompress(found[1])
        except zlib.error:
            continue
        if data.startswith(b"{") and b'"trace"' in data:
            return dict(json.loads(data))
    raise AssertionError("nothing is attached")


async def test_a_case_as_provenance_is_read_by_the_tools_of_others(
    js: JetStreamContext, database: Database, keyed: httpx.AsyncClient
) -> None:
    await two(js, database, keyed)
    export = await finished(keyed, format="prov", petition=CODE)
    document = prov.model.ProvDocument.deserialize(content=(await file_of(keyed, export)).decode(), format="json")
    activities = document.get_records(prov.model.ProvActivity)
    assert len(list(activities)) == 7
    assert len(list(document.get_records(prov.model.ProvCommunication))) == 4, "causes"
    assert len(list(document.get_records(prov.model.ProvDelegation))) == 1, "a person for an office"
    assert len(list(document.get_records(prov.model.ProvGeneration))) == 7
    again = prov.model.ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert again == document
    notation = (await file_of(keyed, await finished(keyed, format="provn", petition=CODE))).decode()
    assert notation.startswith("document\n")
    assert notation.count("wasGeneratedBy(") >= 7, "the first export is an event by now"
    assert notation.count('"') % 2 == 0
    ours = {line.strip() for line in notation.splitlines() if line.strip().startswith(("wasInformedBy(", "wasDerivedFrom("))}
    theirs = {
        line.strip()
        for line in document.get_provn().splitlines()
        if line.strip().startswith(("wasInformedBy(", "wasDerivedFrom("))
    }
    assert theirs <= ours
    assert len(theirs) == 10
