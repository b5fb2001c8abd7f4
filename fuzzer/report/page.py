"""HTML pages: one file each, which needs nothing but itself.

A page is a template in `templates/` that extends `base.html`. What stands in a page may come from a guest or
from somebody else's file, so everything is escaped unless it was made here.
"""

from functools import cache

import jinja2

from fuzzer.report import charts, words


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fuzzer.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "count": words.count,
        "short": words.short,
        "duration": words.duration,
        "clock": words.clock,
        "rate": words.rate,
        "milliseconds": words.milliseconds,
        "megabytes": words.megabytes,
    }
    environment.globals |= {
        "counted": words.counted,
        "percent": words.percent,
        "line_chart": charts.line_chart,
        "bar_chart": charts.bar_chart,
    }
    return environment


def render(template: str, **values: object) -> str:
    """The page that a template of `templates/` makes of these values; it is well-formed HTML."""
    return _environment().get_template(template).render(values)
