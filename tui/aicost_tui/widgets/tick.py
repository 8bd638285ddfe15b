"""A box that is ticked or not, by its sign and not by a colour alone."""

from textual.content import Content
from textual.widgets import Checkbox


class Tick(Checkbox):
    """A checkbox that shows `[ ]` or `[✓]`."""

    @property
    def _button(self) -> Content:
        """The box, as it is now."""
        style = self.get_visual_style("toggle--button")
        return Content.assemble(("[✓]" if self.value else "[ ]", style))
