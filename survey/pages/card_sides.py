"""How both sides see one partner's relationship, and what each of them does not see."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from survey.pages.card_measures import middle
from survey.pages.card_rows import BLIND, STATES, WORST_FIRST, BothRow, Brief, SideRow
from survey.pages.compared import Compared, digits_of
from survey.pages.voice import NONE
from survey.services.comparing.model import Seen


@dataclass(frozen=True, slots=True)
class BothSides:
    """One partner in a wave, as both sides see it."""

    view: Compared
    place: int

    def seen(self, name: str) -> Seen | None:
        """Give how both sides see an aspect, where both may be shown."""
        rows = self.view.workspace.seen.get(name, [])
        found = rows[self.place] if rows else None
        return None if found is None or found.a is None or found.b is None else found

    def _state(self, name: str, seen: Seen) -> str:
        """Say the state that matters most, and whether it may be chance."""
        states = {seen.state_a, seen.state_b}
        worst = next((state for state in WORST_FIRST if state in states), None)
        if worst is None:
            return ""
        return self._told(name, seen, worst)

    def _is_sure(self, name: str, rule: str) -> bool:
        """Whether a warning on an aspect stands after all that was looked at."""
        signs = self.view.signs_of(self.place)
        return any(sign.scale == name and sign.rule == rule for sign in signs)

    def _reach(self, seen: Seen) -> float | None:
        """Give half the interval of a difference when all aspects are allowed for (Bonferroni)."""
        if seen.gap is None or seen.gap_high is None:
            return None
        level, looks = self.view.workspace.level, max(len(self.view.workspace.seen), 1)
        alone, together = (NormalDist().inv_cdf(1 - (1 - level) / 2 / n) for n in (1, looks))
        return (seen.gap_high - seen.gap) * together / alone

    def _is_far(self, seen: Seen) -> bool:
        """Whether the sides differ, also when all aspects of the card are allowed for."""
        reach = self._reach(seen)
        return reach is not None and abs(seen.gap or 0.0) > reach

    def _is_near(self, seen: Seen) -> bool:
        """Whether the sides lie within the margin, also when all aspects are allowed for."""
        reach, margin = self._reach(seen), self.view.workspace.margin
        return reach is not None and margin is not None and abs(seen.gap or 0.0) + reach < margin

    @property
    def dumbbells(self) -> list[dict[str, Any]]:
        """Give the rows of the picture of both sides."""
        rows = []
        for name in self.view.workspace.seen:
            seen = self.seen(name)
            if seen is not None:
                rows.append(
                    {
                        "label": self.view.label(name),
                        "mean_a": seen.a,
                        "ci_low_a": seen.a_low,
                        "ci_high_a": seen.a_high,
                        "guess_a": seen.a_guess,
                        "mean_b": seen.b,
                        "ci_low_b": seen.b_low,
                        "ci_high_b": seen.b_high,
                        "guess_b": seen.b_guess,
                    }
                )
        return rows

    @property
    def both(self) -> list[BothRow]:
        """Say of each aspect how the sides stand to each other."""
        found = []
        for name in self.view.workspace.seen:
            seen = self.seen(name)
            if seen is not None:
                states = [self._told(name, seen, each) for each in (seen.state_a, seen.state_b)]
                found.append(BothRow(self.view.label(name), self._gap(seen), *states))
        return found

    @property
    def sided(self) -> list[tuple[str, SideRow, SideRow]]:
        """Give the numbers of the picture: each aspect with our side and theirs."""
        found = []
        for name in self.view.workspace.seen:
            seen = self.seen(name)
            if seen is not None:
                ours = self._side(seen.n_a, seen.a, seen.a_low, seen.a_high, seen.a_guess)
                theirs = self._side(seen.n_b, seen.b, seen.b_low, seen.b_high, seen.b_guess)
                found.append((self.view.label(name), ours, theirs))
        return found

    def _side(
        self,
        n: int | None,
        mean: float | None,
        low: float | None,
        high: float | None,
        guess: float | None,
    ) -> SideRow:
        view, digits = self.view, digits_of(low, high)
        interval = view.voice.span(low, high, digits)
        return SideRow(n, view.number(mean, digits), interval, view.number(guess, 1))

    def _told(self, name: str, seen: Seen, state: str | None) -> str:
        """Say a state, and whether it may be chance among all that was looked at."""
        if state not in STATES:
            return NONE
        told = self.view.voice.say(STATES[state])
        blind = state in BLIND and not self._is_sure(name, "false consensus")
        apart = state == "true dissensus" and not self._is_far(seen)
        alike = state == "true consensus" and not self._is_near(seen)
        if blind or apart or alike:
            return self.view.voice.say("%(state)s (may be chance)", state=told)
        return told

    def _gap(self, seen: Seen) -> str:
        digits = digits_of(seen.gap_low, seen.gap_high)
        number = self.view.number(seen.gap, digits)
        return f"{number} ({self.view.voice.span(seen.gap_low, seen.gap_high, digits)})"

    @property
    def brief(self) -> Brief:
        """Gather what both sides agree on, where they surely differ, and who does not see it."""
        strengths, concerns, known_apart, blind = [], [], [], []
        for name in self.view.workspace.seen:
            seen, label = self.seen(name), self.view.label(name)
            if seen is None:
                continue
            ends = (seen.a_low, seen.b_low, seen.a_high, seen.b_high)
            known = [end for end in ends if end is not None]
            centre = middle(self.view.workspace.scales[name])
            if seen.verdict == "close" and len(known) == len(ends):
                if min(known) > centre:
                    strengths.append(label)
                elif max(known) < centre:
                    concerns.append(label)
            if "true dissensus" in {seen.state_a, seen.state_b} and self._is_far(seen):
                known_apart.append(label)
            if BLIND & {seen.state_a, seen.state_b} and self._is_sure(name, "false consensus"):
                blind.append(f"{label}: {self._state(name, seen)}")
        return Brief(tuple(strengths), tuple(concerns), tuple(known_apart), tuple(blind))
