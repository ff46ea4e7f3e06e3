"""How results look in a console and in a notebook."""

import re
from html import unescape

import polars as pl
import pytest

import analysis
from analysis import Scale, assess
from analysis.report import render

SIZES = {"Acme": 9, "Berg": 12, "Cask": 7, "<b>Dale</b>": 6}


@pytest.fixture
def scale(key):
    return Scale.from_key(key)[0]


def test_an_estimate_is_a_line_with_its_interval(simulated, scale):
    found = analysis.alpha(simulated(SIZES), scale)
    assert repr(found) == (
        f"Estimate: {found.estimate:.4g}, 95 % interval {found.ci_low:.4g} to "
        f"{found.ci_high:.4g} (adf), n 34 of 34"
    )
    bare = analysis.alpha(simulated(SIZES), scale, ci=None)
    assert repr(bare).startswith(f"Estimate: {found.estimate:.4g} (no interval), n 34")


def test_what_is_not_computable_says_so_and_why(simulated, scale):
    data = simulated(SIZES).with_columns(t1=pl.lit(3), t2=pl.lit(3), t3=pl.lit(3))
    first, *notes = repr(analysis.alpha(data, scale)).split("\n")
    assert first == "Estimate: not computable, n 34 of 34"
    assert notes
    assert all(note.startswith("Note: ") for note in notes)


def test_rows_are_a_table_and_the_middle_of_many_is_left_out(simulated, scale):
    data = simulated({f"P{n}": 2 for n in range(40)})
    scores = analysis.score(data, [scale]).values["trust"]
    table = analysis.partner_scores(scores, data["partner"].to_list())
    head, columns, *rows = repr(table).split("\n")
    assert head.startswith("PartnerTable: mu ")
    assert columns.split()[:3] == ["partner", "n", "mean"]
    assert len(rows) == 13
    assert "None" not in repr(table)


def test_names_are_no_markup_in_a_notebook(simulated, scale):
    page = analysis.aggregation(simulated(SIZES), scale, "partner")._repr_html_()
    assert page.startswith("<p><strong>Aggregation</strong> msb ")
    assert "&lt;b&gt;Dale" in page
    assert "<b>Dale" not in page


def test_an_assessment_is_its_first_sentences_in_a_console(simulated, key):
    text = repr(assess(simulated(SIZES), key, partner="partner"))
    assert text.startswith("Assessment of 34 rows, 3 scales, 4 partners\n")
    assert "precise enough" in text
    assert ".ranks" in text.split("\n")[-1]
    assert ".partners" not in repr(assess(simulated(SIZES), key))


def test_an_assessment_is_the_report_in_a_frame_of_its_own(simulated, key):
    found = assess(simulated(SIZES), key, partner="partner")
    (page,) = re.findall(r'^<iframe [^>]*srcdoc="([^"]*)"[^>]*></iframe>$', found._repr_html_())
    within = unescape(page).replace('<base href="about:srcdoc">', "")
    assert within == render(found.to_dict())


@pytest.mark.browser
def test_links_and_files_work_within_the_frame_of_a_notebook(simulated, key, chromium):
    page = chromium.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.set_content(assess(simulated(SIZES), key)._repr_html_())
    frame = page.frames[1]
    frame.click('a[href="#methods"]')
    frame.wait_for_function("scrollY > 0")
    assert page.frames[1].url == "about:srcdoc#methods"
    with page.expect_download() as caught:
        frame.click('a[download="reliability.csv"]')
    assert caught.value.suggested_filename == "reliability.csv"
    assert told == []
    page.close()
