"""What the pages of a partner's record call things: kinds, states, fields, steps of time."""

from typing import Final

from survey.pages.explanations import N_

TITLES: Final = {  # kind → heading of its part
    "expectation": N_("What was agreed"),
    "incident": N_("Incidents"),
    "dispute": N_("Disputes"),
    "action": N_("Actions"),
    "brief": N_("Notes for a negotiation"),
    "stage": N_("Stages of the relationship"),
}
NEW: Final = {  # kind → what adds one
    "expectation": N_("Write down what was agreed"),
    "incident": N_("Write down an incident"),
    "dispute": N_("Raise a dispute"),
    "action": N_("Plan an action"),
    "brief": N_("Prepare a negotiation"),
    "stage": N_("Change the stage"),
}
NAMES: Final = {  # kind → one of it, on the line of time and in filters
    "expectation": N_("Agreement"),
    "incident": N_("Incident"),
    "dispute": N_("Dispute"),
    "action": N_("Action"),
    "brief": N_("Negotiation"),
    "stage": N_("Stage"),
    "wave": N_("Survey"),
    "card": N_("Right of reply"),
}
SORTS: Final = {
    "expectation": {
        "expectation": N_("Expectation"),
        "rule": N_("Rule"),
        "boundary": N_("Boundary"),
    },
    "incident": {
        "slight": N_("Slight"),
        "serious": N_("Serious"),
        "severe": N_("Severe"),
    },
    "stage": {
        "exploring": N_("Getting to know each other"),
        "agreeing": N_("Agreeing on terms"),
        "working": N_("Working together"),
        "renewing": N_("Taking stock and renewing"),
        "leaving": N_("On the way out"),
        "ended": N_("Relationship ended"),
    },
}
STATES: Final = {
    "in_force": N_("in force"),
    "ended": N_("no longer in force"),
    "open": N_("still open"),
    "closed": N_("dealt with"),
    "raised": N_("raised"),
    "clarified": N_("clarified"),
    "mediated": N_("mediated"),
    "settled": N_("settled"),
    "withdrawn": N_("taken back"),
    "planned": N_("planned"),
    "under_way": N_("under way"),
    "done": N_("done"),
    "dropped": N_("dropped"),
    "noted": "",
}
EVENTS: Final = {  # what happened on a day
    **STATES,
    "expectation": N_("agreed"),
    "incident": N_("happened"),
    "dispute": N_("raised"),
    "action": N_("decided"),
    "opened": N_("opened"),
    "wave_closed": N_("ended"),
    "released": N_("card let out"),
    "reply_comment": N_("comment received"),
    "reply_contest": N_("objection received"),
    "answered": N_("answered by us"),
    "": "",
}
DEEDS: Final = {
    "made": N_("written down"),
    "changed": N_("changed"),
    "moved": N_("taken on"),
    "struck": N_("struck out"),
}
STANCES: Final = {
    "comment": N_("Comment"),
    "contest": N_("Objection"),
}
_DAY: Final = N_("Day")
_TOUCHES: Final = N_("Which agreement it touches")
LABELS: Final = {  # kind → field → what stands over it
    "expectation": {
        "sort": N_("What it is"),
        "text": N_("What was agreed"),
        "party": N_("Who agreed"),
        "day": N_("In force from"),
        "due_on": N_("Agreed until"),
        "items": N_("Questions that measure it"),
    },
    "incident": {
        "day": _DAY,
        "sort": N_("How bad it was"),
        "text": N_("What happened"),
        "touches": _TOUCHES,
    },
    "dispute": {
        "day": N_("Raised on"),
        "text": N_("What it is about"),
        "touches": _TOUCHES,
    },
    "action": {
        "text": N_("What is to be done"),
        "owner": N_("Who does it"),
        "party": N_("Or somebody else, by name"),
        "day": N_("Decided on"),
        "due_on": N_("Due on"),
        "aspect": N_("Aspect it aims at"),
    },
    "stage": {
        "sort": N_("Stage"),
        "day": N_("Since"),
        "text": N_("Why"),
    },
    "brief": {
        "day": _DAY,
        "text": N_("Goals"),
        "limits": N_("Limits that hold"),
        "give": N_("What we can give"),
        "gain": N_("What we want to get"),
    },
}
STEP_LABELS: Final = {  # fields of a step and of striking out, as the history names them
    "state": N_("State"),
    "on": _DAY,
    "note": N_("Note"),
    "why": N_("Why"),
}
