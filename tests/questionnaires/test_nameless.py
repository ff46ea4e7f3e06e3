"""What a study without names leaves out, and what goes with it."""

from msgspec import structs

from questionnaires import Condition, load, nameless


def ids(form):
    return [[item.id for item in page.items] for page in form.pages]


def marked(form, *names):
    """Give a form in which items make sense only where it is known who answers."""
    pages = tuple(
        structs.replace(
            page,
            items=tuple(structs.replace(item, only_named=item.id in names) for item in page.items),
        )
        for page in form.pages
    )
    return structs.replace(form, pages=pages)


def test_a_wish_to_be_contacted_goes_with_what_is_asked_after_it():
    whole = load("post_sale")
    left = nameless(whole)
    assert {"contact_wish", "contact_about"} <= {item.id for item in whole.items}
    assert not {"contact_wish", "contact_about"} & {item.id for item in left.items}
    assert ids(left)[-1] == ["open_one_change"]
    assert left.version != whole.version
    assert left.scoring_key() == whole.scoring_key()


def test_a_form_that_needs_no_name_stays_as_it_is():
    whole = load("grunig7")
    assert nameless(whole) is whole


def test_a_page_that_hangs_on_a_lost_answer_goes_with_its_scales_and_guesses():
    whole = load("grunig7")
    first, *others = whole.pages
    lost = first.items[0].id
    hanging = tuple(
        structs.replace(page, show_if=(Condition(item=lost, at_least=2),)) for page in others
    )
    left = nameless(marked(structs.replace(whole, pages=(first, *hanging)), lost))
    assert ids(left) == [[item.id for item in first.items[1:]]]
    assert {construct.id for construct in left.constructs} == set(left.scoring_key())
    assert lost not in {item for scale in left.scoring_key().values() for item in scale["items"]}


def test_a_group_loses_what_is_not_asked():
    whole = load("flower5")
    group, members = next(iter(whole.groups.items()))
    left = nameless(marked(whole, *members))
    assert group not in left.groups
    assert group not in left.scoring_key()
    assert nameless(marked(whole, members[0])).groups[group] == members[1:]
