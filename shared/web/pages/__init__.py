"""Pages: HTML from the server, Vietnamese first, that works without scripts and loads nothing from elsewhere (docs/pages.md)."""

from shared.web.pages.answering import ProblemPages, local, page, see, wants_page
from shared.web.pages.doors import pages_routers
from shared.web.pages.rendering import Pages

__all__ = ["Pages", "ProblemPages", "local", "page", "pages_routers", "see", "wants_page"]
