"""The table of a bench: figures, what they stand beside, and how much of a bound they take."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. With something `beside` it, the bound is one of their ratio."""

    what: str
    value: float
    unit: str = "s"  # "s", "MB", "%", "bytes", or "" for a count
    beside: float | None = None
    beside_what: str = ""
    at_most: float | None = None  # None: shown for orientation only

    @property
    def ratio(self) -> float | None:
        """How many times what stands beside it; None if nothing does, or it is 0."""
        return self.value / self.beside if self.beside else None

    @property
    def is_over(self) -> bool:
        """Whether it is over its bound."""
        found = self._bounded
        return self.at_most is not None and found is not None and found > self.at_most

    @property
    def of_bound(self) -> float | None:
        """The part of the bound that it takes, 1.0 at the bound."""
        found = self._bounded
        return found / self.at_most if self.at_most and found is not None else None

    @property
    def _bounded(self) -> float | None:
        return self.ratio if self.beside is not None else self.value


_HEAD = ("", "aicost", "beside it", "", "ratio", "bound", "of bound", "")
_TO_THE_LEFT = (0, 2, 7)


def render(figures: Iterable[Figure]) -> str:
    """Return aligned columns, figures to the right."""
    lines = [_HEAD, *map(_cells, figures)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if at in _TO_THE_LEFT else text.rjust(width)
            for at, (text, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    beside, ratio, of_bound = figure.beside, figure.ratio, figure.of_bound
    return (
        figure.what,
        shown(figure.value, figure.unit),
        figure.beside_what,
        "" if beside is None else shown(beside, figure.unit),
        "" if ratio is None else f"{ratio:.2f}",
        _bound(figure),
        "" if of_bound is None else f"{of_bound:.0%}",
        "OVER" if figure.is_over else "",
    )


def _bound(figure: Figure) -> str:
    if figure.at_most is None:
        return ""
    if figure.beside is not None:
        return f"{figure.at_most:g}"
    return shown(figure.at_most, figure.unit)


def shown(value: float, unit: str) -> str:
    """Return a value with three digits and its unit; short times in milliseconds."""
    if unit == "s" and abs(value) < 1:
        value, unit = value * 1000, "ms"
    digits = 0 if float(value).is_integer() or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least this share of all are not above."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * share) - 1)]
