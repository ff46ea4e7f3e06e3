"""Each rule, broken once: that problem is found, with file, subject and language, and no other."""

from dataclasses import dataclass

import pytest

from questionnaires import (
    InstrumentError,
    Rule,
    from_canonical,
    load,
    load_file,
)

MINI = "instruments/mini.toml"
TRUST = "bank/items/trust.toml"
OPEN = "bank/items/open.toml"
OVERALL = "bank/items/overall.toml"
WAYS = "bank/items/ways.toml"
LOYALTY = "bank/items/loyalty.toml"
BRANCHING = "instruments/branching.toml"
SCALES = "bank/scales.toml"
CONSTRUCTS = "bank/constructs.toml"


@dataclass(frozen=True)
class Break:
    """One edit of the sound library and the problem it must give."""

    rule: str
    file: str
    old: str
    new: str
    subject: str
    says: str  # a part of the message
    language: str | None = None
    named: str = ""  # the file named, where it is not the one edited
    also: tuple[str, ...] = ()  # rules that the same edit breaks as well


KEEPS = '"{partner} keeps its promises to us."'
HELD_NN = 'nn = "{partner} held det dei lovar oss."\n'
LOFORD = '"{partner} stendur við loforð sín við okkur."'
RISK_THEIRS = """[items.trust_risk.theirs.direct]
en = "Working with {organisation} is a risk for us."
nb = "Å samarbeide med {organisation} er en risiko for oss."
nn = "Å samarbeide med {organisation} er ein risiko for oss."
is = "Samstarf við {organisation} er áhætta fyrir okkur."
"""
TITLE = """[title]
en = "A short form"
nb = "Et kort skjema"
nn = "Eit kort skjema"
is = "Stutt eyðublað"
"""
INTRODUCTION = """[introduction.ours]
en = "Rate {partner}."
nb = "Vurder {partner}."
nn = "Vurder denne: {partner}."
is = "Mettu {partner}."

[introduction.theirs]
en = "Rate {organisation}."
nb = "Vurder {organisation}."
nn = "Vurder denne: {organisation}."
is = "Mettu {organisation}."
"""
# by combining and by recording passes, which have tests of their own
RAISED_ELSEWHERE = {"cannot_combine", "skipped_status", "cannot_record"}
PAGE_1 = 'items = ["trust_promises", "trust_risk"]'

BREAKS = (
    Break("bad_toml", MINI, "min_answered = 0.5", "min_answered = ", "", "at line 5"),
    # tables, keys and values
    Break("missing_key", MINI, "min_answered = 0.5\n", "", "mini", "«min_answered» is missing"),
    Break("missing_key", MINI, 'id = "mini"\n', "", "mini", "«id» is missing"),
    Break("missing_key", MINI, 'sides = ["ours", "theirs"]\n', "", "mini", "«sides» is missing"),
    Break("missing_key", CONSTRUCTS, 'kind = "outcome"\n', "", "overall", "overall.kind"),
    Break("missing_key", OPEN, "max_length = 500\n", "", "open_change", "open_change.max_length"),
    Break("missing_key", SCALES, "low = 1\n", "", "agree3", "agree3.low"),
    Break("missing_key", MINI, TITLE, "", "mini", "«title» is missing"),
    Break("missing_key", MINI, INTRODUCTION, "", "mini", "«introduction» is missing"),
    Break(
        "missing_key",
        TRUST,
        "[items.",
        "[parts.",
        "",
        "«items»",
        also=("unknown_key", "unknown_item"),
    ),
    Break(
        "missing_key",
        OPEN,
        "[items.open_change.hint]",
        "[items.open_change.hnit]",
        "open_change",
        "open_change.hint",
        also=("unknown_key",),
    ),
    Break(
        "missing_key",
        TRUST,
        "[items.trust_promises]",
        "[item.trust_promises]",
        "trust_promises",
        "trust_promises.scale",
        also=("unknown_key",),
    ),
    Break("unknown_key", MINI, "sources =", "source = 1\nsources =", "mini", "«sources»?"),
    Break("unknown_key", MINI, PAGE_1, f"{PAGE_1}\nshufle = true", "mini", "«shuffle»?"),
    Break("unknown_key", TRUST, "reverse = true", "revers = true", "trust_risk", "«reverse»?"),
    Break("unknown_key", TRUST, "construct =", "colour = 1\nconstruct =", "", "«colour»"),
    Break(
        "unknown_key",
        TRUST,
        "[items.trust_promises.ours.direct]",
        "[items.trust_promises.ours.mate]\n[items.trust_promises.ours.direct]",
        "trust_promises",
        "«items.trust_promises.ours.mate»",
    ),
    Break("unknown_key", SCALES, "value = 2", "value = 2\ncolour = 3", "agree3", "points.2.colour"),
    Break("unknown_key", CONSTRUCTS, 'kind = "outcome"', 'kind = "outcome"\nx = 1', "overall", "x"),
    Break(
        "unknown_key",
        MINI,
        "[introduction.theirs]",
        "[introduction.them]\n[introduction.theirs]",
        "mini",
        "introduction.them",
    ),
    Break(
        "misplaced_key",
        OPEN,
        "max_length = 500",
        "max_length = 500\nreverse = true",
        "open_change",
        "«rating»",
    ),
    Break(
        "misplaced_key",
        OPEN,
        "max_length = 500",
        'max_length = 500\nscale = "agree3"',
        "open_change",
        "scale",
    ),
    Break("misplaced_key", TRUST, "reverse = true", "max_length = 5", "trust_risk", "«text»"),
    Break("wrong_type", MINI, "min_answered = 0.5", 'min_answered = "0.5"', "mini", "a number"),
    Break("wrong_type", MINI, "min_answered = 0.5", "min_answered = true", "mini", "a number"),
    Break("wrong_type", MINI, '["Our own."]', '"Our own."', "mini", "a list"),
    Break("wrong_type", MINI, '["Our own."]', "[1]", "mini", "«sources» is 1; it must be a text"),
    Break("wrong_type", MINI, 'en = "A short form"', "en = 1", "mini", "«title.en» is 1", "en"),
    Break("wrong_type", TRUST, "reverse = true", 'reverse = "yes"', "trust_risk", "true or false"),
    Break("wrong_type", SCALES, "low = 1", "low = 1.0", "agree3", "a whole number"),
    Break(
        "wrong_type", CONSTRUCTS, 'kind = "outcome"', "kind = 1", "overall", "overall.kind» is 1"
    ),
    Break("wrong_type", CONSTRUCTS, "[trust]", "colour = 1\n[trust]", "colour", "a table"),
    Break("wrong_type", MINI, PAGE_1, "items = 3", "mini", "pages.1.items"),
    Break("out_of_range", MINI, "min_answered = 0.5", "min_answered = 0", "mini", "is 0;"),
    Break("out_of_range", MINI, "min_answered = 0.5", "min_answered = 1.01", "mini", "is 1.01;"),
    Break("out_of_range", MINI, "min_answered = 0.5", "min_answered = nan", "mini", "is nan;"),
    Break("out_of_range", OPEN, "max_length = 500", "max_length = 0", "open_change", "is 0;"),
    Break("out_of_range", OPEN, "max_length = 500", "max_length = 10001", "open_change", "10000"),
    Break("repeated_value", MINI, '"theirs"]', '"theirs", "ours"]', "mini", "«ours» twice"),
    # ids
    Break(
        "bad_id",
        TRUST,
        "items.trust_risk",
        'items."Trust-Risk"',
        "Trust-Risk",
        "snake_case",
        also=("unknown_item",),
    ),
    Break(
        "bad_id", CONSTRUCTS, "[trust", "[trusT", "trusT", "«trusT»", also=("unknown_construct",)
    ),
    Break("bad_id", SCALES, "yes2", "yes__2", "yes__2", "«yes__2»"),
    Break("bad_id", MINI, '"mini"', '"Mini"', "mini", "«Mini»", also=("id_not_file_name",)),
    Break(
        "reserved_id",
        TRUST,
        "items.trust_risk",
        "items.wave",
        "wave",
        "«wave»",
        also=("unknown_item",),
    ),
    Break(
        "reserved_id",
        TRUST,
        "items.trust_risk",
        "items.trust_missing",
        "trust_missing",
        "one that ends in _missing",
        also=("unknown_item",),
    ),
    Break(
        "reserved_id",
        TRUST,
        "items.trust_risk",
        "items.csrf_token",
        "csrf_token",
        "pages have fields csrf_token, link",
        also=("unknown_item",),
    ),
    Break("id_not_file_name", MINI, '"mini"', '"maxi"', "mini", "name the file maxi.toml"),
    Break("id_not_file_name", OVERALL, '"overall"', '"trust"', "trust", "name it trust.toml"),
    Break(
        "duplicate_id",
        TRUST,
        "items.trust_risk",
        "items.trust_promises",
        "trust_promises",
        "at line",
    ),
    Break("duplicate_id", CONSTRUCTS, "[overall", "[trust", "trust", "[trust] stands twice"),
    Break(
        "duplicate_id",
        OVERALL,
        "overall_good",
        "trust_risk",
        "trust_risk",
        "taken by an item in",
        named=TRUST,
        also=("unknown_item",),
    ),
    # names that must be known
    Break(
        "unknown_construct",
        TRUST,
        '"trust"',
        '"trsut"',
        "trsut",
        "«trust»?",
        also=("id_not_file_name",),
    ),
    Break(
        "unknown_scale",
        TRUST,
        'kind = "rating"\nscale = "agree3"',
        'scale = "agree5"',
        "trust_promises",
        "«agree3»?",
    ),
    Break("unknown_item", MINI, '"trust_risk"', '"trust_risc"', "trust_risc", "«trust_risk»?"),
    Break(
        "unknown_kind",
        TRUST,
        'kind = "rating"',
        'kind = "slider"',
        "trust_promises",
        "rating, choice, pick, text",
    ),
    Break("unknown_kind", CONSTRUCTS, '"outcome"', '"outcom"', "overall", "«outcome»?"),
    Break(
        "unknown_language",
        MINI,
        'is = "Stutt eyðublað"',
        'is = "Stutt"\nsv = "Kort"',
        "mini",
        "title.sv",
        "sv",
    ),
    Break("unknown_side", MINI, '"theirs"]', '"theirs", "both"]', "mini", "ours, theirs"),
    Break("unknown_perspective", MINI, '["direct"]', '["direct", "metta"]', "mini", "«meta»?"),
    Break(
        "unknown_status", TRUST, '"pretested"', '"tested"', "trust_promises", "«pretested»?", "en"
    ),
    Break("unknown_off_scale", MINI, '"not_applicable"]', '"refused"]', "mini", "«refused»"),
    Break(
        "unknown_off_scale",
        SCALES,
        "[off_scale.not_applicable]",
        "[off_scale.refused]\n[off_scale.not_applicable]",
        "off_scale",
        "«refused»",
    ),
    # completeness
    Break("missing_language", MINI, 'nb = "Et kort skjema"\n', "", "mini", "«title.nb»", "nb"),
    Break("missing_language", MINI, '"Et kort skjema"', '" "', "mini", "«title.nb»", "nb"),
    Break("missing_language", TRUST, HELD_NN, "", "trust_promises", "ours.direct.nn", "nn"),
    Break("missing_language", TRUST, 'nn = "draft"\n', "", "trust_promises", "status.nn", "nn"),
    Break(
        "missing_language",
        OPEN,
        'is = "Slepptu nöfnum fólks."\n',
        "",
        "open_change",
        "hint.is",
        "is",
    ),
    Break("missing_language", CONSTRUCTS, ', is = "Traust"', "", "trust", "trust.label.is", "is"),
    Break("missing_language", SCALES, 'is = "Veit ekki"\n', "", "off_scale", "dont_know.is", "is"),
    Break(
        "missing_language",
        MINI,
        'is = "Mettu {organisation}."\n',
        "",
        "mini",
        "introduction.theirs.is",
        "is",
    ),
    Break(
        "missing_side",
        MINI,
        'sides = ["ours", "theirs"]',
        "sides = []",
        "mini",
        "«sides» is empty",
    ),
    Break("missing_side", TRUST, RISK_THEIRS, "", "trust_risk", "items/trust.toml", named=MINI),
    Break(
        "missing_side",
        MINI,
        "[introduction.theirs]",
        "[introduction.x]",
        "mini",
        "[introduction.theirs]",
        also=("unknown_key",),
    ),
    Break(
        "wrong_type",
        TRUST,
        RISK_THEIRS,
        "[[items.trust_risk.theirs]]\n",
        "trust_risk",
        "must be a table",
        also=("missing_side",),
    ),
    Break(
        "missing_side",
        TRUST,
        "[items.trust_risk]\n",
        '[items.trust_new]\nscale = "agree3"\n[items.trust_new.status]\n'
        'en = "draft"\nnb = "draft"\nnn = "draft"\nis = "draft"\n[items.trust_risk]\n',
        "trust_new",
        "[items.trust_new.ours.direct]",
    ),
    Break("missing_perspective", MINI, '["direct"]', "[]", "mini", "«perspectives» is empty"),
    Break(
        "missing_perspective",
        MINI,
        '["direct"]',
        '["direct", "meta"]',
        "mini",
        'no page asks for «meta»; give a page `perspective = "meta"`',
    ),
    Break(
        "missing_perspective",
        TRUST,
        RISK_THEIRS,
        "[items.trust_risk.theirs]\n",
        "trust_risk",
        "[items.trust_risk.theirs.direct]",
    ),
    Break(
        "misplaced_item",
        OVERALL,
        'construct = "overall"\n',
        "",
        "overall_good",
        "rating item needs",
    ),
    Break(
        "misplaced_item",
        OPEN,
        "[items.open_change]",
        'construct = "overall"\n[items.open_change]',
        "open_change",
        "measures no construct",
        also=("id_not_file_name",),
    ),
    Break("empty_page", MINI, PAGE_1, "items = []", "mini", "«pages.1.items» is empty"),
    Break(
        "item_twice",
        MINI,
        '"overall_good", ',
        '"overall_good", "trust_risk", ',
        "trust_risk",
        "page 2",
    ),
    Break(
        "item_twice", MINI, '"trust_risk"]', '"trust_risk", "trust_risk"]', "trust_risk", "page 1"
    ),
    # answer scales
    Break("points_not_consecutive", SCALES, "value = 2", "value = 4", "agree3", "[1, 4, 3]"),
    Break("points_not_consecutive", SCALES, "high = 3", "high = 4", "agree3", "high = 4"),
    Break("out_of_range", SCALES, "low = 1\n", "low = 3\n", "agree3", "«low» is 3 and «high» 3"),
    Break("out_of_range", SCALES, "high = 3", "high = 1000000000000", "agree3", "-100 to 100"),
    Break("points_not_consecutive", SCALES, "value = 3", "value = 2", "agree3", "[1, 2, 2]"),
    Break(
        "unequal_points",
        SCALES,
        ', is = "Hvorki né"',
        "",
        "agree3",
        "«is» labels 2 of 3 points",
        "is",
        also=("missing_language",),
    ),
    Break("duplicate_label", SCALES, '"Hvorki né"', '"sammála"', "agree3", "both 2 and 3", "is"),
    Break(
        "duplicate_label",
        SCALES,
        '"Ikke relevant"',
        '"Vet ikke"',
        "off_scale",
        "both dont_know and",
        "nb",
    ),
    Break(
        "mixed_scales",
        TRUST,
        'scale = "agree3"\nreverse',
        'scale = "yes2"\nreverse',
        "trust_risk",
        "yes2",
        named=MINI,
    ),
    # wording
    Break(
        "text_too_long",
        TRUST,
        KEEPS,
        f'"{{partner}} {"keeps " * 19}us."',
        "trust_promises",
        "21 words",
        "en",
    ),
    Break(
        "text_too_long",
        TRUST,
        KEEPS,
        f'"{{partner}} {"k" * 151}"',
        "trust_promises",
        "161 characters",
        "en",
    ),
    Break(
        "and_or_pair",
        TRUST,
        KEEPS,
        '"{partner} is able and willing."',
        "trust_promises",
        "«and»",
        "en",
    ),
    Break(
        "negation",
        TRUST,
        LOFORD,
        '"{partner} svíkur okkur ekki."',
        "trust_promises",
        "«ekki»",
        "is",
    ),
    Break(
        "missing_placeholder",
        TRUST,
        KEEPS,
        '"They keep promises."',
        "trust_promises",
        "{partner}",
        "en",
    ),
    Break(
        "missing_placeholder",
        TRUST,
        '"{organisation} keeps',
        '"{partner} keeps',
        "trust_promises",
        "{organisation}",
        "en",
    ),
    Break(
        "unknown_placeholder",
        TRUST,
        KEEPS,
        '"{partner} helps {us}."',
        "trust_promises",
        "«{us}»",
        "en",
    ),
    Break(
        "unknown_placeholder",
        MINI,
        '"A short form"',
        '"A form for {partner}"',
        "mini",
        "{partner}",
        "en",
    ),
    Break(
        "unknown_placeholder", MINI, '"Rate {partner}."', '"Rate {name}."', "mini", "«{name}»", "en"
    ),
    Break("untidy_text", MINI, '"A short form"', '"A  short form"', "mini", "two in a row", "en"),
    Break("untidy_text", MINI, '"A short form"', '"A short\u00adish form"', "mini", "\\xad", "en"),
    Break(
        "untidy_text", MINI, '"Et kort skjema"', '"Et skjema pa\u030a nett"', "mini", "NFC", "nb"
    ),
    Break("untidy_text", MINI, '"A short form"', '"A\\nform"', "mini", "\\n", "en"),
    Break(
        "duplicate_text",
        TRUST,
        '"Working with {partner} is a risk for us."',
        KEEPS,
        "trust_risk",
        "also the text of trust_promises",
        "en",
    ),
    Break("untranslated", TRUST, LOFORD, KEEPS, "trust_promises", "is the English text", "is"),
)

WISH_CONDITION = 'show_if = { item = "wish", is = ["yes", "later"] }'
PAGE_CONDITION = 'show_if = { item = "trust_promises", at_most = 2 }'
RISK_CONDITION = '{ item = "trust_risk", is = [3, "dont_know"] }'
OVERALL_GROUP = 'overall = ["overall_good", "trust_risk"]'


def condition(rule, old, new, subject, says, **more):
    return Break(rule, BRANCHING, old, new, subject, says, **more)


# on the library with the instrument `branching`
BRANCH_BREAKS = (
    # kinds
    Break(
        "missing_key",
        WAYS,
        "[items.wish.labels]",
        "[items.wish.lables]",
        "wish",
        "items.wish.labels",
        also=("unknown_key",),
    ),
    Break("missing_key", WAYS, "pick = 2\n", "", "matters", "items.matters.pick"),
    Break(
        "missing_key",
        WAYS,
        'options = ["yes", "no", "later"]\n',
        "",
        "wish",
        "items.wish.options",
        also=("unknown_key", "condition_value"),
    ),
    Break(
        "missing_key",
        WAYS,
        'later = { en = "Later"',
        'latr = { en = "Later"',
        "wish",
        "labels.later",
        also=("unknown_key",),
    ),
    Break(
        "unknown_key",
        WAYS,
        "[items.wish.labels]\n",
        "[items.wish.labels]\nnever = 1\n",
        "wish",
        "labels.never",
    ),
    Break(
        "misplaced_key",
        WAYS,
        'kind = "choice"',
        'kind = "choice"\npick = 1',
        "wish",
        "belongs to items of kind «pick», not «choice»",
    ),
    Break("misplaced_key", WAYS, "pick = 2", "pick = 2\nmax_length = 9", "matters", "«text»"),
    Break(
        "misplaced_item",
        WAYS,
        "\n[items.wish]",
        'construct = "trust"\n[items.wish]',
        "wish",
        "a choice measures no construct",
        also=("id_not_file_name",),
    ),
    Break("out_of_range", WAYS, "pick = 2", "pick = 4", "matters", "from 1 to 3"),
    Break("out_of_range", WAYS, "pick = 2", "pick = 0", "matters", "is 0;"),
    Break(
        "out_of_range",
        WAYS,
        'kind = "choice"',
        'kind = "choice"\ninstructed = "never"',
        "wish",
        "«never»; it must be one of the options yes",
    ),
    Break(
        "too_few_options",
        WAYS,
        '["price", "speed", "advice"]',
        '["price"]',
        "matters",
        "at least 2",
        also=("unknown_key", "out_of_range"),
    ),
    Break(
        "repeated_value",
        WAYS,
        '"speed", "advice"]',
        '"speed", "advice", "speed"]',
        "matters",
        "«speed» twice",
    ),
    Break("bad_id", WAYS, "speed", "Speed", "matters", "«Speed»"),
    Break("reserved_id", WAYS, "speed", "skipped", "matters", "«skipped» is what a missing"),
    Break("reserved_id", WAYS, "speed", "meta", "matters", "choose another id for the option"),
    Break(
        "reserved_id",
        TRUST,
        "items.trust_risk",
        "items.trust_off_path",
        "trust_off_path",
        "_missing or _off_path",
        also=("unknown_item",),
    ),
    Break("duplicate_label", WAYS, '"Hraði"', '"verð"', "matters", "both price and speed", "is"),
    Break("missing_language", WAYS, ', is = "Hraði"', "", "matters", "labels.speed.is", "is"),
    Break("text_too_long", WAYS, '"Speed"', f'"{"Speed" * 17}"', "matters", "at most 80", "en"),
    Break(
        "text_too_long",
        WAYS,
        '"May {partner} call you?"',
        f'"May {{partner}} call you {"now " * 20}?"',
        "wish",
        "24 words",
        "en",
    ),
    Break(
        "untranslated",
        WAYS,
        '"Kan {partner} ringe deg?"',
        '"May {partner} call you?"',
        "wish",
        "is the English text",
        "nb",
    ),
    Break(
        "bad_source",
        WAYS,
        'kind = "choice"',
        'kind = "choice"\nsource = { nb = "9f3" }',
        "wish",
        "8 hexadecimal digits",
        "nb",
    ),
    Break(
        "bad_source",
        WAYS,
        'kind = "choice"',
        'kind = "choice"\nsource = { en = "9f3a0000" }',
        "wish",
        "none of the translations",
        "en",
    ),
    Break(
        "wrong_type",
        WAYS,
        'kind = "choice"',
        'kind = "choice"\nsource = { nb = 1 }',
        "wish",
        "source.nb",
    ),
    Break(
        "not_a_statement",
        TRUST,
        KEEPS,
        '"Does {partner} keep its promises?"',
        "trust_promises",
        "is a question",
        "en",
    ),
    Break(
        "and_or_pair",
        LOYALTY,
        "How likely or unlikely are",
        "How quickly and likely are",
        "loyalty_again",
        "«and»",
        "en",
    ),
    Break(
        "points_not_consecutive",
        SCALES,
        "value = 4",
        "value = 3",
        "likely5",
        "or be these two ends alone",
    ),
    # pages and perspectives
    condition(
        "unknown_perspective",
        '"meta"\nitems',
        '"metta"\nitems',
        "branching",
        "«meta»?",
        also=("item_twice", "missing_perspective"),
    ),
    condition("wrong_type", "shuffle = true", "shuffle = 1", "branching", "true or false"),
    condition(
        "wrong_type", '"matters",\n', "3,\n", "branching", "pages.2.items.1", also=("unknown_item",)
    ),
    condition(
        "missing_key",
        '{ id = "loyalty_again", ',
        "{ ",
        "branching",
        "items.2.id",
        also=("unknown_key",),
    ),
    condition(
        "missing_perspective",
        '["direct", "meta"]',
        '["direct"]',
        "branching",
        "which «perspectives» lacks",
    ),
    condition(
        "missing_perspective",
        '"meta"\nitems = ["trust_promises"]',
        '"meta"\nitems = ["trust_promises", "trust_risk"]',
        "trust_risk",
        "a page asks for «ours.meta»; give it in",
    ),
    condition(
        "unknown_item",
        '"meta"\nitems = ["trust_promises"]',
        '"meta"\nitems = ["trust_promises__meta"]',
        "trust_promises__meta",
        "without __meta",
        also=("missing_perspective",),
    ),
    condition(
        "item_twice",
        '"meta"\nitems = ["trust_promises"]',
        '"meta"\nitems = ["trust_promises", "trust_promises"]',
        "trust_promises",
        "page 4",
    ),
    # conditions
    condition("condition_unclear", ", at_most = 2", "", "page 2", "has none"),
    condition(
        "condition_unclear",
        "at_most = 2",
        "at_most = 2, at_least = 1",
        "page 2",
        "has at_least and at_most",
    ),
    condition("condition_unclear", PAGE_CONDITION, "show_if = []", "page 2", "is empty"),
    condition("condition_unclear", '["yes", "later"]', "[]", "loyalty_again", "is empty"),
    condition("missing_key", 'item = "wish", ', "", "loyalty_again", "show_if.item"),
    condition(
        "unknown_key",
        'item = "wish", ',
        'item = "wish", until = 3, ',
        "loyalty_again",
        "show_if.until",
    ),
    condition("wrong_type", "at_most = 2", 'at_most = "2"', "page 2", "a whole number"),
    condition("wrong_type", PAGE_CONDITION, 'show_if = "trust_promises"', "page 2", "a table"),
    condition("wrong_type", '["yes", "later"]', '["yes", true]', "loyalty_again", "True"),
    condition("wrong_type", '["yes", "later"]', '"yes"', "loyalty_again", "a list"),
    condition("repeated_value", '["yes", "later"]', '["yes", "yes"]', "loyalty_again", "twice"),
    condition("unknown_item", 'item = "wish"', 'item = "wishes"', "loyalty_again", "«wish»?"),
    condition(
        "unknown_item",
        '"trust_risk", "wish"',
        '"wish"',
        "open_change",
        "trust_risk, which no page asks",
        also=("unknown_item",),
    ),
    condition(
        "condition_misfit",
        "at_most = 2",
        'includes = "price"',
        "page 2",
        "«includes» does not fit trust_promises, an item of kind «rating»",
    ),
    condition(
        "condition_misfit",
        WISH_CONDITION,
        'show_if = { item = "wish", at_least = 1 }',
        "loyalty_again",
        "use is or answered",
    ),
    condition(
        "condition_misfit",
        'includes = "price"',
        'is = ["price"]',
        "open_change",
        "use includes or answered",
    ),
    condition(
        "condition_value",
        "at_most = 2",
        "at_most = 4",
        "page 2",
        "«4» is no answer to trust_promises; its answers are 1, 2, 3",
    ),
    condition("condition_value", "at_most = 2", "at_least = 0", "page 2", "«0» is no answer"),
    condition(
        "condition_value",
        '[3, "dont_know"]',
        '[3, "refused"]',
        "open_change",
        "1, 2, 3, dont_know, not_applicable",
    ),
    condition("condition_value", '[3, "dont_know"]', '["3"]', "open_change", "«3» is no answer"),
    condition(
        "condition_value", '["yes", "later"]', '["maybe"]', "loyalty_again", "yes, no, later"
    ),
    condition(
        "condition_value",
        'includes = "price"',
        'includes = "prize"',
        "open_change",
        "price, speed, advice",
    ),
    condition(
        "condition_not_earlier",
        'item = "wish", is = ["yes", "later"]',
        'item = "matters", answered = true',
        "loyalty_again",
        "stands on this page",
    ),
    condition(
        "condition_not_earlier",
        WISH_CONDITION,
        'show_if = { item = "trust_promises__meta", at_least = 1 }',
        "loyalty_again",
        "page 4, a later one",
    ),
    condition(
        "condition_loop",
        'item = "wish", is = ["yes", "later"]',
        'item = "loyalty_again", at_least = 1',
        "loyalty_again",
        "in a circle: loyalty_again → loyalty_again;",
    ),
    condition(
        "condition_loop",
        PAGE_CONDITION,
        'show_if = { item = "open_change", answered = true }',
        "page 2",
        "in a circle: matters → open_change → matters;",
    ),
    condition(
        "condition_never",
        RISK_CONDITION,
        '{ item = "trust_promises", at_least = 3 }',
        "open_change",
        "trust_promises is at least 3 and trust_promises is at most 2 cannot",
    ),
    condition(
        "condition_never",
        PAGE_CONDITION,
        'show_if = [{ item = "wish", is = ["no"] }, { item = "wish", answered = false }]',
        "page 2",
        "wish is no and wish is not",
    ),
    # groups
    condition(
        "unknown_construct", OVERALL_GROUP, 'overal = ["overall_good"]', "overal", "«overall»?"
    ),
    condition(
        "unknown_item",
        OVERALL_GROUP,
        'overall = ["overall_god"]',
        "overall",
        "no page asks «overall_god»; did you mean «overall_good»?",
    ),
    condition("bad_group", OVERALL_GROUP, "overall = []", "overall", "the group is empty"),
    condition(
        "bad_group",
        OVERALL_GROUP,
        'overall = ["overall_good", "wish"]',
        "overall",
        "of kind «choice»",
    ),
    condition(
        "bad_group",
        OVERALL_GROUP,
        'overall = ["trust_risk"]\ntrust = ["trust_risk"]',
        "trust",
        "stands in the group overall as well",
    ),
    condition(
        "bad_group",
        OVERALL_GROUP,
        'overall = ["trust_promises__meta"]',
        "overall",
        "of the other perspective",
    ),
    condition(
        "mixed_scales",
        OVERALL_GROUP,
        'overall = ["overall_good", "loyalty_again"]',
        "loyalty_again",
        "answered on agree3, this one on likely5",
    ),
    condition("wrong_type", OVERALL_GROUP, 'overall = "trust_risk"', "overall", "a list"),
)

each_break = pytest.mark.parametrize(
    "change", BREAKS, ids=[f"{number}-{change.rule}" for number, change in enumerate(BREAKS)]
)


def assert_found(shelf, change, problems):
    found = [problem for problem in problems if problem.rule == change.rule]
    assert {problem.rule for problem in problems} == {change.rule, *change.also}
    assert any(
        problem.file == str(shelf.path(change.named or change.file))
        and problem.subject == change.subject
        and problem.language == change.language
        and change.says in problem.message
        for problem in found
    ), "\n".join(map(str, problems))


@each_break
def test_a_broken_rule_is_found_and_nothing_else(shelf, change):
    shelf.edit(change.file, change.old, change.new)
    assert_found(shelf, change, shelf.check())


@pytest.mark.parametrize(
    "change",
    BRANCH_BREAKS,
    ids=[f"{number}-{change.rule}" for number, change in enumerate(BRANCH_BREAKS)],
)
def test_a_broken_branch_is_found_and_nothing_else(branches, change):
    branches.edit(change.file, change.old, change.new)
    assert_found(branches, change, branches.check(BRANCHING))
    with pytest.raises(InstrumentError):
        load_file(branches.path(BRANCHING))


@each_break
def test_a_broken_rule_keeps_the_instrument_from_loading(shelf, change):
    shelf.edit(change.file, change.old, change.new)
    with pytest.raises(InstrumentError) as caught:
        load_file(shelf.path(MINI))
    assert change.rule in {problem.rule for problem in caught.value.problems}
    assert change.rule in str(caught.value)


def test_an_unreadable_file_hides_no_item_from_conditions_and_groups(branches):
    branches.write(TRUST, "a = \n")
    (problem,) = branches.check(BRANCHING)
    assert problem.rule == "bad_toml"


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        (
            (
                '{ item = "matters", includes = "price" }, '
                '{ item = "matters", includes = "speed" }, '
                '{ item = "matters", includes = "advice" }'
            ),
            "matters includes price and matters includes speed and matters includes advice",
        ),
        (
            '{ item = "matters", answered = true }, { item = "matters", answered = false }',
            "matters is answered and matters is not answered",
        ),
        (
            '{ item = "loyalty_again", at_least = 1 }, { item = "trust_promises", is = [3] }',
            "trust_promises is 3 and trust_promises is at most 2",
        ),
        (
            '{ item = "loyalty_again", at_least = 1 }, { item = "wish", is = ["no"] }',
            "wish is no and wish is yes or later",
        ),
    ],
)
def test_conditions_are_followed_to_where_they_clash(branches, conditions, says):
    """An item that waits for `matters` waits for all that `matters` waits for as well."""
    risk = '{ item = "matters", includes = "price" },\n    ' + RISK_CONDITION
    branches.edit(BRANCHING, risk, conditions)
    (problem,) = branches.check(BRANCHING)
    assert (problem.rule, problem.subject) == ("condition_never", "open_change")
    assert f"{says} cannot hold together" in problem.message


def test_a_page_that_waits_for_words_and_for_none_is_never_shown(branches):
    words = '{ item = "open_change", answered = true }, { item = "open_change", answered = false }'
    guesses = 'perspective = "meta"\n'
    branches.edit(BRANCHING, guesses, f"{guesses}show_if = [{words}]\n")
    (problem,) = branches.check(BRANCHING)
    assert (problem.rule, problem.subject) == ("condition_never", "page 4")


def test_an_item_behind_one_that_is_never_shown_is_not_named_again(branches):
    branches.edit(
        BRANCHING,
        PAGE_CONDITION,
        'show_if = [{ item = "trust_promises", at_most = 1 }, '
        '{ item = "trust_promises", at_least = 3 }]',
    )
    (problem,) = branches.check(BRANCHING)
    assert problem.subject == "page 2"


def test_the_untouched_library_is_sound(branches):
    for name in (MINI, TRUST, OPEN, OVERALL, SCALES, CONSTRUCTS, WAYS, LOYALTY, BRANCHING):
        assert branches.check(name) == ()


def test_every_rule_is_broken_by_some_test(tmp_path):
    not_toml = tmp_path / "latin.toml"
    not_toml.write_bytes('a = "på"'.encode("latin-1"))
    raised = []
    for call in (
        lambda: load("no_such_form"),
        lambda: load_file(tmp_path / "nowhere.toml"),
        lambda: load_file(not_toml),
        lambda: from_canonical("{}"),
    ):
        with pytest.raises(InstrumentError) as caught:
            call()
        raised += [problem.rule for problem in caught.value.problems]
    assert raised == ["unknown_instrument", "unreadable", "not_utf8", "bad_canonical"]
    broken = {change.rule for change in (*BREAKS, *BRANCH_BREAKS)}
    assert broken | set(raised) | RAISED_ELSEWHERE == set(Rule)


def test_problems_of_all_files_are_reported_at_once(shelf):
    shelf.edit(MINI, "min_answered = 0.5", 'min_answered = 2\nsoures = ["x"]')
    shelf.edit(MINI, '"trust_risk"', '"trust_risc"')
    shelf.edit(MINI, 'nb = "Et kort skjema"\n', "")
    shelf.edit(TRUST, HELD_NN, "")
    shelf.edit(TRUST, LOFORD, '"{partner} svíkur okkur ekki."')
    shelf.edit(OPEN, "max_length = 500", "max_length = 0")
    shelf.edit(SCALES, '"Hvorki né"', '"Sammála"')
    shelf.edit(CONSTRUCTS, '"outcome"', '"result"')
    found = [(problem.rule, problem.subject, problem.language) for problem in shelf.check()]
    assert found == [
        ("unknown_item", "trust_risc", None),
        ("missing_language", "mini", "nb"),
        ("out_of_range", "mini", None),
        ("unknown_key", "mini", None),
        ("unknown_kind", "overall", None),
        ("duplicate_label", "agree3", "is"),
        ("out_of_range", "open_change", None),
        ("missing_language", "trust_promises", "nn"),
        ("negation", "trust_promises", "is"),
    ]


def test_an_unreadable_part_of_the_bank_is_the_only_problem(shelf):
    for name in (CONSTRUCTS, SCALES, TRUST):
        whole = shelf.path(name).read_text(encoding="utf-8")
        shelf.write(name, "a = \n")
        (problem,) = shelf.check()
        assert (problem.rule, problem.file) == ("bad_toml", str(shelf.path(name)))
        shelf.write(name, whole)


def test_a_bank_without_answers_off_the_scale_says_so(shelf):
    content = shelf.path(SCALES).read_text(encoding="utf-8")
    shelf.write(SCALES, content[: content.index("[off_scale")])
    (problem,) = shelf.check()
    assert (problem.rule, problem.subject) == ("missing_key", "off_scale")


def test_pages_must_be_tables_and_at_least_one(shelf):
    content = shelf.path(MINI).read_text(encoding="utf-8")
    head = content[: content.index("[[pages]]")]
    shelf.write(MINI, 'pages = ["trust_promises"]\n' + head)
    (problem,) = shelf.check()
    assert (problem.rule, problem.subject) == ("wrong_type", "mini")
    assert problem.message == "«pages.1» is 'trust_promises'; it must be a table"
    shelf.write(MINI, "pages = []\n" + head)
    (problem,) = shelf.check()
    assert (problem.rule, problem.message) == (
        "empty_page",
        "«pages» is empty; it needs at least one",
    )


def test_toml_that_no_parser_should_choke_on(shelf):
    for content in (f"a = {'[' * 3000}", f"a = {'9' * 5000}"):
        shelf.write(MINI, content)
        (problem,) = shelf.check()
        assert problem.rule == "bad_toml"


def test_the_byte_that_is_not_utf8_is_found_by_its_line(shelf):
    shelf.path(MINI).write_bytes(b'id = "mini"\n# p\xe5\n')
    (problem,) = shelf.check()
    assert problem.rule == "not_utf8"
    assert "line 2 has the byte 0xe5" in problem.message


def test_a_byte_order_mark_is_no_problem(shelf):
    shelf.path(MINI).write_bytes(b"\xef\xbb\xbf" + shelf.path(MINI).read_bytes())
    assert shelf.check() == ()


def test_a_folder_is_no_instrument(shelf):
    (problem,) = shelf.check("instruments")
    assert problem.rule == "unreadable"
    assert str(problem).startswith(f"{shelf.path('instruments')}: unreadable: ")
