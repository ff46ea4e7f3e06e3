"""What a visit leaves behind: marked values sought in database, its log, data files and our log."""

import pytest
import sqlalchemy as sa

from survey.services import closing, invitations

ADDRESS, AGENT = "203.0.113.77", "PlantedBrowser/47.11"
NAME, EMAIL = "Olga Planted-Nordmann", "olga.planted@vik.no"
WORDS = "planted words 0815"
MODES = ("identified", "confidential", "anonymous")


@pytest.fixture
def walk(make_study, make_visitor, caplog):
    """Let five people answer, one of them with everything marked; give survey, token, receipt."""

    def run(mode):
        caplog.set_level("DEBUG")
        survey = make_study(4, privacy_mode=mode, partners=("Fjord",))
        sheet = f"name,email,language,partners\n{NAME},{EMAIL},is,\n"
        with survey.storage.write() as session:
            (link,) = invitations.invite(
                session, survey.slug, sheet.encode(), "p.csv", base_url="http://x"
            )
        token = link.link.rpartition("/")[2]
        visitor = make_visitor("nn")
        marked(visitor)
        visitor.get(f"/r/{token[:-1]}0")
        visitor.get(f"/r/{token}")
        visitor.press()
        visitor.fill()
        visitor.press(o1="9", say=WORDS)  # off the scale: refused
        visitor.fill(say=WORDS)
        visitor.press()
        receipt = visitor.page.path.rpartition("/")[2]
        for email in list(survey.tokens):
            survey.complete(email)
        return survey, token, receipt

    return run


def marked(visitor):
    """Let every request of a visitor carry an address and a browser of its own."""
    visitor.client.environ_base.update(REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=AGENT)
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = ADDRESS


def files_with(survey, text):
    """Name the kinds of files that hold a text: database, its log, data, other."""
    found = set()
    for path in survey.settings.data_dir.rglob("*"):
        if path.is_file() and text.encode() in path.read_bytes():
            found.add(path.suffix)
    return found


def dumped(survey):
    """Give every row of every table as a line."""
    with survey.storage.read() as session:
        for table in sa.inspect(session.connection()).get_table_names():
            for row in session.execute(sa.text(f'SELECT * FROM "{table}"')):  # noqa: S608
                yield f"{table}: {row}"


@pytest.mark.parametrize("mode", MODES)
def test_no_address_no_browser_and_no_link_is_left_anywhere(walk, mode, caplog):
    survey, token, receipt = walk(mode)
    for state in ("open", "closed"):
        if state == "closed":
            closing.close(survey.storage, survey.settings, survey.slug)
        dump = "\n".join(dumped(survey))
        for planted in (ADDRESS, AGENT, token):
            assert planted not in dump
            assert files_with(survey, planted) == set(), (state, planted)
    for planted in (ADDRESS, AGENT, token, receipt, NAME, EMAIL, WORDS):
        assert planted not in caplog.text


@pytest.mark.parametrize("mode", MODES)
def test_names_stand_with_the_invited_and_in_identified_data_only(walk, mode):
    survey, _, _ = walk(mode)
    closing.close(survey.storage, survey.settings, survey.slug)
    lines = [line for line in dumped(survey) if NAME in line or EMAIL in line]
    assert [line.partition(":")[0] for line in lines] == ["participant"]
    path = next(survey.settings.snapshots_dir.glob("*.parquet"))
    snapshot = closing.snapshots.read(path).frame
    assert ("person" in snapshot.columns) == (mode == "identified")
    assert (NAME in str(snapshot.to_dicts())) == (mode == "identified")
    assert EMAIL not in str(snapshot.to_dicts())
    for other in survey.settings.snapshots_dir.iterdir():
        if other.suffix != ".parquet":
            assert NAME not in other.read_text()


def test_the_receipt_of_an_anonymous_study_is_kept_as_a_hash_only(walk):
    survey, _, receipt = walk("anonymous")
    assert files_with(survey, receipt) == set()
    assert files_with(survey, receipt.replace("-", "")) == set()
