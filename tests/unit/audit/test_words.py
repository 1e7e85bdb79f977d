"""Every event that the contracts know, and every oddity, has a name in both languages."""

import pytest

from services.audit.domain.oddities import OddityKind
from services.audit.wire.oddity_words import oddity_text
from services.audit.wire.words import event_title
from shared.contracts import event_types


@pytest.mark.parametrize("event_type", sorted(t for t, body in event_types().items() if body.__module__.startswith("shared.")))
def test_every_event_has_a_title_in_both_languages(event_type: str) -> None:
    what = ".".join(event_type.split(".")[2:4])
    vietnamese, english = event_title(what, language="vi"), event_title(what, language="en")
    assert what not in {vietnamese, english}
    assert vietnamese != english


@pytest.mark.parametrize("kind", list(OddityKind))
def test_every_oddity_has_words_in_both_languages(kind: OddityKind) -> None:
    assert oddity_text(kind, language="vi") != oddity_text(kind, language="en")
