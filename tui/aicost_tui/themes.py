"""Our own theme: quiet ground, dim labels, bright figures, one accent. The only literal colours."""

from textual.theme import Theme

AICOST_DARK = Theme(
    name="aicost-dark",
    primary="#6cb6ff",
    secondary="#a894e0",
    accent="#6cb6ff",
    warning="#e0af4f",
    error="#f0716b",
    success="#63c088",
    foreground="#e6e9ee",
    background="#101317",
    surface="#14181d",
    panel="#1a1f26",
    dark=True,
    variables={
        # Textual would wash these out; on this ground the plain colours read well (AA and over).
        "text-primary": "#6cb6ff",
        "text-secondary": "#a894e0",
        "text-accent": "#6cb6ff",
        "text-success": "#63c088",
        "text-warning": "#e0af4f",
        "text-error": "#f0716b",
        "footer-background": "#14181d",
        "scrollbar": "#2b323b",
        "scrollbar-hover": "#3a434f",
        "scrollbar-active": "#6cb6ff",
        "scrollbar-background": "#101317",
        "scrollbar-background-hover": "#101317",
        "scrollbar-background-active": "#101317",
        "border": "#2b323b",
        "input-cursor-background": "#6cb6ff",
    },
)
OURS = (AICOST_DARK,)
THEME_OF_SIXTEEN = "ansi-dark"  # of Textual: the terminal's own colours, on its own ground
