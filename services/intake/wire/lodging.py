"""The body of `POST /petitions`, and its way into the domain and into the event."""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.intake.domain.lodging import OTHER_COMMUNES_MAX, PLACE_CHARACTERS_MAX, Lodging
from services.intake.domain.mistakes import Mistake
from services.intake.domain.people import PEOPLE_MAX, Contact, Person
from services.intake.domain.places import coarse
from shared.contracts.intake import PetitionJoinedV1, PetitionLodgedV1, SourceFactsV1
from shared.contracts.words import Channel, Kind, Language, Procedure, Rank, Urgency

REGION = "VN"
_BODY_CHARACTERS_MAX = 100_000
_PEOPLE_READ_MAX = 2 * PEOPLE_MAX

# A Vietnamese mobile number: nine digits after 0 or +84, the first of them 3, 5, 7, 8 or 9.
_PLAIN_NUMBER = re.compile(r"(?:0|\+84)([35789][0-9]{8})")
_SPACING = str.maketrans("", "", " .-")

_TYPES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "enum": "not_listed",
    "json_invalid": "not_json",
    "timezone_aware": "naive_instant",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "dict_type": "not_an_object",
    "list_type": "not_a_list",
    "string_type": "not_a_text",
    "string_unicode": "not_a_text",
    "float_type": "not_a_number",
    "float_parsing": "not_a_number",
    "finite_number": "not_a_number",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "bool_type": "not_true_or_false",
    "bool_parsing": "not_true_or_false",
    "date_type": "not_a_day",
    "date_parsing": "not_a_day",
    "date_from_datetime_parsing": "not_a_day",
}


class Petitioner(BaseModel):
    """Who lodges: everything is optional, all of it goes to the vault."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = Field(default=None, description="complaints and denunciations: where the petitioner lives")


class JointPetitioner(Petitioner):
    """One of several who lodge together; the first one hands it in."""

    is_representative: bool = Field(default=False, description="speaks for all")
    has_signed: bool = Field(default=False, description="signed the petition and the paper that appoints who speaks")


class LodgePetition(BaseModel):
    """A petition as it is sent to us."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "field_report",
                    "text": "Nắp cống trước số 12 phố Hàng Bài bị vỡ, rất nguy hiểm.",
                    "commune": "00070",
                    "place": "12 Hàng Bài",
                    "petitioner": {"name": "Nguyễn Văn A", "email": "a@example.vn"},
                }
            ]
        },
    )

    kind: Kind
    text: Annotated[str, Field(max_length=_BODY_CHARACTERS_MAX)]
    jurisdiction: str = "hanoi"
    topic: str | None = None
    commune: str | None = Field(
        default=None,
        max_length=PLACE_CHARACTERS_MAX,
        description="five-digit code, or a name, also one of before 1 July 2025; left out it is told by the coordinates",
    )
    latitude: float | None = Field(default=None, allow_inf_nan=False)
    longitude: float | None = Field(default=None, allow_inf_nan=False)
    place: str | None = Field(default=None, description="the place in words")
    petitioner: Petitioner | None = None
    channel: Channel = Channel.WEB
    language: Language = Language.VI
    urgency: Urgency | None = Field(default=None, description="as the clerk judges it; else routing decides")
    against: str | None = Field(
        default=None, max_length=64, description="complaint: office that decided; denunciation: office of who is denounced"
    )
    against_rank: Rank | None = Field(default=None, description="denunciation: what he is there; where unknown he may lead it")
    other_communes: list[str] = Field(
        default_factory=list, max_length=OTHER_COMMUNES_MAX, description="further communes that it concerns"
    )
    petitioners: list[JointPetitioner] = Field(
        default_factory=list, max_length=_PEOPLE_READ_MAX, description="all who lodge it jointly, in place of `petitioner`"
    )
    appointed_on: date | None = Field(default=None, description="day of the paper that appoints who speaks for five or more")


class Receipt(BaseModel):
    """The answer to a lodging."""

    code: str = Field(description="the tracking code")
    secret: str = Field(description="proves that one is the petitioner: to withdraw, contest or judge the answer; keep it")
    petition_id: str
    lodged_at: str
    petitioners: list[str] = Field(default_factory=list, description="joint petition: everybody's own secret, in the order given")


class SealedReceipt(BaseModel):
    """The answer to a denunciation: no code leads to it, the phrase alone does."""

    model_config = ConfigDict(extra="forbid")

    phrase: str = Field(description="eight words: to see how far it has come, to add to it, to withdraw it; keep it to yourself")
    lodged_at: str
    petitioners: list[str] = Field(default_factory=list, description="jointly lodged: everybody's own phrase, in the order given")


def parse_lodging(body: bytes) -> tuple[Lodging | None, list[Mistake]]:
    """Return the petition, or None and everything that could not be read."""
    try:
        sent = LodgePetition.model_validate_json(body)
    except ValidationError as error:
        return None, mistakes_of(error)
    contact, mistakes = contact_of(sent.petitioner)
    people, wrong = _people_of(sent)
    mistakes = [*mistakes, *wrong]
    if people:
        contact = people[0].contact
    lodging = Lodging(
        kind=sent.kind,
        jurisdiction=sent.jurisdiction,
        text=sent.text,
        topic=sent.topic or None,
        commune=sent.commune or None,
        latitude=sent.latitude,
        longitude=sent.longitude,
        place=(sent.place or "").strip() or None,
        contact=contact,
        channel=sent.channel,
        language=sent.language,
        urgency=sent.urgency,
        against=sent.against or None,
        against_rank=sent.against_rank,
        other_communes=tuple(sent.other_communes) or None,
        people=people if len(people) > 1 else None,
        appointed_on=sent.appointed_on,
    )
    return lodging, mistakes


def _people_of(sent: LodgePetition) -> tuple[tuple[Person, ...], list[Mistake]]:
    mistakes = [Mistake("petitioner", "either_one")] if sent.petitioner is not None and sent.petitioners else []
    people = []
    for place, item in enumerate(sent.petitioners, start=1):
        contact, wrong = contact_of(item, field=f"petitioners.{place}")
        mistakes += wrong
        people.append(Person(contact, item.is_representative, item.has_signed))
    return tuple(people), mistakes


def mistakes_of(error: ValidationError) -> list[Mistake]:
    """Translate what Pydantic found."""
    return [_mistake(item) for item in error.errors(include_url=False, include_input=False)]


def _mistake(item: Any) -> Mistake:
    field = ".".join(str(part) for part in item["loc"]) or "body"
    facts = item.get("ctx") or {}
    if item["type"] == "string_too_long":
        limit = facts["max_length"]
        return Mistake(field, "too_long", {"length": f"> {limit}", "limit": limit})
    code = _TYPES.get(item["type"], "unreadable")
    return Mistake(field, code, {"allowed": str(facts.get("expected", "")).replace(" or ", ", "), "why": item["type"]})


def contact_of(sent: Petitioner | None, *, field: str = "petitioner") -> tuple[Contact, list[Mistake]]:
    """Return the contact with its phone number in international form, and what is wrong with it."""
    if sent is None:
        return Contact(), []
    phone, mistakes = None, []
    if sent.phone and sent.phone.strip():
        phone = _international(sent.phone)
        if phone is None:
            mistakes.append(Mistake(f"{field}.phone", "bad_phone"))
    email = (sent.email or "").strip() or None
    name, address = (sent.name or "").strip() or None, (sent.address or "").strip() or None
    return Contact(name=name, email=email, phone=phone, address=address), mistakes


def _international(written: str) -> str | None:
    """Return a number in international form, None where it is none. The library is asked only where the form is not plain."""
    plain = _PLAIN_NUMBER.fullmatch(written.translate(_SPACING))
    if plain:
        return f"+84{plain[1]}"
    try:
        number = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def lodged_event(
    lodging: Lodging,
    *,
    code: str,
    source: SourceFactsV1 | None = None,
    received_by: str | None = None,
    commitment: str | None = None,
) -> PetitionLodgedV1:
    """Return what is said of a petition: no name, contact or text; of a denunciation neither place nor topic."""
    is_open = not lodging.is_sealed
    return PetitionLodgedV1(
        code=code,
        kind=Kind(lodging.kind),
        jurisdiction=lodging.jurisdiction,
        topic=lodging.topic if is_open else None,
        commune=lodging.commune if is_open else None,
        latitude=coarse(lodging.latitude) if is_open and lodging.latitude is not None else None,
        longitude=coarse(lodging.longitude) if is_open and lodging.longitude is not None else None,
        channel=Channel(lodging.channel),
        language=Language(lodging.language),
        urgency=Urgency(lodging.urgency) if lodging.urgency and is_open else None,
        is_reachable=lodging.contact.is_reachable,
        is_physical=lodging.is_physical and is_open,
        has_text=bool(lodging.text),
        source=source,
        procedure=_procedure(lodging, is_imported=source is not None),
        follows=lodging.follows,
        part_of=lodging.part_of if is_open else None,
        against=lodging.against,
        against_rank=Rank(lodging.against_rank) if lodging.against_rank else None,
        other_communes=list(lodging.other_communes or ()) if is_open else [],
        received_by=received_by,
        petitioners=len(lodging.people) if lodging.people else None,
        commune_origin=lodging.commune_origin if is_open else None,
        content_commitment=commitment,
    )


def joined_event(
    petitioner_id: UUID, contact: Contact, language: str, *, is_representative: bool, number: int
) -> PetitionJoinedV1:
    """Return what is said of a further petitioner: neither who nor where he is."""
    return PetitionJoinedV1(
        petitioner_id=petitioner_id,
        is_reachable=contact.is_reachable,
        language=Language(language),
        is_representative=is_representative,
        petitioners=number,
    )


def _procedure(lodging: Lodging, *, is_imported: bool) -> Procedure | None:
    """Return the procedure that was said, or that of a denunciation without a name (Law on Denunciations art. 25).

    Another system gives no names at all: what it says is not taken for anonymous.
    """
    if lodging.procedure:
        return Procedure(lodging.procedure)
    is_anonymous = lodging.is_sealed and lodging.contact.name is None and not is_imported
    return Procedure.DENUNCIATION_ANONYMOUS if is_anonymous else None


def vault_content(lodging: Lodging) -> dict[str, Any]:
    """Return what goes to the vault; empty where nothing was said that is personal or free text."""
    said = {
        "text": lodging.text,
        "place": lodging.place,
        "name": lodging.contact.name,
        "email": lodging.contact.email,
        "phone": lodging.contact.phone,
        "address": lodging.contact.address,
        "latitude": lodging.latitude,
        "longitude": lodging.longitude,
        "is_representative": lodging.people[0].is_representative if lodging.people else None,
        "appointed_on": lodging.appointed_on.isoformat() if lodging.appointed_on else None,
    }
    if lodging.is_sealed:
        said |= {"topic": lodging.topic, "commune": lodging.commune, "former_text": lodging.former_text}
    return {field: value for field, value in said.items() if value not in (None, "")}
