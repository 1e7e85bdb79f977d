"""The page that checks receipts in the reader's own browser, and the same page as one file for machines without a network.

Everybody may open it; it has the log's public keys in it and asks nothing of any server.
"""

import hashlib
from base64 import b64encode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.audit.handlers.closing import TheLog
from shared.web.language import language_of
from shared.web.pages import Pages, page

FILE_NAME = "kiem-tra-bien-nhan.html"
STYLE = "pages.css"
SCRIPTS = ("proof.js", "proof-page.js")


def router(log: TheLog) -> APIRouter:
    """Return the doors."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/proof")
    async def proof(request: Request) -> Response:
        """Check a receipt: a file, or what a telephone read. All of it is computed in the browser."""
        return page(request, "proof.html", keys=_keys(log))

    @routes.get("/proof/alone")
    async def alone(request: Request) -> Response:
        """Save the page that checks receipts as one file that needs no network."""
        pages: Pages = request.app.state.pages
        style, script = pages.static.text(STYLE), "\n".join(pages.static.text(name) for name in SCRIPTS)
        own = {"style": Markup(f"<style>{style}</style>"), "script": Markup(f"<script>{script}</script>")}  # noqa: S704 - our files
        facts = {**own, "policy": Markup(_policy(style, script)), "keys": _keys(log)}  # noqa: S704 - made of digests
        html = pages.render("proof-alone.html", facts, language=language_of(request))
        return HTMLResponse(
            html, headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "Vary": "Accept-Language, Cookie"}
        )

    return routes


def _keys(log: TheLog) -> str:
    """Return the keys that sign the log, one a line, the present one first."""
    return "\n".join(str(signer.vkey) for signer in log.signers)


def _policy(style: str, script: str) -> str:
    """Return the policy of the file: its own script and style by their digests, and nothing else at all."""
    allowed = {"default-src": "'none'", "script-src": _digest(script), "style-src": _digest(style)}
    return "; ".join(f"{name} {value}" for name, value in (allowed | {"base-uri": "'none'", "form-action": "'none'"}).items())


def _digest(content: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
