"""Headers, cookies and compression: right on every response, whatever made it."""

import dataclasses
import gzip

import pytest
import sqlalchemy as sa

from survey.app import create_app

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOST = "http://127.0.0.1:8000"


@pytest.fixture
def secure_app(settings):
    """Make the application as it runs behind https."""
    secure = dataclasses.replace(
        settings, base_url="https://survey.example.org", trusted_hosts=("survey.example.org",)
    )
    app = create_app(secure)
    yield app
    app.extensions["tillit"].storage.close()


def every_kind(visitor, token):
    """One response of each kind: page, redirect, asset, error, sign of life."""
    visitor.open(token)
    css = visitor.client.application.extensions["tillit"].renderer.assets["tillit.css"].path
    for path in ("/", "/respond/1/1", "/respond/about", "/nowhere", "/r/x", css, "/healthz",
                 "/static/0/x", "/compare/x/1", "/receipt/x", "/respond"):  # fmt: skip
        yield path, visitor.client.get(path, base_url=HOST)
    yield "put", visitor.client.put("/", base_url=HOST)
    yield "foreign", visitor.client.get("/", base_url="http://evil.example")
    yield "large", visitor.client.post("/", data=b"x" * 300_000, base_url=HOST)
    yield "start", visitor.client.post(f"/r/{token}", data={}, base_url=HOST)


def test_every_response_carries_the_headers(visitor, token):
    kinds = dict(every_kind(visitor, token))
    assert {200, 308, 400, 404, 405} <= {response.status_code for response in kinds.values()}
    for kind, response in kinds.items():
        headers = response.headers
        assert headers["Content-Security-Policy"] == CSP, kind
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers  # plain http, on loopback
        is_asset = kind.endswith(".css")
        assert headers["Cache-Control"] == (
            "public, max-age=31536000, immutable" if is_asset else "no-store"
        )


def test_https_adds_hsts_and_the_host_cookie(secure_app):
    client = secure_app.test_client()
    response = client.get("/", base_url="https://survey.example.org")
    assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tillit=")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_the_cookie_on_loopback(visitor, token):
    response = visitor.client.get(f"/r/{token}", base_url=HOST)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("tillit=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }


def test_assets_and_pages_are_compressed_when_the_browser_takes_it(visitor, token):
    zipped = {"Accept-Encoding": "br, gzip"}
    site = visitor.client.application.extensions["tillit"].renderer
    for path in (f"/r/{token}", *(asset.path for asset in site.assets.values())):
        plain = visitor.client.get(path, base_url=HOST)
        small = visitor.client.get(path, base_url=HOST, headers=zipped)
        assert "Content-Encoding" not in plain.headers
        assert small.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in small.headers["Vary"]
        assert len(small.data) < len(plain.data)
        assert int(small.headers["Content-Length"]) == len(small.data)
    refused = {"Accept-Encoding": "gzip;q=0"}
    response = visitor.client.get(f"/r/{token}", base_url=HOST, headers=refused)
    assert "Content-Encoding" not in response.headers
    assert (
        "Content-Encoding"
        not in visitor.client.get("/healthz", base_url=HOST, headers=zipped).headers
    )


def test_pages_that_repeat_what_was_sent_are_never_compressed(visitor, token):
    """So the length of a response to chosen input tells nothing about the form's token."""
    page = visitor.open(token)
    for data in ({**page.form["fields"], "t1": "9" * 600}, {"t1": "1"}):
        response = visitor.client.post(
            "/respond/1/1", data=data, base_url=HOST, headers={"Accept-Encoding": "gzip"}
        )
        assert response.status_code == 400
        assert len(response.data) > 1000
        assert "Content-Encoding" not in response.headers


def test_a_respondent_s_page_costs_three_requests_and_thirty_kilobytes(visitor, token):
    """Page, stylesheet and script, all from this host; the browser tests count them too."""
    site = visitor.client.application.extensions["tillit"].renderer
    shared = sum(len(site.assets[name].zipped) for name in ("tillit.css", "autosave.js"))
    visitor.open(token)
    for path in (f"/r/{token}", "/respond/1/1", "/respond/about", "/"):
        page = visitor.get(path)
        assert page.html.count(' href="/static/') == 1
        assert page.html.count("src=") == page.html.count(' src="/static/') <= 1
        assert "http:" not in page.html.replace("http://www.w3.org/2000/svg", "")
        assert "https:" not in page.html
        assert " style=" not in page.html
        assert "<style" not in page.html
        assert len(gzip.compress(page.html.encode())) + shared < 30 * 1024


def test_an_asset_s_address_changes_with_its_content(visitor):
    site = visitor.client.application.extensions["tillit"].renderer
    assert len({asset.path for asset in site.assets.values()}) == len(site.assets)
    css = site.assets["tillit.css"]
    digest = css.path.split("/")[2]
    assert visitor.client.get(f"/static/{digest}/results.css", base_url=HOST).status_code == 404


def test_signs_of_life(visitor, app, monkeypatch):
    assert visitor.client.get("/healthz", base_url=HOST).data == b"ok\n"
    assert visitor.client.get("/readyz", base_url=HOST).data == b"ready\n"
    monkeypatch.setattr(app.extensions["tillit"].storage, "reader", broken_engine())
    assert visitor.client.get("/healthz", base_url=HOST).status_code == 200
    assert visitor.client.get("/readyz", base_url=HOST).status_code == 503


def broken_engine():
    return sa.create_engine("sqlite:////nowhere/at/all.sqlite3")
