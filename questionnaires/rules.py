"""The rules an item bank and its instruments must keep, each with a permanent name."""

from enum import StrEnum


class Rule(StrEnum):
    """Names of the rules; `docs/reference/instrument-format.md` explains each."""

    # the file
    UNREADABLE = "unreadable"
    NOT_UTF8 = "not_utf8"
    BAD_TOML = "bad_toml"
    BAD_CANONICAL = "bad_canonical"
    # tables, keys and values
    MISSING_KEY = "missing_key"
    UNKNOWN_KEY = "unknown_key"
    MISPLACED_KEY = "misplaced_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    REPEATED_VALUE = "repeated_value"
    # ids
    BAD_ID = "bad_id"
    RESERVED_ID = "reserved_id"
    ID_NOT_FILE_NAME = "id_not_file_name"
    DUPLICATE_ID = "duplicate_id"
    # names that must be known
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    UNKNOWN_CONSTRUCT = "unknown_construct"
    UNKNOWN_SCALE = "unknown_scale"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_LANGUAGE = "unknown_language"
    UNKNOWN_SIDE = "unknown_side"
    UNKNOWN_PERSPECTIVE = "unknown_perspective"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_OFF_SCALE = "unknown_off_scale"
    BAD_SOURCE = "bad_source"
    SKIPPED_STATUS = "skipped_status"
    CANNOT_RECORD = "cannot_record"
    # completeness
    MISSING_LANGUAGE = "missing_language"
    MISSING_SIDE = "missing_side"
    MISSING_PERSPECTIVE = "missing_perspective"
    MISPLACED_ITEM = "misplaced_item"
    EMPTY_PAGE = "empty_page"
    ITEM_TWICE = "item_twice"
    TOO_FEW_OPTIONS = "too_few_options"
    # conditions and groups
    CONDITION_UNCLEAR = "condition_unclear"
    CONDITION_MISFIT = "condition_misfit"
    CONDITION_VALUE = "condition_value"
    CONDITION_NOT_EARLIER = "condition_not_earlier"
    CONDITION_LOOP = "condition_loop"
    CONDITION_NEVER = "condition_never"
    BAD_GROUP = "bad_group"
    CANNOT_COMBINE = "cannot_combine"
    # answer scales
    POINTS_NOT_CONSECUTIVE = "points_not_consecutive"
    UNEQUAL_POINTS = "unequal_points"
    DUPLICATE_LABEL = "duplicate_label"
    MIXED_SCALES = "mixed_scales"
    # wording
    NOT_A_STATEMENT = "not_a_statement"
    TEXT_TOO_LONG = "text_too_long"
    AND_OR_PAIR = "and_or_pair"
    NEGATION = "negation"
    MISSING_PLACEHOLDER = "missing_placeholder"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    UNTIDY_TEXT = "untidy_text"
    DUPLICATE_TEXT = "duplicate_text"
    UNTRANSLATED = "untranslated"
