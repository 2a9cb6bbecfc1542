"""One row of settings and one of preferences per user, made with the user."""

from collections.abc import Callable, Mapping
from uuid import UUID

from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.settings import repository
from causerie.settings.interface import Interface, merged
from causerie.settings.models import ApplicationSettings, UserPreferences
from causerie.settings.schemas import PreferencesChange, PreferencesOut, SettingsChange, SettingsOut

References = Mapping[str, Callable[[Work, UUID], object]]
"""For each setting that names a row: what raises `NotFound` when the actor has no such row."""


def establish(work: Work, default_ai_model_id: UUID | None) -> None:
    """Give a new user settings and preferences; those that are there stay."""
    if repository.find(work, ApplicationSettings) is None:
        work.session.add(ApplicationSettings(default_ai_model_id=default_ai_model_id))
    if repository.find(work, UserPreferences) is None:
        work.session.add(UserPreferences())
    work.session.flush()


def get_settings(work: Work) -> ApplicationSettings:
    """Return the actor's settings."""
    return repository.get(work, ApplicationSettings)


def get_preferences(work: Work) -> UserPreferences:
    """Return the actor's preferences."""
    return repository.get(work, UserPreferences)


def change_settings(
    work: Work, given: SettingsChange, expected: Expected, references: References, *, whole: bool
) -> ApplicationSettings:
    """Set what `given` says, inside `interface` too; with `whole`, what it leaves out returns to its default.

    Raises:
        Stale: the settings are not in the expected version.
        NotFound: a default names what the actor does not have.
    """
    settings = repository.get(work, ApplicationSettings, lock=True)
    expected.check(settings)
    for name, value in changes(given, SettingsOut.model_validate(settings), whole=whole).items():
        if name in references and value is not None and value != getattr(settings, name):
            references[name](work, value)
        if isinstance(value, Interface):
            settings.interface = merged(None if whole else settings.interface, value)
        else:
            setattr(settings, name, value)
    work.session.flush()
    return settings


def change_preferences(work: Work, given: PreferencesChange, expected: Expected, *, whole: bool) -> UserPreferences:
    """Set what `given` says; with `whole`, what it leaves out returns to its default.

    Raises:
        Stale: the preferences are not in the expected version.
    """
    preferences = repository.get(work, UserPreferences, lock=True)
    expected.check(preferences)
    for name, value in changes(given, PreferencesOut.model_validate(preferences), whole=whole).items():
        setattr(preferences, name, value)
    work.session.flush()
    return preferences
