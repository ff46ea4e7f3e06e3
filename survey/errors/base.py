"""What every refusal is, and the one that lists every reason."""

# ruff: noqa: N818 (each name says what is wrong; "Error" at the end would say it twice)

import re
from typing import ClassVar


class SurveyError(Exception):
    """Base of every refusal of the survey package."""

    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1
    message_id: ClassVar[str] = "survey_error"
    text: ClassVar[str] = "the request was refused"

    def __init_subclass__(cls) -> None:
        """Give every error the message id that its name spells."""
        super().__init_subclass__()
        cls.message_id = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.text.format(**params))


class BadInput(SurveyError):
    """Input that was refused whole, with every reason found in it."""

    exit_code = 2
    text = "{where}: nothing was stored, because of {count}"

    def __init__(self, where: str, problems: tuple[str, ...]) -> None:
        plural = "" if len(problems) == 1 else "s"
        super().__init__(where=where, count=f"{len(problems)} problem{plural}")
        self.problems = problems

    def __str__(self) -> str:
        return "\n  ".join((super().__str__(), *self.problems))
