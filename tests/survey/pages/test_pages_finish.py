"""Before and after sending: the copy to print, the receipt, withdrawing."""

import pytest

P1 = "p1@vik.no"


def test_the_copy_shows_the_answers_before_they_are_sent_and_never_after(visitor, token):
    visitor.open(token)
    assert visitor.get("/respond/1/copy").path == "/respond/1/1"
    visitor.press(t1="1")
    visitor.press(say="Earlier notice.")
    assert "/respond/1/copy" in visitor.page.links
    page = visitor.get("/respond/1/copy")
    assert (page.path, page.headings) == ("/respond/1/copy", ["Copy of your answers: Fjord"])
    for words in ("Strongly disagree", "Earlier notice.", "Our suppliers", "not submitted"):
        assert words in page.text
    assert "/respond/1/review" in page.links
    visitor.get("/respond/1/review")
    receipt = visitor.press()
    page = visitor.get("/respond/1/copy")
    assert page.path == receipt.path
    assert "Earlier notice." not in page.text


def test_withdrawing_says_what_will_happen_and_is_confirmed(visitor, make_visitor, survey, token):
    receipt = visitor.complete(token).path
    assert f"{receipt}/withdraw" in visitor.page.links
    stranger = make_visitor()  # the code is enough
    page = stranger.get(f"{receipt}/withdraw")
    assert page.headings == ["Withdraw your answers?"]
    assert "cannot be undone" in page.text
    assert survey.answers(P1)["t1"] == 4
    assert receipt in page.links
    page = stranger.press()
    assert (page.path, page.headings) == (receipt, ["The answers are withdrawn"])
    assert "They were destroyed on" in page.text
    assert stranger.get(f"{receipt}/withdraw").path == receipt
    assert visitor.get("/respond/1/1").path == receipt


@pytest.mark.parametrize("method", ["get", "post"])
def test_withdrawing_under_an_unknown_receipt(visitor, method):
    page = getattr(visitor, method)("/receipt/0000-0000/withdraw", *[{}][: method == "post"])
    assert page.status in {400, 404}
