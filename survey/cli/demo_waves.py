"""Plays the waves of the demonstration, in a process of its own: `tillit demo` starts it."""

from survey.cli.installation import storage_of
from survey.services import demo
from survey.settings import Settings

if __name__ == "__main__":
    settings = Settings.from_environment()
    with storage_of(settings) as storage:
        demo.play(storage, settings)
