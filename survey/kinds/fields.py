"""Form fields that kinds share: one of several answers, several of them, words of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Field, ValidationError
from wtforms.form import BaseForm


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose.

    Parameters
    ----------
    value
        What is posted.
    label
        What is shown; a number where the scale names only its ends.
    end
        The words of an end of such a scale.
    off_scale
        Whether it stands beside the others, such as «Don't know».
    """

    value: str
    label: str
    end: str = ""
    off_scale: bool = False

    @property
    def words(self) -> str:
        """The whole answer in words."""
        return f"{self.label} – {self.end}" if self.end else self.label


class OptionsField(Field):
    """A field of fixed options, made once and shared by all forms."""

    def __init__(self, *args: Any, options: Sequence[Option] = (), **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.options = options

    @property
    def points(self) -> list[Option]:
        """The options on the scale, or all where there is none."""
        return [option for option in self.options if not option.off_scale]

    @property
    def beside(self) -> list[Option]:
        """The options off the scale."""
        return [option for option in self.options if option.off_scale]

    @property
    def ends(self) -> list[Option]:
        """The ends of a scale whose other points are numbers; none of any other."""
        return [option for option in self.options if option.end]

    def refuse_others(self, chosen: Sequence[str]) -> None:
        """Refuse what is not among the options."""
        values = {option.value for option in self.options}
        if not values.issuperset(chosen):
            raise ValidationError(self.gettext("Choose one of the answers shown."))


class OneField(OptionsField):
    """One answer, or none: the last value sent counts.

    A hidden blank field of the same name stands before the options, so that an item that was
    shown and left alone is posted as blank.
    """

    def process_data(self, value: object) -> None:
        """Take what is kept; a code that is no option chooses none."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was chosen after the hidden blank."""
        self.data = valuelist[-1] if valuelist else ""

    def pre_validate(self, form: BaseForm) -> None:
        """Allow a blank; refuse what is not among the answers shown."""
        if self.data:
            self.refuse_others([self.data])
        del form


class SeveralField(OptionsField):
    """Several answers, at most ``most``; a hidden blank says that they were shown."""

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.most = most

    def process_data(self, value: object) -> None:
        """Take what is kept; a code in place of a list chooses none."""
        self.data = list(value) if isinstance(value, list) else []

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take each answer once, without the hidden blank."""
        self.data = [value for value in dict.fromkeys(valuelist) if value]

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse too many; they stay chosen in the form, so that some can be taken away."""
        self.refuse_others(self.data)
        if len(self.data) > self.most:
            message = self.gettext(
                "At most %(allowed)d can be chosen; you chose %(chosen)d. Uncheck the rest."
            )
            raise ValidationError(message % {"allowed": self.most, "chosen": len(self.data)})
        del form


class WordsField(Field):
    """An answer in the respondent's own words, as long as the instrument allows."""

    def __init__(self, *args: Any, max_length: int | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.max_length = max_length

    def process_formdata(self, valuelist: list[str]) -> None:
        """Count a line's end as one character, as people do."""
        self.data = valuelist[-1].replace("\r\n", "\n").strip() if valuelist else ""

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse a text that is too long; it is kept in the form."""
        length = len(self.data or "")
        if self.max_length is not None and length > self.max_length:
            message = self.gettext(
                "The text has %(length)d characters; at most %(allowed)d can be stored. Shorten it."
            )
            raise ValidationError(message % {"length": length, "allowed": self.max_length})
        del form
