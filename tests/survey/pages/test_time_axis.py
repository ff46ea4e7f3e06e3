"""The line of time as a picture: everything within it, and no span over another."""

import datetime as dt
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from survey.pages.time_axis import Axis
from survey.services.record.timeline import TIMELINE_KINDS as KINDS
from survey.services.record.timeline import Event

TODAY = dt.date(2026, 10, 5)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2027, 12, 31))


SEEN = st.tuples(DAYS, st.none() | st.integers(0, 900), st.booleans(), st.sampled_from(KINDS))


@settings(max_examples=25, deadline=None)
@given(st.lists(SEEN, min_size=1, max_size=12))
def test_everything_stands_within_and_no_span_covers_another(seen):
    found = []
    for number, (day, length, holds, kind) in enumerate(seen):
        until = day + dt.timedelta(days=length) if holds and length is not None else None
        found.append(Event(day, kind, "", f"{number}", until=until, holds=holds))
    found.sort(key=lambda event: event.day)
    axis = Axis.of(found, TODAY, "nb")
    assert 0 <= axis.today <= 100
    assert all(0 <= x <= 100 for x, _ in axis.ticks)
    assert len(axis.ticks) <= 4
    for lane in axis.lanes:
        assert {mark.y for mark in lane.marks} == set(lane.rows)
        assert all(mark.x >= 0 and mark.x + mark.width <= 100.01 for mark in lane.marks)
        assert lane.rows[-1] < axis.height
        for row in lane.rows:
            spans = sorted((m.x, m.x + m.width) for m in lane.marks if m.y == row)
            assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert sum(len(lane.marks) for lane in axis.lanes) == len(found)


def test_one_day_is_a_month_wide_and_says_which():
    axis = Axis.of([Event(TODAY, "incident", "", "x")], TODAY, "en")
    (mark,) = axis.lanes[0].marks
    assert (mark.x, mark.width, mark.is_over) == (2.0, 0.0, True)
    assert axis.today == 2.0
    assert [name for _, name in axis.ticks] == ["Nov 2026"]
