"""An entry of each kind, as it is typed, and the day on which it is."""

import datetime as dt

TODAY = dt.date(2026, 10, 5)
GIVEN = {
    "expectation": {"sort": "rule", "text": "Late deliveries are told the day before",
                    "party": "Kari Lie and Ann", "day": "2026-01-01", "due_on": "2026-12-31",
                    "items": "trust_keeps_promises"},
    "incident": {"sort": "serious", "text": "Ten pallets came late", "day": "2026-03-02"},
    "dispute": {"text": "Who pays for the pallets", "day": "2026-03-05"},
    "action": {"text": "Weekly call", "day": "2026-04-01", "due_on": "2026-09-01",
               "aspect": "openness", "party": "Ann"},
    "stage": {"sort": "working", "text": "The contract was signed", "day": "2026-01-01"},
    "brief": {"text": "A year more", "day": "2026-09-01", "limits": "No rise above 3 %",
              "give": "Longer terms", "gain": "Fixed days"},
}  # fmt: skip
