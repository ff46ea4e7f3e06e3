"""A real server with the demonstration's studies, and Debian's Chromium to visit it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

import questionnaires
from survey.services import demo, invitations, open_links, studies
from survey.services.accounts import passwords, resets, users
from survey.services.audit import COMMAND_LINE
from survey.services.installation import set_up
from survey.services.mail import codes, ending, inviting
from survey.services.partners import NewPartner
from survey.services.published import research_link, results_link
from survey.services.register import editing, listing
from survey.services.studies import NewStudy
from survey.settings import Settings
from survey.storage.base import now
from survey.storage.engine import Storage
from survey.storage.models import Outbox

WAVES = 2  # of the study of suppliers: enough for a comparison
PASSWORD = "blue lamp on a quiet stair"
SECRET = "fish-bone-lamp-oil-9381-Trondheim"


EVERYTHING = ("flower5", "post_sale", "grunig7_coorientation")  # every kind of question, guesses
PARTNERS = ("Nordlys Elektro", "Sólheimar Prent")


class Site:
    """The served installation: links for new guests, and the results of the closed wave."""

    def __init__(self, settings):
        self.settings = settings
        self.storage = Storage(settings.database_url)
        self.base_url = settings.base_url
        self._people = count(1)
        self._studies = {}

    def study(self, slug, *instruments, **choices):
        """Make and open a study of two partners; gives the code of its open link, if it has one."""
        if slug not in self._studies:
            instrument = questionnaires.combine(*map(questionnaires.load, instruments))
            partners = tuple(map(NewPartner, PARTNERS))
            with self.storage.write() as session:
                studies.create(
                    session,
                    NewStudy(slug, "How is the cooperation?", instrument, partners, **choices),
                )
                studies.open_wave(session, slug, accept=instrument.languages, by="a test")
                self._studies[slug] = (
                    open_links.make(session, slug, base_url=self.base_url).link
                    if choices.get("privacy_mode") == "anonymous"
                    else ""
                )
        return self._studies[slug]

    def person(self, slug, language="en", partners=1):
        """Invite one more person to a study."""
        names = ";".join(PARTNERS[:partners])
        sheet = f"name,email,language,partners\nX,x{next(self._people)}@x.no,{language},{names}\n"
        with self.storage.write() as session:
            (link,) = invitations.invite(
                session, slug, sheet.encode(), "x.csv", base_url=self.base_url
            )
        return link.link

    def everything(self, language="en", partners=1):
        """Invite one more person to a study with every kind of question."""
        self.study("everything", *EVERYTHING, privacy_mode="identified")
        return self.person("everything", language, partners)

    def draft(self):
        """Make a study of both sides that is not opened; gives its name."""
        if "draft" not in self._studies:
            new = NewStudy(
                "draft",
                "Before it opens",
                questionnaires.load("grunig7"),
                tuple(map(NewPartner, PARTNERS)),
                sides=("ours", "theirs"),
            )
            with self.storage.write() as session:
                studies.create(session, new)
            self._studies["draft"] = ""
            self.person("draft")
        return "draft"

    def trouble(self):
        """Let a message fail, another be doubtful and a third wait."""
        slug = self.draft()
        sheet = "name,email,language,partners\n" + "".join(
            f"Åse,x{next(self._people)}@x.no,nn,{PARTNERS[0]}\n" for _ in range(3)
        )
        with self.storage.write() as session:
            invitations.enrol(session, slug, sheet.encode(), "x.csv")
            inviting.queue_invitations(session, slug)
            waiting = session.scalars(sa.select(Outbox).where(Outbox.state == "queued")).all()
            for message, said in zip(waiting, ("550 5.1.1", "451"), strict=False):
                ending.failed(session, message.id, f"it refuses it with {said}", attempts=6)

    def open_link(self):
        """Give the open link of an anonymous study."""
        return self.study("anonymous", "trust_precondition", privacy_mode="anonymous")

    def guest(self, language="en", partners=1):
        with self.storage.write() as session:
            return demo.guest(session, language=language, partners=partners, base_url=self.base_url)

    def partner(self, language):
        """Give the address of a partner with results, after adding one more person there."""
        email = f"x{next(self._people)}@x.no"
        with self.storage.write() as session:
            key = listing.named(session, "Nordlys Elektro").id
            person = editing.NewContact(f"Eva {language}", email, language)
            editing.add_contact(session, COMMAND_LINE, key, person)
        return f"{self.base_url}/partners/{key}"

    def stop_link(self):
        """Give the address on which somebody stops mail."""
        with self.storage.read() as session:
            secret = codes.secret_of(session)
        person = codes.person_code(secret, f"x{next(self._people)}@x.no")
        return f"{self.base_url}/mail/stop/{codes.stop_code(secret, person)}"

    def user(self, language="en", role="admin"):
        """Let one more person log in; gives the e-mail address. The password is ``PASSWORD``."""
        email = f"user{next(self._people)}@x.no"
        with self.storage.write() as session:
            new = users.NewUser("Anna Berg", email, role, language)
            users.add(session, COMMAND_LINE, new, password_hash=passwords.hashed(PASSWORD))
        return email

    def reset_link(self, email):
        """Give a link with which a person chooses a password."""
        with self.storage.write() as session:
            user = users.find(session, email)
            return resets.make(session, COMMAND_LINE, user, now(), base_url=self.base_url)

    @property
    def results(self):
        return results_link(self.settings, demo.CLOSED_STUDY, WAVES)

    def research(self, slug=demo.CLOSED_STUDY):
        """Give the address of the page for researchers of a study's latest wave."""
        return research_link(self.settings, slug, WAVES if slug == demo.CLOSED_STUDY else 1)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = Settings.for_loopback(tmp_path_factory.mktemp("site"), port, SECRET)
    storage = Storage(settings.database_url)
    set_up(storage, demo.ORGANISATION)
    demo.play(storage, settings, WAVES)
    with storage.write() as session:
        demo.make(session)
    storage.close()
    server = subprocess.Popen(
        [Path(sys.executable).with_name("tillit"), "serve", "--port", str(port)],
        env=os.environ
        | {
            "TILLIT_DATA_DIR": str(settings.data_dir),
            "TILLIT_SECRET_KEY": SECRET,
            "TILLIT_BASE_URL": settings.base_url,
            "TILLIT_TRUSTED_HOSTS": "127.0.0.1",
        },
        stderr=subprocess.DEVNULL,
    )
    wait_for(f"{settings.base_url}/readyz", server)
    site = Site(settings)
    yield site
    site.storage.close()
    server.terminate()
    server.wait(timeout=30)


def wait_for(address, server):
    for _ in range(150):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


@pytest.fixture
def open_tab(chromium):
    """Open a fresh browser with one tab; everything its console complains of is kept."""
    contexts = []

    def tab(width=375, **options):
        context = chromium.new_context(viewport={"width": width, "height": 812}, **options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("dialog", lambda dialog: page.complaints.append(dialog.message))
        return page

    yield tab
    for context in contexts:
        context.close()
