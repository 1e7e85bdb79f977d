"""The pages that only a city on one machine has, in both languages side by side: start page, mailbox, the demo issuer's sign-in.

They look like all pages. The style stands in them, named by its digest: the applications of a demonstration stand behind
different gateways and have no place in common for files. No script, nothing from elsewhere.
"""

import hashlib
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from shared.web import Pages

_OWN = Path(__file__).parent / "templates"
_STYLE = Pages().static.text("pages.css") + (_OWN / "local.css").read_text(encoding="utf-8")
_DIGEST = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_templates = Environment(
    loader=FileSystemLoader(_OWN),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["style"] = Markup(_STYLE)  # noqa: S704 - a file of ours, named by its digest in the policy


def page(template: str, *, status: int = 200, leads_to: str = "", **facts: object) -> Response:
    """Return the page `template` filled with `facts`. Its form may lead to the origin `leads_to` beside our own."""
    policy = f"{_POLICY}; form-action 'self' {leads_to}".rstrip()
    html = _templates.get_template(template).render(facts)
    return HTMLResponse(html, status_code=status, headers=_HEADERS | {"Content-Security-Policy": policy})
