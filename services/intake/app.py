"""Composition root of intake: builds everything once, starts and stops it."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI

from services.intake import pages
from services.intake.api import Doors, build_routers, build_routes
from services.intake.api.doors import CommuneRegister, Open311
from services.intake.api.open311 import InTheirForm
from services.intake.api.routers import body_limit, document, door_of, own_keys
from services.intake.bus import DURABLE, NAME, participant
from services.intake.domain.rights import FIELDS
from services.intake.gateways.atlas import gazetteer
from services.intake.gateways.client_keys import ClientKeys
from services.intake.gateways.files import Cleaner
from services.intake.gateways.keys import shingle_key
from services.intake.gateways.log import AuditLog
from services.intake.gateways.object_store import DiskStore
from services.intake.gateways.routing import RoutingAnswers
from services.intake.gateways.topics import RoutingTopics
from services.intake.handlers.attaching import Stores
from services.intake.handlers.desk import Desk
from services.intake.handlers.petitioning import Around
from services.intake.settings import PREFIX, Settings
from services.intake.timers import Erasing, Filling, Listing
from services.intake.wire.retention import read_retention
from shared.identity import Ciphers, ServiceTokens, TokenVerifier
from shared.kernel.clock import Clock
from shared.persistence import Database
from shared.web import Pages, Repeats, Service, build_app, load_settings, problems
from shared.web.described import describe

__all__ = ["DURABLE", "FIELDS", "NAME", "build"]

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples.json"

_PROBLEMS = {
    "petition_not_found": ("Không có đơn nào mang mã này.", "No petition has this code."),
    "bad_code": (
        "Mã tra cứu bị đọc hoặc gõ nhầm: xin kiểm tra lại từng ký tự.",
        "The code was misread or mistyped: check it symbol by symbol.",
    ),
    "bad_phrase": (
        "Cụm từ bí mật bị đọc hoặc gõ nhầm: xin xem từng từ trên biên nhận.",
        "The secret phrase was misread or mistyped: check it word by word.",
    ),
    "phrase_not_found": ("Không có đơn nào mang cụm từ bí mật này.", "No petition has this secret phrase."),
    "wrong_secret": (
        "Mã bí mật không đúng: xem trên biên nhận; nếu mất, hãy đến nơi tiếp công dân.",
        "This is not the petition's secret: it stands on the receipt; if it is lost, come to the reception office.",
    ),
    "join_other_kind": (
        "Loại đơn này mỗi người tự gửi, hoặc nhiều người cùng ký một đơn.",
        "Petitions of this kind are lodged by each, or by several who all sign one.",
    ),
    "join_ended": ("Đơn đã kết thúc: hãy gửi đơn mới.", "It has ended: lodge a petition of your own."),
    "join_full": (
        "Đã có {limit} người tham gia: hãy gửi đơn riêng, cơ quan sẽ giải quyết chung.",
        "{limit} people have joined it: lodge your own, the office deals with both together.",
    ),
    "withdrawn_before": ("Bạn đã rút khỏi đơn này.", "You took it back before."),
    "representative_speaks": (
        "Đơn nhiều người do người đại diện phản đối thay: hãy liên hệ người đại diện.",
        "Those whom you appointed speak for all: ask one of them to contest.",
    ),
    "nothing_to_withdraw": ("Đơn đã kết thúc nên không thể rút.", "The petition has ended, so it cannot be withdrawn."),
    "no_answer": ("Đơn chưa được trả lời.", "The petition has not been answered yet."),
    "nothing_to_judge": ("Đơn chưa được trả lời.", "The petition has not been answered yet."),
    "contested_already": (
        "Câu trả lời này đã bị phản đối, với lý do khác. Mỗi câu trả lời chỉ được phản đối một lần.",
        "This answer was contested before, for another reason. Each answer is contested once.",
    ),
    "judged_before": ("Bạn đã đánh giá câu trả lời này.", "You have judged this answer before."),
    "missing": ("Hãy nêu lý do (text).", "Say why (text)."),
    "spreadsheet_too_large": (
        "Tệp quá lớn (tối đa 5 MB, 40 MB khi giải nén): hãy chia thành nhiều tệp.",
        "The file is too large (at most 5 MB, 40 MB unpacked): divide it.",
    ),
    "spreadsheet_too_many_lines": (
        "Tệp có quá 5.000 dòng: hãy chia thành nhiều tệp.",
        "The file has more than 5,000 lines: divide it.",
    ),
    "spreadsheet_active": (
        "Tệp có macro hoặc liên kết ra ngoài: hãy lưu lại dạng .xlsx không macro, hoặc CSV.",
        "The file has macros or links to others: save it as .xlsx without macros, or as CSV.",
    ),
    "spreadsheet_unreadable": (
        "Không đọc được bảng tính: hãy mở và lưu lại dạng .xlsx hoặc CSV UTF-8.",
        "The workbook cannot be read: open it and save it again as .xlsx or CSV in UTF-8.",
    ),
    "spreadsheet_encoding": (
        "Tệp không phải bảng tính .xlsx hoặc CSV UTF-8: hãy lưu lại dạng “CSV UTF-8”.",
        "This is neither .xlsx nor CSV in UTF-8: save it as “CSV UTF-8”.",
    ),
    "voters_head": (
        "Dòng tiêu đề thiếu hoặc trùng cột: xem từng cột bên dưới.",
        "The head lacks a column or has it twice: see each one below.",
    ),
    "clerk_without_office": (
        "Tài khoản tiếp nhận chưa gắn với cơ quan nào: hãy nhờ quản trị gán cơ quan.",
        "This clerk's account has no office: have one assigned to it.",
    ),
    "office_not_found": (
        "Không có cơ quan này, hoặc không phải cơ quan của bạn.",
        "There is no such office, or it is not yours.",
    ),
    "no_words": ("Hãy viết ít nhất một từ cần tìm, hoặc mã tra cứu.", "Write at least one word to look for, or a tracking code."),
    "field_not_allowed": (
        "Vai trò của bạn không được xem: {fields}. Với đơn tố cáo, chỉ người đứng đầu xem, hoặc lập bản sao đã lược danh tính.",
        "Your role may not read: {fields}. Of a denunciation the head of the office alone reads, or has a copy made.",
    ),
    "nothing_to_publish": (
        "Đơn chưa được trả lời nên chưa có gì để công khai.",
        "The petition has not been answered yet: there is nothing to publish.",
    ),
    "copy_not_found": (
        "Không có bản sao này, hoặc không được lập cho bạn.",
        "There is no such copy, or it was not made for you.",
    ),
    "publication_not_found": ("Không có thông tin công khai này.", "There is no such publication."),
    "open311_request": ("Không có phản ánh nào mang số này.", "There is no request with this number."),
    "open311_service": (
        "Không có service_code này: xem services.xml.",
        "There is no service with this service_code: see services.xml.",
    ),
    "open311_jurisdiction": (
        "jurisdiction_id này không được phục vụ ở đây: bỏ trống, hoặc ghi {allowed}.",
        "This jurisdiction_id is not served here: leave it out, or write {allowed}.",
    ),
    "open311_key": (
        "Thiếu api_key hoặc api_key không đúng: xin khoá ở {contact}.",
        "The api_key is missing or wrong: {contact} gives out keys.",
    ),
    "open311_no_keys": (
        "Chưa có khoá api_key nào được cấp, nên chưa thể gửi qua Open311: hỏi {contact}.",
        "No api_key was given out yet, so nothing can be posted through Open311: ask {contact}.",
    ),
    "open311_form": (
        "Không đọc được: gửi application/x-www-form-urlencoded (UTF-8), có tệp thì multipart/form-data.",
        "It cannot be read: send application/x-www-form-urlencoded in UTF-8, with files multipart/form-data.",
    ),
    "comment_ended": ("Phản ánh đã kết thúc: hãy gửi phản ánh mới.", "The report has ended: lodge another one."),
    "comments_full": ("Phản ánh đã có {limit} ý kiến.", "The report has {limit} comments, which is as many as it takes."),
    "receipt_not_yet": (
        "Đơn đã được tiếp nhận. Sổ ghi được đóng dấu mỗi 10 giây: hãy lấy biên nhận sau ít giây.",
        "Your petition is lodged. The log is signed every ten seconds: fetch the receipt in a moment.",
    ),
    "attachment_not_found": ("Không có tệp nào như vậy.", "There is no such file."),
}


def build(environ: Mapping[str, str], *, clock: Clock) -> Service:
    """Return the service. Raises Malformed listing every setting that is not right."""
    settings = load_settings(Settings, environ, prefix=PREFIX)
    doors = _doors(settings, clock=clock)
    database = doors.database
    bus = participant(database=database, bus=settings.bus, clock=clock)
    filling, listing = Filling(database, doors.cipher), Listing(doors.topics)
    erasing = Erasing(database, doors.files.objects, doors.retention, clock)

    async def readiness() -> list[str]:
        return [*filling.problems(), *erasing.problems(), *await bus.problems()]

    app = build_app(
        name=NAME,
        routers=[*build_routers(doors), _pages(doors)],
        pages=Pages(templates=HERE / "templates"),
        routes=build_routes(doors),
        verifier=TokenVerifier(settings.identity),
        clock=clock,
        limits=settings.limits,
        repeats=Repeats(database, doors.cipher.ordinary, own_keys),
        readiness=readiness,
        parked=bus.parked,
        events=bus.part,
        ledger=database,
        body_limit=body_limit,
        door_of=door_of,
    )
    _finish(app)

    async def start() -> None:
        doors.desk.start()
        for part in (listing, filling, erasing, bus):
            await part.start()

    async def stop() -> None:
        for part in (doors.desk.stop, listing.stop, filling.stop, erasing.stop, bus.stop, doors.close):
            await part()

    return Service(name=NAME, app=app, start=start, stop=stop)


def _pages(doors: Doors) -> APIRouter:
    """Return the doors of pages."""
    around = Around(doors.database, doors.cipher, doors.answers, doors.desk)
    return pages.router(around, doors.log, doors.clock, proof_url=doors.proof_url)


def _doors(settings: Settings, *, clock: Clock) -> Doors:
    problems.register(_PROBLEMS)
    database = Database(settings.database.sqlalchemy_url(), schema=NAME, pool_size=settings.database.pool_size)
    cipher = Ciphers.from_files(settings.master_key_file, settings.sealed_key_file)
    tokens = ServiceTokens(settings.identity.service_secret_file, NAME)
    return Doors(
        database=database,
        cipher=cipher,
        desk=Desk(database, cipher),
        files=Stores(database, DiskStore(settings.attachments_dir), Cleaner(), cipher),
        register=CommuneRegister(database, gazetteer(settings.polygons_file)),
        answers=RoutingAnswers(settings.routing_url, tokens, clock),
        log=AuditLog(settings.audit_url, tokens, clock),
        topics=RoutingTopics(settings.routing_url, clock),
        clock=clock,
        tracking_url=settings.tracking_url,
        proof_url=settings.proof_url,
        receipt_url=settings.receipt_url,
        shingle_key=shingle_key(settings.master_key_file),
        retention=read_retention(settings.retention_file),
        open311=Open311(
            keys=ClientKeys(settings.open311_keys_file),
            contact=settings.open311_contact,
            url=settings.open311_url,
        ),
    )


def _finish(app: FastAPI) -> None:
    """Let clients of Open311 read their mistakes; add the hot door to the document, which is then completed like every other."""
    app.add_middleware(InTheirForm)
    plain = app.openapi
    app.openapi = lambda: document(plain())  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    describe(app, EXAMPLES)
