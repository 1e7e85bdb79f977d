"""Pages: HTML from the server, Vietnamese first, that works without scripts and loads nothing from elsewhere (docs/pages.md)."""

from shared.web.pages.answering import ProblemPages, local, page, wants_page
from shared.web.pages.doors import pages_router
from shared.web.pages.rendering import Pages
from shared.web.pages.sign_in import sign_in_router

__all__ = ["Pages", "ProblemPages", "local", "page", "pages_router", "sign_in_router", "wants_page"]
