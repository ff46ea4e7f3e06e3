"""A process of its own for test_respond.py: 16 threads hand in every token twice.

Usage: submitters.py DATABASE_URL < tokens.json > receipts.json
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from survey.errors import AlreadySubmitted
from survey.services import respond
from survey.storage.engine import Storage


def hand_in(storage, token):
    # On PostgreSQL another process may submit between the reading and the saving here.
    with suppress(AlreadySubmitted), storage.write() as session:
        respondent = respond.by_token(session, token)
        if respondent.roster[0].state == "not_started":
            respond.save_page(session, respondent, 1, 1, {"t1": 5})
            respond.save_page(session, respondent, 1, 2, {"o1": 5})
    with storage.write() as session:
        return respond.submit(session, respond.by_token(session, token), 1, key="k" * 22)


def main():
    storage = Storage(sys.argv[1])
    tokens = [token for token in json.load(sys.stdin) for _ in range(2)]
    with ThreadPoolExecutor(16) as pool:
        json.dump(list(pool.map(lambda token: hand_in(storage, token), tokens)), sys.stdout)
    storage.close()


if __name__ == "__main__":
    main()
