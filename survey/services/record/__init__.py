"""The record of a partner: what was agreed, what happened, what is done; and its right of reply."""
