"""A study's mail from its words in the browser to a real mail server and a mailbox."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import questionnaires
from survey.services import studies
from survey.services.accounts import passwords, users
from survey.services.audit import COMMAND_LINE
from survey.services.installation import set_up
from survey.services.partners import NewPartner
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.engine import Storage
from tests.browser.conftest import PASSWORD, SECRET, wait_for
from tests.browser.test_accessibility import give, log_in, press
from tests.survey.mail.mail_server import mail_server
from tests.survey.mail.mail_server import wait_for as wait_until

pytestmark = pytest.mark.browser

SLUG, MANAGER, GUEST = "leverandorar", "mona@vik.no", "aase@vik.no"
SUBJECT = "Kjære {name}, svar om {study}"
LEAD = "Vi på {organisation} ønskjer å høyre frå deg – òg om det som gjekk gale.\n\nÆrleg tala."


@pytest.fixture
def office(tmp_path):
    """Serve an installation that sends to a mail server; gives its address and the server."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = Settings.for_loopback(tmp_path / "office", port, SECRET)
    settings.data_dir.mkdir(mode=0o700)
    storage = Storage(settings.database_url)
    set_up(storage, "Vík Energi")
    with storage.write() as session:
        instrument = questionnaires.load("grunig7")
        new = NewStudy(SLUG, "Våre leverandørar", instrument, (NewPartner("Fjord"),))
        studies.create(session, new)
        known = users.NewUser("Mona Ås", MANAGER, "manager", "nn")
        users.add(session, COMMAND_LINE, known, password_hash=passwords.hashed(PASSWORD))
    storage.close()
    with mail_server() as server:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("tillit"), "serve", "--port", str(port)],
            env=os.environ
            | {
                "TILLIT_DATA_DIR": str(settings.data_dir),
                "TILLIT_SECRET_KEY": SECRET,
                "TILLIT_BASE_URL": settings.base_url,
                "TILLIT_TRUSTED_HOSTS": "127.0.0.1",
                "TILLIT_SMTP_URL": server.url,
                "TILLIT_MAIL_FROM": "Vík <survey@vik.no>",
            },
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(f"{settings.base_url}/readyz", process)
            yield settings.base_url, server
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_words_written_in_the_browser_arrive_in_a_mailbox(open_tab, office):
    base, server = office
    page = open_tab(width=1280)
    page.goto(f"{base}/login?lang=nn&next=/studies/{SLUG}")
    log_in(page, MANAGER)
    page.fill("#day", "2099-10-05")
    press(page, f"[action='/studies/{SLUG}/until'] button")
    page.goto(f"{base}/studies/{SLUG}/mail/invitation/ours/nn")
    page.fill("#subject", SUBJECT)
    page.fill("#lead", LEAD)
    press(page, "[value=look]")
    shown = page.text_content(".letter")
    assert "Vi på Vík Energi ønskjer å høyre frå deg – òg om det som gjekk gale." in " ".join(
        shown.split()
    )
    assert "Svar gjerne innan 5. oktober 2099." in shown
    press(page, "[value=try]")
    with page.context.expect_page() as opened:
        page.click("[value=html]")
    alone = opened.value
    assert alone.locator("p", has_text="Ærleg tala.").count() == 1
    colour = "getComputedStyle(document.querySelector('a')).backgroundColor"
    assert alone.evaluate(colour) == "rgb(31, 95, 91)"  # the styles that hashes allow
    alone.close()
    assert page.input_value("#lead") == LEAD  # nothing typed is lost
    press(page, "[value=save]")
    page.goto(f"{base}/studies/{SLUG}/people")
    give(page, f"name,email,language,partners\nÅse Ødegård,{GUEST},nn,\n")
    press(page, "[value=mail]")
    page.goto(f"{base}/studies/{SLUG}")
    for box in page.locator("[name=accept]").all():
        box.check()
    press(page, f"[action='/studies/{SLUG}/open'] button")
    wait_until(lambda: server.to(GUEST) and server.to(MANAGER), 30)
    check(server.to(GUEST)[0], "Åse Ødegård")
    check(server.to(MANAGER)[0], "Mona Ås")
    assert server.to(MANAGER)[0].token == "x" * 22
    guest = open_tab()
    guest.goto(server.to(GUEST)[0].link)
    assert "Våre leverandørar" in guest.text_content("h1")
    guest.goto(server.to(MANAGER)[0].link)
    assert guest.text_content("h1") == "This link is not known"
    assert [text for text in page.complaints if "Content Security" in text] == []


def check(taken, name):
    """Read a message as a mail program does."""
    message = taken.message
    assert message["Subject"] == f"Kjære {name}, svar om Våre leverandørar"
    assert message["Content-Language"] == "nn"
    assert message["List-Unsubscribe"].startswith("<http://127.0.0.1:")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["To"].addresses[0].display_name == name
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part.get_content_charset() == "utf-8"
        text = " ".join(part.get_content().split())
        assert "ønskjer å høyre frå deg – òg om det som gjekk gale." in text
        assert "Svar gjerne innan" in text
        assert "5. oktober 2099" in text
