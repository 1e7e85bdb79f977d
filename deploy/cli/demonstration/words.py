"""What synthetic petitioners write about, by topic: sentences of our own, no real person, no real event."""

MARK = "[Dữ liệu giả lập]"
"""Every synthetic text begins with it."""

STREETS = (
    "Hàng Bài", "Tràng Thi", "Lý Thường Kiệt", "Bà Triệu", "Phố Huế", "Nguyễn Trãi", "Kim Mã", "Đội Cấn", "Lạc Long Quân",
    "Xuân Thủy", "Trần Duy Hưng",
    "Láng Hạ", "Tôn Đức Thắng", "Giải Phóng", "Minh Khai", "Nguyễn Văn Cừ", "Ngô Gia Tự", "Quang Trung",
)  # fmt: skip

FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ")
GIVEN_NAMES = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Hải", "Lan", "Minh", "Nam", "Oanh", "Phúc", "Quân", "Thảo", "Yến")

# Topic, weight, and sentences; `{street}` and `{number}` are filled in.
TOPICS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("ngap-ung", 14, ("Nắp cống trước số {number} {street} bị vỡ.", "Cứ mưa to là {street} ngập đến nửa bánh xe.",
        "Cống thoát nước ở {street} bị tắc nhiều ngày, nước tràn lên vỉa hè.")),
    ("giao-thong", 14, ("Đèn tín hiệu ở ngã tư {street} hỏng từ sáng.", "Ổ gà lớn trước số {number} {street}, xe máy dễ ngã.",
        "Xe buýt đỗ sai chỗ ở {street} giờ cao điểm.")),
    ("rac-thai", 16, ("Rác trước số {number} {street} ba ngày chưa được thu gom.",
        "Bãi phế thải xây dựng đổ trộm ở cuối {street}.",
        "Điểm tập kết rác {street} bốc mùi, xin dời đi chỗ khác.")),
    ("trat-tu-via-he", 14, ("Hàng quán chiếm hết vỉa hè {street}, người đi bộ phải xuống lòng đường.",
        "Vỉa hè số {number} {street} bị dùng làm chỗ trông xe.")),
    ("tieng-on", 10, ("Quán karaoke số {number} {street} mở nhạc đến một giờ sáng.", "Loa kéo ở {street} ồn suốt buổi tối.")),
    ("chieu-sang", 8, ("Đèn đường {street} không sáng từ số {number} trở đi.", "Cột đèn trước số {number} {street} bị nghiêng.")),
    ("cay-xanh", 6, ("Cành cây gãy treo trước số {number} {street}.", "Cây đổ chắn ngang ngõ {number} {street}.")),
    ("trat-tu-xay-dung", 6, ("Công trình số {number} {street} xây vượt số tầng trên biển phép.",
        "Thợ thi công ban đêm ở số {number} {street}.")),
    ("cap-nuoc", 4, ("Ngõ {number} {street} mất nước từ hôm qua.", "Ống nước vỡ trước số {number} {street}.")),
    ("o-nhiem", 4, ("Xưởng ở ngõ {number} {street} đốt nhựa, khói đen cả khu.",)),
    ("an-toan-thuc-pham", 2, ("Bếp ăn số {number} {street} để thịt ngoài nắng.",)),
    ("giao-duc", 2, ("Trường gần {street} thu thêm khoản ngoài thông báo.",)),
)  # fmt: skip

ANSWERS = (
    "Đã cử đội xử lý và hoàn thành trong ngày. Cảm ơn bà con đã phản ánh.",
    "Đã kiểm tra hiện trường, yêu cầu khắc phục và sẽ kiểm tra lại trong tuần này.",
    "Đã khắc phục xong. Mời xem ảnh hiện trường kèm theo.",
)
