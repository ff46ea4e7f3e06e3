"""The one table of settings.

A setting is one row; docs/reference/settings.md lists the same rows, and a test compares the two.
"""

from dataclasses import dataclass

from survey.words import in_words

PREFIX = "TILLIT_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a field of `Settings` and the variable it is read from."""

    name: str
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable, such as ``TILLIT_BASE_URL``."""
        return PREFIX + self.name.upper()


SETTINGS = (
    Setting(
        "data_dir",
        "tillit-data",
        in_words("Folder of the SQLite database, the snapshots of closed waves and the lock file."),
    ),
    Setting(
        "database_url",
        "",
        in_words(
            "Database: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. "
            "Empty means tillit.sqlite3 in the data folder."
        ),
        secret=True,
    ),
    Setting(
        "secret_key",
        "",
        in_words(
            "Signs cookies and the links to results; at least 32 characters. "
            "Changing it ends respondents' sessions and all second factors, not the invitations."
        ),
        secret=True,
    ),
    Setting(
        "base_url",
        "",
        in_words(
            "Address that people see, such as https://survey.example.org. "
            "Every link is made from it. http only on loopback."
        ),
    ),
    Setting(
        "trusted_hosts",
        "",
        in_words("Host names the server answers to, separated by commas; others get 400."),
    ),
    Setting(
        "smtp_url",
        "",
        in_words(
            "Mail server: smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:PORT, which is "
            "encrypted by STARTTLS except on loopback. Empty means that no mail is sent."
        ),
        secret=True,
    ),
    Setting(
        "mail_from",
        "",
        in_words("Whom mail is from, such as Vik <survey@example.org>."),
    ),
    Setting(
        "mail_reply_to",
        "",
        in_words("Where answers to mail go. Empty means to TILLIT_MAIL_FROM."),
    ),
    Setting(
        "mail_return_path",
        "",
        in_words(
            "Where mail servers report what they could not deliver, such as "
            "bounces+{code}@example.org, in which each person has a code. "
            "Empty means TILLIT_MAIL_FROM."
        ),
    ),
    Setting(
        "mail_per_hour",
        "",
        in_words("Most messages within any 60 minutes, over all workers. Empty means no limit."),
    ),
    Setting(
        "mail_quiet",
        "",
        in_words("Hours in which nothing is sent, with their time zone: 20:00-07:00 Europe/Oslo."),
    ),
    Setting(
        "metrics_token",
        "",
        in_words(
            "Lets a monitor read /metrics from another machine, as a bearer token; at least "
            "32 characters. Empty means that this machine alone may."
        ),
        secret=True,
    ),
)
