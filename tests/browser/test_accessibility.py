"""axe-core on every kind of page, in four languages, narrow and wide, light and dark."""

import base64
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis import report
from survey.app import create_app
from survey.kinds import KINDS as KINDS_OF_QUESTION
from survey.pages.rendering import TEMPLATES
from survey.services import demo, drafts
from survey.services.accounts import totp
from survey.storage.base import now

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PASSWORD = "blue lamp on a quiet stair"
WIDTHS = (375, 1280)
SCHEMES = ("light", "dark")
STYLES = TEMPLATES.parent / "static"
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}", re.DOTALL)
COLOUR = re.compile(r"#[0-9a-f]{6}|var\(--[a-z0-9-]+, #[0-9a-f]{6}\)")
KINDS = {  # every kind of page → the template that draws it
    "start": "start", "start with an error": "start", "landing": "landing", "list": "roster",
    "list with a partner left out": "roster", "about": "about", "first page": "page",
    "saved": "page", "without a connection": "page", "refused": "page", "too old": "page",
    "page": "page", "guesses": "page", "mistake": "page", "review": "review", "copy": "copy",
    "receipt with more to come": "receipt", "last receipt": "receipt", "withdraw": "withdraw",
    "withdrawn": "receipt", "used link": "error", "unknown link": "error", "no session": "error",
    "open link": "landing", "personal link": "link", "submitted elsewhere": "submitted",
    "stop mail": "mail_stop", "mail is stopped": "mail_stop",
    "log-in": "login", "log-in refused": "login", "password forgotten": "forgotten",
    "link is mailed": "forgotten", "new password": "new_password", "weak password": "new_password",
    "code": "code", "wrong code": "code", "log-out anew": "logout", "studies": "studies",
    "study": "study", "account": "account", "account with a mistake": "account",
    "second factor": "second_factor", "recovery codes": "recovery_codes", "users": "users",
    "partners": "partners", "partner": "partner", "partner refused": "partner",
    "sheet": "register_import", "sheet refused": "register_import", "sheet read": "register_look",
    **{f"making: {step}": "making" for step in (*drafts.STEPS, drafts.LAST)},
    "links": "links", "links of a study with names": "links", "rows for analysis": "export",
    "preview": "preview", "preview to be chosen first": "preview", "previewed page one": "landing",
    "previewed page": "page", "previewed draft": "landing", "making: mistake": "making",
    "draft study": "study", "open study": "study",
    "people": "people", "people refused": "people",
    "people read": "people_look", "user with a link": "user", "user": "user", "log": "log",
    "record": "record", "new entry": "record_new", "entry refused": "record_new",
    "entry": "record_entry", "step refused": "record_entry", "line of time": "timeline",
    "card to let out": "release", "card let out": "release", "card and reply": "release_seen",
    "right of reply": "reply", "reply refused": "reply", "reply stored": "reply",
    "administration": "administration",
    "comparison": "workspace", "aspects of partners": "workspace_aspects",
    "scorecard": "workspace_scorecard", "score and volume": "workspace_scope",
    "partners not beside": "workspace_beside", "partners beside": "workspace_beside",
    "card of a partner": "card", "card of a hidden partner": "card",
    "reports": "reports", "no report of nobody": "reports",
    "report on a partner": "report_printed", "report on all": "report_printed",
    "mail": "mail", "mail stopped": "mail_stopped", "mail not resumed": "mail_stopped",
    "study mail": "study_mail", "mail words": "mail_words", "mail words refused": "mail_words",
    "mail words looked at": "mail_words",
    "nothing here": "error",
    "results": "results", "research": "research", "participation": "participation",
}  # fmt: skip
NO_PAGE = {
    "start.static_file", "start.healthz", "start.readyz", "results.report", "results.numbers",
    "research.whole", "research.numbers", "links.picture", "exporting.codebook", "metrics.show",
    "reports.download",
}  # fmt: skip
CONTROLS = {  # how each kind of question is recognised on a page
    "rating": ".points:not(.list) [type=radio]",
    "choice": ".points.list [type=radio]",
    "pick": "[type=checkbox]",
    "text": "textarea",
}


LOOK = """([tags, colours]) => {
    const rules = axe.getRules(["cat.color"]).filter(rule => rule.tags.some(t => tags.includes(t)));
    const only = {type: "rule", values: rules.map(rule => rule.ruleId)};
    const runOnly = colours ? only : {type: "tag", values: tags};
    return axe.run({runOnly, resultTypes: ["violations"]}).then(found => found.violations.map(
        one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 120))]));
}"""


def violations(page):
    """Look for violations at each width; in the dark by the rules that look at colours."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            broken = page.evaluate(LOOK, [TAGS, scheme == "dark"])
            found += [(width, scheme, rule, nodes) for rule, nodes in broken]
    page.emulate_media(color_scheme="light")
    return found


def test_in_the_dark_nothing_changes_but_colours():
    """So pages in the dark may be looked at by fewer rules."""
    sheets = [*STYLES.glob("*.css"), *Path(report.__file__).parent.glob("*.css")]
    dark = [block for sheet in sheets for block in DARK.findall(sheet.read_text("utf-8"))]
    assert dark
    declared = [line for block in dark for line in re.findall(r"([\w-]+):\s*([^;{}]+);", block)]
    other = [(name, value) for name, value in declared if not COLOUR.fullmatch(value)]
    assert other == []


def kinds_of_page(page, site, language):
    """Come by every kind of page; yields its name when the page is shown."""
    base = site.base_url
    page.goto(f"{base}/?lang={language}")
    yield "start"
    press(page)
    yield "start with an error"
    link = site.everything(language, partners=2)
    yield from first_pages(page, base, link)
    yield from last_pages(page, base, link)
    page.goto(f"{base}/r/{'x' * 22}?lang={language}")
    yield "unknown link"
    page.context.clear_cookies()
    page.goto(f"{base}/respond/?lang={language}")
    yield "no session"
    page.goto(f"{site.stop_link()}?lang={language}")
    yield "stop mail"
    press(page)
    yield "mail is stopped"
    yield from anonymous_pages(page, site, language)
    page.goto(f"{site.results}&lang={language}")
    for summary in page.locator("summary").all()[:2]:
        summary.click()
    yield "results"
    page.goto(f"{site.research()}&lang={language}")
    page.click("details.recompute summary")
    yield "research"
    page.goto(f"{site.research(demo.OPEN_STUDY)}&lang={language}")
    yield "participation"
    yield from staff_pages(page, site, language)


def first_pages(page, base, link):
    page.goto(link)
    yield "landing"
    press(page)
    yield "list"
    press(page, "[name=decline] >> nth=1")
    yield "list with a partner left out"
    press(page, "[name=undecline]")
    page.goto(f"{base}/respond/about")
    yield "about"
    page.goto(f"{base}/respond/1/1")
    yield "first page"
    choose(page)
    page.wait_for_selector(".saved[data-state=saved]")
    yield "saved"
    page.context.set_offline(True)
    clear(page)
    page.wait_for_selector(".saved[data-state=waiting]")
    yield "without a connection"
    page.context.set_offline(False)
    page.wait_for_selector(".saved[data-state=saved]", timeout=20_000)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    clear(page)
    page.wait_for_selector(".refusal:not([hidden])")
    yield "refused"
    page.context.add_cookies(cookies)
    page.reload()
    page.wait_for_selector(".saved[data-state=saved]")  # what was kept for the reload is sent
    page.evaluate("document.querySelector('[name=csrf_token]').value = ''")
    press(page)
    yield "too old"
    press(page)


def last_pages(page, base, link):
    looks = {".points.numbers", ".points.list [type=radio]", "[type=checkbox]"}
    while not page.url.endswith("review"):
        new = {look for look in looks if page.locator(look).count()}
        looks -= new
        if page.locator(".guess").count():
            yield "guesses"
        elif new:
            yield "page"
        if page.locator("textarea").count() and not page.input_value("textarea >> nth=0"):
            page.fill("textarea >> nth=0", "x" * 2001)
            press(page)
            yield "mistake"
            page.fill("textarea >> nth=0", "A line.\nAnd another.")
        press(page)
    page.click("summary")
    yield "review"
    page.click("[href$=copy]")
    yield "copy"
    page.go_back()
    press(page)
    yield "receipt with more to come"
    while not (page.url.startswith(f"{base}/receipt") and page.locator("form").count() == 0):
        press(page)
    yield "last receipt"
    page.click("[href$=withdraw]")
    yield "withdraw"
    press(page)
    yield "withdrawn"
    page.goto(link)
    yield "used link"


def anonymous_pages(page, site, language):
    page.goto(f"{site.open_link()}?lang={language}")
    yield "open link"
    press(page)
    yield "personal link"
    link = page.input_value("#personal-link")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.goto(link)
    press(page)
    for place in (1, 2):
        page.goto(f"{site.base_url}/respond/{place}/1")
        while "/receipt/" not in page.url:
            press(page)
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    page.goto(f"{site.base_url}/respond/1/1")
    yield "submitted elsewhere"


def staff_pages(page, site, language):
    """Come by the pages of those who log in, as an admin."""
    base, email = site.base_url, site.user(language)
    page.context.clear_cookies()
    page.goto(f"{base}/login?lang={language}")
    yield "log-in"
    press(page)
    yield "log-in refused"
    page.goto(f"{base}/reset?lang={language}")
    yield "password forgotten"
    page.fill("#email", email)
    press(page)
    yield "link is mailed"
    page.goto(site.reset_link(email))
    yield "new password"
    page.fill("#password", "passord12345")
    press(page)
    yield "weak password"
    page.goto(f"{base}/login?lang={language}&next=/studies")
    log_in(page, email)
    yield "studies"
    page.goto(f"{base}/studies/{demo.CLOSED_STUDY}")
    yield "study"
    yield from register_pages(page, base, language)
    yield from record_pages(page, site.partner(language), language)
    yield from comparison_pages(page, base, language)
    yield from making_pages(page, base)
    yield from campaign_pages(page, site, language)
    yield from mail_pages(page, site)
    yield from account_pages(page, base, email)
    page.goto(f"{base}/users")
    yield "users"
    page.fill("#name", "Vera")
    page.fill("#email", f"vera-{language}@x.no")
    page.select_option("#role", "viewer")
    press(page, "h2#add ~ form button.main")
    yield "user with a link"
    press(page, "button[value=save]")
    yield "user"
    page.goto(f"{base}/log")
    yield "log"
    page.goto(f"{base}/administration")
    yield "administration"
    page.goto(f"{base}/studies/none")
    yield "nothing here"
    page.evaluate("document.querySelector('.staff [name=csrf_token]').value = ''")
    press(page, ".staff button")
    yield "log-out anew"


def comparison_pages(page, base, language):
    """Come by the pages on which partners are compared, and by two cards."""
    root = f"{base}/compare/{demo.CLOSED_STUDY}"
    page.goto(f"{root}?lang={language}")
    page.click("details summary")
    yield "comparison"
    cards = [link.get_attribute("href") for link in page.locator("tbody th a").all()]
    page.goto(f"{root}/aspects?region=West")
    yield "aspects of partners"
    page.goto(f"{root}/scorecard")
    yield "scorecard"
    page.goto(f"{root}/scope")
    yield "score and volume"
    page.goto(f"{root}/beside")
    press(page, "form.pick button")
    page.check("form.pick [type=checkbox] >> nth=0")
    press(page, "form.pick button")
    yield "partners not beside"
    page.check("form.pick [type=checkbox] >> nth=1")
    press(page, "form.pick button")
    yield "partners beside"
    page.goto(f"{base}{cards[0]}")
    for summary in page.locator("main details > summary").all():
        summary.click()
    yield "card of a partner"
    page.goto(f"{base}{cards[-1]}")
    yield "card of a hidden partner"
    page.goto(f"{root}/reports")
    page.evaluate("document.querySelector('#about option').value = 'nobody'")
    press(page, "form.begin button")
    yield "no report of nobody"
    page.goto(f"{root}/reports")
    press(page, "form.begin button")
    yield "report on all"
    page.goto(f"{root}/reports?partner={cards[0].rpartition('/')[2]}")
    page.check("form.begin [type=checkbox]")
    press(page, "form.begin button")
    for summary in page.locator("main details > summary").all():
        summary.click()
    yield "report on a partner"
    page.goto(f"{root}/reports")
    yield "reports"


def register_pages(page, base, language):
    page.goto(f"{base}/partners")
    yield "partners"
    page.fill("#name", f"Havn {language}")
    press(page)
    yield "partner"
    page.fill("#share", "120")
    press(page)
    yield "partner refused"
    page.goto(f"{base}/partners/import/partners")
    yield "sheet"
    press(page)
    yield "sheet refused"
    give(page, f"name,share,groups\nHavn {language},12.5,Sea\nNy {language},,\n")
    yield "sheet read"


def record_pages(page, partner, language):
    """Come by the record of a partner, and by the card that is let out to a person there."""
    page.goto(f"{partner}/record/new/expectation")
    yield "new entry"
    press(page)
    yield "entry refused"
    page.fill("#text", "Late deliveries are told the day before")
    page.fill("#party", "Both")
    page.click("details.bank > summary")
    page.click("details.bank details summary >> nth=0")
    page.check("details.bank [type=checkbox] >> nth=0")
    press(page)
    yield "record"
    page.click("section .more a >> nth=0")
    for summary in page.locator("main details > summary").all():
        summary.click()
    yield "entry"
    press(page)
    yield "step refused"
    page.goto(f"{partner}/record/timeline")
    page.click("details summary")
    yield "line of time"
    page.goto(f"{partner}/replies")
    yield "card to let out"
    page.select_option("#contact", label=f"Eva {language}")
    press(page)
    yield "card let out"
    page.goto(f"{page.input_value('#reply-link')}?lang={language}")
    yield "right of reply"
    press(page)
    yield "reply refused"
    page.click("details summary")
    page.fill("#text", "We see this differently.")
    page.fill("#about-trust", "We told you.")
    press(page)
    yield "reply stored"
    page.goto(f"{partner}/record#replies")
    page.click("[aria-labelledby=replies] .more a >> nth=0")
    yield "card and reply"


def making_pages(page, base):
    page.goto(f"{base}/studies")
    press(page)
    press(page)
    yield "making: mistake"
    here = page.url.split("?")[0].rpartition("/")[0]
    for step in (*drafts.STEPS, drafts.LAST):
        page.goto(f"{here}/{step}")
        yield f"making: {step}"
        if step == "questions":
            page.goto(here.replace("making", "previews"))
            yield "preview to be chosen first"
            page.goto(f"{here}/{step}")
            page.check("[value=grunig7]")
            press(page)
    page.goto(here.replace("making", "previews"))
    press(page)
    yield "previewed draft"


def campaign_pages(page, site, language):
    draft = f"{site.base_url}/studies/{site.draft()}"
    page.goto(draft)
    yield "draft study"
    page.goto(f"{site.base_url}/studies/{demo.OPEN_STUDY}")
    yield "open study"
    page.goto(f"{draft}/links")
    yield "links of a study with names"
    site.open_link()
    page.goto(f"{site.base_url}/studies/anonymous/links")
    yield "links"
    page.goto(f"{site.base_url}/research/{demo.CLOSED_STUDY}/1/export")
    yield "rows for analysis"
    page.goto(f"{draft}/preview?lang={language}")
    yield "preview"
    press(page)
    yield "previewed page one"
    press(page)
    press(page)
    yield "previewed page"
    page.goto(f"{draft}/people")
    yield "people"
    give(page, "name,email,language,partners\nKari,none,nb,\n")
    yield "people refused"
    give(page, f"name,email,language,partners\nKari,kari-{language}@x.no,nb,\n")
    yield "people read"


def mail_pages(page, site):
    site.trouble()
    page.goto(f"{site.base_url}/mail")
    yield "mail"
    page.goto(f"{site.base_url}/mail/stopped")
    yield "mail stopped"
    press(page)
    yield "mail not resumed"
    page.goto(f"{site.base_url}/studies/{site.draft()}/mail")
    for summary in page.locator("summary").all():
        summary.click()
    yield "study mail"
    page.click("tbody a >> nth=1")
    yield "mail words"
    page.fill("#lead", "Dear {nobody}")
    press(page)
    yield "mail words refused"
    page.fill("#lead", "A line.\n\nAnd another, from {organisation}.")
    press(page, "[value=look]")
    yield "mail words looked at"


def give(page, text):
    """Hand a sheet in."""
    sheet = {"name": "sheet.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("#sheet", sheet)
    press(page)


def account_pages(page, base, email):
    page.goto(f"{base}/account")
    yield "account"
    press(page, "[action='/account/password'] button")
    yield "account with a mistake"
    page.goto(f"{base}/account/second-factor")
    yield "second factor"
    secret = base64.b32decode(page.text_content(".secret"))
    page.fill("#code", totp.code(secret, totp.step_at(now())))
    page.fill("#old", PASSWORD)
    press(page)
    yield "recovery codes"
    recovery = page.text_content(".codes code")
    press(page, ".staff button")
    log_in(page, email)
    yield "code"
    page.fill("#code", "000000")
    press(page)
    yield "wrong code"
    page.fill("#code", recovery)
    press(page)


def log_in(page, email):
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    press(page)


def press(page, button="button.main"):
    """Press a button and wait for the page it leads to."""
    with page.expect_navigation():
        page.click(button)


def choose(page):
    """Choose an answer in each group, so that every look of a group is looked at."""
    for place, group in enumerate(page.locator("fieldset").all()):
        group.locator("label").nth(place % 7).click()


def clear(page):
    page.locator("button.clear:visible").first.click()


@pytest.mark.parametrize("language", ["en", "nb", "nn", "is"])
def test_no_kind_of_page_violates_a_rule(open_tab, site, language):
    # Colours that change slowly would be measured half way.
    page = open_tab(reduced_motion="reduce")
    found, seen, addresses, questions = {}, set(), set(), set()
    for kind in kinds_of_page(page, site, language):
        seen.add(kind)
        addresses.add(urlsplit(page.url).path)
        questions |= {name for name, look in CONTROLS.items() if page.locator(look).count()}
        assert page.locator("html").get_attribute("lang") == language, kind
        assert page.locator("h1").count() == 1, kind
        if problems := violations(page):
            found[kind, page.url] = problems
    assert found == {}
    assert seen == set(KINDS)
    assert questions == set(CONTROLS)
    assert visited(site, addresses) == shown_by_get(site)
    refusals = [text for text in page.complaints if "Failed to load resource" not in text]
    assert refusals == []  # nothing that the content security policy forbids


def rules(site):
    """Give the routes of the application."""
    app = create_app(site.settings)
    app.extensions["tillit"].storage.close()
    return app.url_map


def visited(site, addresses):
    """Give the routes of the addresses; some are of forms that were refused, and show nothing."""
    matcher = rules(site).bind("127.0.0.1")
    shown = [address for address in addresses if matcher.test(address, "GET")]
    return {matcher.match(address)[0] for address in shown}


def shown_by_get(site):
    """Every route that shows a page."""
    endpoints = {rule.endpoint for rule in rules(site).iter_rules() if "GET" in rule.methods}
    return endpoints - NO_PAGE


def test_every_template_and_every_kind_of_question_is_looked_at():
    """A page or a kind of question that is added later must be added to the walk above."""
    pages = {
        template.stem
        for template in TEMPLATES.glob("*.html")
        if '{% extends "base.html" %}' in template.read_text()
    }
    assert pages == set(KINDS.values())
    assert set(KINDS_OF_QUESTION) == set(CONTROLS)
