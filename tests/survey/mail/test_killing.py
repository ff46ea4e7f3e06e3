"""Workers that are killed while they send: nobody gets a message twice, and doubt has a name."""

import contextlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from survey.services import invitations, studies
from survey.services.mail import inviting
from tests.survey.mail.mail_server import mail_server, wait_for

pytestmark = pytest.mark.durability
LEASE = 4
PEOPLE = {"sqlite": 10_000, "postgresql": 2_000}
PATIENCE = 180  # seconds, on a machine that does much else
KILLS = 6
TILLIT = Path(sys.executable).with_name("tillit")


def environment(settings, server):
    return {
        "PATH": os.environ["PATH"],
        "TILLIT_DATA_DIR": str(settings.data_dir),
        "TILLIT_DATABASE_URL": settings.database_url,
        "TILLIT_BASE_URL": settings.base_url,
        "TILLIT_SMTP_URL": server.url,
        "TILLIT_MAIL_FROM": "survey@vik.no",
    }


def worker(environ):
    command = [TILLIT, "send", "--lease", str(LEASE), "--json"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


def kill_in_mid_send(environ, server, people):
    """Let two workers send at once, and kill each a while after it has begun, again and again."""
    rng = random.Random(5)  # noqa: S311 (a moment, not a secret)
    running = [worker(environ), worker(environ)]
    for number in range(KILLS):
        goal = people * (number + 1) // (KILLS + 2)
        while len(server.taken) < goal:
            for place, each in enumerate(running):  # one ends while a dead one's claims still hold
                if each.poll() is not None:
                    each.communicate()
                    running[place] = worker(environ)
            time.sleep(rng.uniform(0.001, 0.02))
        victim = running.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        running.append(worker(environ))
    for each in running:
        each.communicate()


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_no_message_twice_and_every_doubt_named(make_study, settings, mode, capsys):
    survey = make_study(0, opened=False, privacy_mode=mode)
    storage = survey.storage
    people = PEOPLE[storage.writer.dialect.name] // (1 if mode == "confidential" else 10)
    sheet = "name,email,language,partners\n" + "".join(
        f"P{n},p{n}@vik.no,,\n" for n in range(people)
    )
    began = time.process_time()
    with storage.write() as session:
        invitations.enrol(session, survey.slug, sheet.encode(), "people.csv")
        inviting.queue_invitations(session, survey.slug)
    imported = time.process_time() - began
    with storage.write() as session:
        studies.open_wave(session, survey.slug)
    logging.getLogger("mail.log").disabled = True
    with mail_server() as server:
        environ = environment(settings, server)
        began = time.monotonic()
        kill_in_mid_send(environ, server, people)
        time.sleep(LEASE + 0.5)
        worker(environ).communicate()
        took = time.monotonic() - began
        asked = [TILLIT, "send", "--status", "--json"]
        status = json.loads(subprocess.check_output(asked, env=environ))
    got = [each.recipient for each in server.taken]
    with storage.read() as session:
        text = sa.text("SELECT recipient FROM outbox WHERE state = 'doubtful'")
        doubtful = set(session.scalars(text))
        states = set(session.scalars(sa.text("SELECT state FROM outbox")))
    everybody = {f"p{n}@vik.no" for n in range(people)}
    with capsys.disabled():
        print(  # noqa: T201 (the figure that this test is for)
            f"\n{storage.writer.dialect.name}, {mode}: {people} imported and queued in "
            f"{imported:.1f} s of CPU; {KILLS} kills; {len(got)} delivered, "
            f"{len(got) - len(set(got))} twice, {len(everybody - set(got))} not, "
            f"{len(doubtful)} doubtful; {len(got) / took:.0f} a second"
        )
    assert len(got) == len(set(got))
    assert everybody - set(got) <= doubtful
    assert len(doubtful) <= KILLS
    assert states <= {"sent", "doubtful"}
    assert len(status["troubles"]) == len(doubtful)
    assert imported <= 10
    tokens = {each.recipient: each.token for each in server.taken}
    assert len(set(tokens.values())) == len(tokens)
    survey.tokens = {address: tokens[address] for address in list(tokens)[-20:]}
    for address in survey.tokens:  # what was delivered leads to the survey, whoever died
        survey.complete(address)


def test_the_server_sends_too_and_takes_its_postman_along(make_study, settings):
    survey = make_study(0, opened=False)
    sheet = "name,email,language,partners\n" + "".join(f"P{n},p{n}@vik.no,,\n" for n in range(5))
    with survey.storage.write() as session:
        studies.open_wave(session, survey.slug)
        invitations.enrol(session, survey.slug, sheet.encode(), "people.csv")
        inviting.queue_invitations(session, survey.slug)
    with mail_server() as server:
        environ = environment(settings, server) | {
            "TILLIT_SECRET_KEY": settings.secret_key,
            "TILLIT_TRUSTED_HOSTS": "127.0.0.1",
        }
        for signal_ in (signal.SIGTERM, signal.SIGKILL):
            process = subprocess.Popen([TILLIT, "serve", "--port", "0"], env=environ)
            try:
                wait_for(lambda: len(server.taken) == 5, seconds=PATIENCE)
                wait_for(lambda process=process: postmen(process.pid), seconds=PATIENCE)
                (postman,) = postmen(process.pid)
                process.send_signal(signal_)
                process.wait(timeout=PATIENCE)
                wait_for(lambda postman=postman: has_ended(postman), seconds=PATIENCE)
            finally:
                process.kill()
                process.wait()


def has_ended(process):
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True


def postmen(parent):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if b"survey.cli.postman" in path.read_bytes():
                status = path.with_name("status").read_text()
                found += [path.parent.name] * (f"PPid:\t{parent}\n" in status)
    return found
