"""What the terminal library keeps of screens that are closed, and how it lets go of it."""

from textual._styles_cache import StylesCache


def forget_closed_screens() -> None:
    """Drop the last hold on the painted lines of widgets that are gone.

    Textual 8 remembers two colours for each widget that was painted, for the last 1024 of them in
    the whole process, and the widget's painted lines hang on it: tens of megabytes after a few
    hundred screens. What is still on the screen is remembered anew with its next line.
    """
    StylesCache.get_inner_outer.cache_clear()
