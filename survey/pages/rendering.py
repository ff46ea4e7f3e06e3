"""Templates: one Jinja environment per language, so that texts are bound once, not per request."""

from collections.abc import Mapping
from functools import cache, partial
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup, escape

from survey.kinds.kind import TEMPLATES as KINDS
from survey.pages import paths as paths_of_pages
from survey.pages.assets import Asset, load_assets, load_icon, report_folder
from survey.pages.drawing import Drawing
from survey.pages.languages import NAMES, compile_catalogues, decimal, long_date

TEMPLATES: Final = Path(__file__).with_name("templates")


class Renderer:
    """Draws templates in any of the languages.

    Parameters
    ----------
    catalogues
        Compiled texts of the interface, by language.
    assets
        Stylesheets and scripts, by name; templates see their paths as ``assets``.
    """

    def __init__(
        self, catalogues: Mapping[str, GNUTranslations], assets: Mapping[str, Asset]
    ) -> None:
        self.catalogues = catalogues
        self.assets = assets
        paths = {name: asset.path for name, asset in assets.items()}
        self._environments = {
            language: _environment(language, catalogue, paths)
            for language, catalogue in catalogues.items()
        }

    def draw(self, template: str, language: str, /, **context: object) -> str:
        """Draw a template in a language; everything it shows stands in ``context``."""
        return self._environments[language].get_template(template).render(context)

    def picture(self, macro: str, language: str, /, *given: object, **named: object) -> str:
        """Draw a picture of the house by the name of its macro, with what the macro takes."""
        environment = self._environments[language]
        for template in sorted(_CHARTS):
            drawing = getattr(environment.get_template(f"report/{template}").module, macro, None)
            if drawing is not None:
                return str(drawing(*given, **named))
        raise LookupError(macro)


@cache
def load_renderer() -> Renderer:
    """Prepare templates, texts and assets once per process; they do not change while it runs."""
    return Renderer(compile_catalogues(), load_assets())


class Phrases:
    """The texts of one language for templates: looked up and escaped once, not at each use.

    Parameters
    ----------
    catalogue
        Compiled texts of the language.
    """

    def __init__(self, catalogue: GNUTranslations) -> None:
        self._catalogue = catalogue
        self._known: dict[str, Markup] = {}

    def one(self, text: str, /, **values: object) -> Markup:
        """Translate a text; the values in it are escaped."""
        phrase = self._known.get(text)
        if phrase is None:
            phrase = self._known[text] = escape(self._catalogue.gettext(text))
        return phrase % values if values else phrase

    def counted(self, one: str, many: str, num: int, /, **values: object) -> Markup:
        """Translate a text about a number of things, which stands in it as ``num``."""
        return escape(self._catalogue.ngettext(one, many, num)) % {"num": num, **values}


_CHARTS: Final = frozenset({"charts.html", "part_charts.html"})


class _Environment(jinja2.Environment):
    """Lets the charts of the analysis package find each other beside our own templates."""

    def join_path(self, template: str, parent: str) -> str:  # noqa: ARG002 (as it is called)
        return f"report/{template}" if template in _CHARTS else template


def _environment(
    language: str, catalogue: GNUTranslations, paths: Mapping[str, str]
) -> jinja2.Environment:
    beside = {
        "report": jinja2.FileSystemLoader(report_folder()),
        "kinds": jinja2.FileSystemLoader(KINDS),
    }
    environment = _Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(TEMPLATES), jinja2.PrefixLoader(beside)]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    phrases = Phrases(catalogue)
    environment.globals.update(
        {"_": phrases.one, "ngettext": phrases.counted},
        lang=language,
        language_names=NAMES,
        assets=paths,
        icon=load_icon(),
        draw=Drawing(environment),
        paths=paths_of_pages,
    )
    environment.filters["day"] = partial(long_date, language=language)
    environment.filters["number"] = partial(decimal, language=language)
    return environment
