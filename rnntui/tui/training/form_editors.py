"""The editors of a form by the names of their settings: what they hold, and what they are to show."""

from typing import TYPE_CHECKING, Any

from textual.widgets import Input, Select, Switch

from rnntui.config import parse
from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.screen import Result
from rnntui.tui.training.form_row import FormRow, typed

if TYPE_CHECKING:
    from dataclasses import Field


class FormEditors(Dialog[Result]):
    """A dialog with an editor for each setting, whose identity is the setting's name."""

    def show_value(self, name: str, value: Any) -> None:
        """Show a value where the form has that field."""
        for editor in self.query(f"#{name}"):
            if isinstance(editor, Switch | Select):
                editor.value = value
            elif isinstance(editor, Input):
                editor.value = typed(value)

    def editor_value(self, name: str) -> Any:
        """What an editor holds: of a line its text."""
        row = self.query_one(f"#{name}").parent
        return row.value if isinstance(row, FormRow) else None

    def read(self, setting: "Field[Any]") -> Any:
        """A setting as it is typed or chosen. Raises `ValueError` for what is no value of it."""
        editor = self.query_one(f"#{setting.name}")
        if isinstance(editor, Switch | Select):
            return editor.value
        assert isinstance(editor, Input)
        return parse(setting.name, editor.value.strip())
