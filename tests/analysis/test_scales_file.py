import pytest

from analysis.errors import BadScalesFile
from analysis.scale import Scale
from analysis.scales_file import ScalesFile, read_scales


def read(tmp_path, text):
    file = tmp_path / "scales.toml"
    file.write_text(text, encoding="utf-8")
    return read_scales(file)


def test_a_full_file(tmp_path):
    found = read(
        tmp_path,
        """
        range = [1, 5]
        missing = [-99, 99]
        min_answered = 0.6
        [scales.trust]
        items = ["t1", "t2", "t3"]
        reverse = ["t3"]
        [scales.loyalty]
        items = ["l1", "l2"]
        range = [0, 10.5]
        min_answered = 1.0
        """,
    )
    assert found == ScalesFile(
        scales=(
            Scale("trust", ("t1", "t2", "t3"), 1, 5, ("t3",), 0.6),
            Scale("loyalty", ("l1", "l2"), 0, 10.5, (), 1.0),
        ),
        missing=(-99.0, 99.0),
    )


def test_the_shortest_file_scores_by_half_the_items(tmp_path):
    found = read(tmp_path, 'range = [1, 7]\n[scales.trust]\nitems = ["a", "b"]')
    assert found.missing == ()
    assert found.scales[0].min_answered == 0.5


def test_codes_for_no_answer_are_numbers_or_texts(tmp_path):
    found = read(
        tmp_path,
        'range = [1, 5]\nmissing = [-99, "refused", " vet ikke ", "-98", "inf", ""]\n'
        '[scales.trust]\nitems = ["a", "b"]',
    )
    assert found.missing == (-99.0, "refused", "vet ikke", -98.0, "inf", "")


def test_a_byte_order_mark_is_passed_over(tmp_path):
    text = '\ufeffrange = [1, 7]\n[scales.trust]\nitems = ["a", "b"]'
    assert read(tmp_path, text).scales[0].name == "trust"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("range = [1, 5", "is not TOML"),
        ("range = [1, 5]", r"no scales; add a table \[scales.NAME\]"),
        ("scales = 3", "no scales"),
        ("ranges = [1, 5]", "Unknown entry 'ranges' at the top; allowed are range, missing"),
        ("scales.trust = 3", "scales.trust is 3"),
        ("[scales.t]\nrange = [1, 5]", r"no list of items in \[scales.t\]"),
        ('[scales.t]\nitems = ["a"]', "range in .* is None"),
        ('range = 5\n[scales.t]\nitems = ["a"]', "range in .* is 5"),
        ('range = [1, 2, 3]\n[scales.t]\nitems = ["a"]', r"is \[1, 2, 3\]"),
        ('range = [5, 1]\n[scales.t]\nitems = ["a"]', "runs from 5 to 1"),
        ('range = [1, 5]\n[scales.t]\nitems = ["a"]\nreverse = "a"', "reverse in .* is 'a'"),
        ('range = [1, 5]\n[scales.t]\nitems = ["a"]\nreverse = ["b"]', "reverses 'b'"),
        ('range = [1, 5]\n[scales.t]\nitems = ["a", "a"]', "names 'a' twice"),
        ('range = [1, 5]\n[scales.t]\nitem = ["a"]', "Unknown entry 'item' in"),
        ('range = [1, 5]\nmissing = 9\n[scales.t]\nitems = ["a"]', "missing is 9"),
        ('range = [1, 5]\nmissing = [true]\n[scales.t]\nitems = ["a"]', r"missing is \[True\]"),
        ('range = [1, 5]\nmissing = [nan]\n[scales.t]\nitems = ["a"]', r"missing is \[nan\]"),
        ('range = [1, 5]\nmissing = [[9]]\n[scales.t]\nitems = ["a"]', r"missing is \[\[9\]\]"),
        (
            'range = [1, 5]\nmissing = ["3"]\n[scales.t]\nitems = ["a"]',
            "code 3 .* lies on scale 't'",
        ),
        (
            'range = [1, 10]\nmissing = [9]\n[scales.t]\nitems = ["a"]',
            "code 9 .* lies on scale 't'",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_reason(tmp_path, text, message):
    with pytest.raises(BadScalesFile, match=message) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "scales.toml") in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadScalesFile, match="cannot be read"):
        read_scales(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "scales.toml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(BadScalesFile, match="cannot be read"):
        read_scales(str(tmp_path / "scales.toml"))
