"""The secret phrase of a denunciation: eight plain words in place of a public code, ``cánh diều gạo sóng lúa tre vườn thảm``.

Nobody but the denouncer has it, and no list, file or notice does; the database has a keyed digest of it. Seven words are chosen
out of 256 by a keyed hash (56 bits); the eighth follows from them, so a misread word is noticed before anything is looked up.
All words differ without their accents: whoever types "canh dieu gao" is understood.
"""

import hashlib
import unicodedata

from shared.kernel.refusals import Malformed

WORDS = tuple(
    """
    ấm bạc bài bàn bão bát bay bánh băng bắp bầu bếp bến bích bình biển bò bóng bơi bút búa bụi bưởi bướm cá cam cát cánh
    cao cau cày cần chai chanh chăn chép chén chiếu chim chìa chòi chợ chuông chuối chữ cò cọc cồng cơm cúc cung cửa dao dâu
    dây dế diều dòng dốc dừa đá đàn đất đèn đình điện đò đồi đường ếch gà gạch gạo gấc gấu ghe gió giàn giếng giường gỗ gối
    gốm gừng gương hạc hành hát hoa hòn hồ hộp hồng hến hẻm hương hươu hũ kẹo kén kê kiến kính khăn khế khoai khói khung
    khèn lá lạc lan lau làng lê lều liềm lông lò lợn lúa lưới lưng mai màn mành mâm mây mèo men mè mía mít miến mỏ mốc mùa
    mướp mực nai nắng nâu nấm nem nến nhà nhãn nho nhung nhện nón nong nơ núi nước nụ ngà ngan ngao ngô ngói ngọc ngựa nghé
    ong ốc ổi ớt pháo phên phà phố phượng phong quả quạt quê quần quýt rạ rau rèm rổ rồng rùa rừng rượu rươi răng sao sân
    sấu sen sò sỏi sóng sơn súng suối sữa sương tai táo tàu tay tép thang thảm thác thìa thóc thông thỏ thú thuyền thước
    tiêu tím tỏi tôm tơ trà trai trâu tre treo trăng trống trúc trứng tranh trời tủ tường vải vàng vạc vành ve vẹt ví vịt
    voi võng vở vườn vừng xanh xe xẻng xoài xoan xôi xuân xuồng yến
    """.split()  # noqa: SIM905 - two hundred and fifty-six quoted words would be read by nobody
)
CHOSEN = 7
LENGTH = CHOSEN + 1
CHARACTERS_MAX = 200

_PURPOSE = b"caunoi/phrase/v1/"
_DIGEST_PURPOSE = b"caunoi/phrase-digest/v1/"


class BadPhrase(Malformed):
    """The phrase was misread or mistyped; no such phrase was ever given out."""

    code = "bad_phrase"


def context_of(petition_id: bytes) -> bytes:
    """Return what the phrase of a petition is derived from."""
    return _PURPOSE + petition_id


def digest_context(phrase: str) -> bytes:
    """Return what the digest is derived from that a phrase is found by."""
    return _DIGEST_PURPOSE + folded(phrase).encode()


def phrase_of(stamp: bytes) -> str:
    """Return the phrase that a stamp (at least 7 bytes that cannot be guessed) stands for."""
    chosen = stamp[:CHOSEN]
    return " ".join(WORDS[number] for number in (*chosen, _check(chosen)))


def parse(written: str) -> str:
    """Return the phrase in its one written form; accents, capitals and what stands between the words do not matter.

    Raises BadPhrase where the number of words, a word or the last one, which follows from the others, is wrong.
    """
    words = folded(written).split()
    if len(words) != LENGTH:
        raise _bad("length")
    unknown = [place for place, word in enumerate(words, start=1) if word not in _NUMBERS]
    if unknown:
        raise _bad("word", unknown[0])
    numbers = bytes(_NUMBERS[word] for word in words)
    if _check(numbers[:CHOSEN]) != numbers[CHOSEN]:
        raise _bad("check_word")
    return " ".join(WORDS[number] for number in numbers)


def folded(written: str) -> str:
    """Return words of a to z in lower case, one space between them."""
    plain = unicodedata.normalize("NFD", written.lower().replace("đ", "d"))
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if "a" <= letter <= "z" else " " for letter in letters).split())


def _check(numbers: bytes) -> int:
    return hashlib.sha256(_PURPOSE + numbers).digest()[0]


_NUMBERS = {folded(word): number for number, word in enumerate(WORDS)}
_REMEDIES = {
    "length": ("Cụm từ có đúng 8 từ, xem trên biên nhận", "A phrase has exactly 8 words: see the receipt"),
    "word": ("Từ thứ {place} không có trong danh sách: xin đọc lại", "Word {place} is in no phrase: read it again"),
    "check_word": ("Có từ bị đọc nhầm hoặc sai thứ tự: xin đọc lại từng từ", "A word was misread or misplaced: read them again"),
}


def _bad(reason: str, place: int = 0) -> BadPhrase:
    vietnamese, english = (words.format(place=place) for words in _REMEDIES[reason])
    error = {"field": "phrase", "reason": reason, "remedy": f"{vietnamese} · {english}"}
    return BadPhrase("the phrase was misread or mistyped", errors=[error])
