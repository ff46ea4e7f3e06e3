"""Templates: one Jinja environment per language, so that texts are bound once, not per request."""

from collections.abc import Mapping
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

import jinja2

from survey.pages.assets import Asset, report_folder
from survey.pages.languages import NAMES

TEMPLATES: Final = Path(__file__).with_name("templates")


class Renderer:
    """Draws templates in any of the languages.

    Parameters
    ----------
    catalogues
        Compiled texts of the interface, by language.
    assets
        Stylesheets and pictures, by name; templates see their paths as ``assets``.
    """

    def __init__(
        self, catalogues: Mapping[str, GNUTranslations], assets: Mapping[str, Asset]
    ) -> None:
        self.catalogues = catalogues
        paths = {name: asset.path for name, asset in assets.items()}
        self._environments = {
            language: _environment(language, catalogue, paths)
            for language, catalogue in catalogues.items()
        }

    def draw(self, template: str, language: str, /, **context: object) -> str:
        """Draw a template in a language; everything it shows stands in ``context``."""
        return self._environments[language].get_template(template).render(context)


def _environment(
    language: str, catalogue: GNUTranslations, paths: Mapping[str, str]
) -> jinja2.Environment:
    charts = jinja2.FileSystemLoader(report_folder())
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(TEMPLATES), jinja2.PrefixLoader({"report": charts})]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(lang=language, language_names=NAMES, assets=paths)
    return environment
