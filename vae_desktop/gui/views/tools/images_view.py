"""The images of a data set as the model gets them: a sheet of all or some of them in several orders, and the chosen."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidgetAction

from vae_desktop.gui.views.tools.chosen_image import ChosenImage
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.bar_list import BarList
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import add_menu, column, explain, literal, named, row, styled, tool_button
from vae_desktop.gui.widgets.image_sheet import ImageSheet
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class ImagesView(ToolView):
    """Says which images are to be seen and in which order, and shows them.

    Attributes
    ----------
    order, part : ChoiceBox
    about : ElidedLabel
        Which images they are, and by which rule they were made.
    classes : BarList
    sheet : ImageSheet
    chosen : ChosenImage
    """

    setup_requested = Signal()  # the settings that make the images what they are

    def __init__(self) -> None:
        super().__init__("imagesView")
        tip = tr("Which images come first; the others are greyed until there is a model, or something to show.")
        self.order = ChoiceBox("imagesOrderCombo", tr("Order of the images"), tip, self._orders(), letters=8)
        tip = tr("Which part of the data set is shown.")
        parts = ((tr("All images"), "all"), (tr("Training images"), "train"), (tr("Test images"), "test"))
        self.part = ChoiceBox("imagesPartCombo", tr("Training or test images"), tip, parts, letters=8)
        self.about = named(styled(ElidedLabel(), "muted", "small", figures=True), "imagesAbout", tr("The images"))
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        tip = tr("The settings that make the images what they are: size, colours, levels.")
        self.change = tool_button("changeImagesButton", tr("Change"), tip, is_flat=True, then=self.setup_requested)
        self.change.setProperty("link", True)
        tip = tr("What was read, converted and skipped.")
        self.report = tool_button("imagesReportButton", "", tip, is_flat=True)
        self.report.setProperty("link", True)
        self._lines = QPlainTextEdit(readOnly=True)
        named(self._lines, "imagesReport", tr("What became of the files"))
        self._lines.setFixedSize(440, 150)
        entry = QWidgetAction(self.report)
        entry.setDefaultWidget(self._lines)
        add_menu(self.report).addAction(entry)
        tip = tr("How many images each class has; one that is chosen is shown alone.")
        self.classes = named(BarList(), "imagesClasses", tr("Classes"), tip)
        about = tr("Images. Arrow keys choose one, Enter goes to its code, Ctrl+Z undoes the last exclusion.")
        self.sheet = named(ImageSheet(), "imagesSheet", about)
        self.sheet.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.chosen = ChosenImage()
        self.sheet.customContextMenuRequested.connect(
            lambda place: self.chosen.open_menu(self.sheet.viewport().mapToGlobal(place))
        )
        self.note = named(styled(ElidedLabel(), "warning", "small"), "imagesNote", tr("What is wrong with the images"))
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.load = tool_button("loadOwnImagesButton", tr("Load model's images"))
        self.load.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        half = SPACING // 2
        left = column(self.order, self.part, self.load, (self.classes, 1), 0, spacing=half)
        head = row((self.about, 1), self.change, self.report, spacing=half)
        below = row((self.sheet, 3), (self.chosen, 2))
        self._lay_out(left, (column(head, self.note, (below, 1), spacing=half), 1), width=148)
        self.main_part = self.sheet
        self.show_report("", [])
        self.note.hide()
        self.offer_load("")

    @staticmethod
    def _orders() -> Sequence[tuple[str, str]]:
        return (
            (tr("As in the files"), "files"),
            (tr("Outliers"), "outliers"),
            (tr("By error"), "error"),
            (tr("By code distance"), "distance"),
            (tr("Near-duplicates"), "duplicates"),
            (tr("Selection"), "selection"),
            (tr("Tagged"), "tagged"),
            (tr("Excluded"), "excluded"),
        )

    @staticmethod
    def _tips() -> Mapping[str, str]:
        return {
            "outliers": tr(
                "Least like the others to the model first, by its error, its contrast or its code; below each stands "
                "by how many standard deviations."
            ),
            "error": tr("Worst reconstructed first; below each stands how many times the median its error is."),
            "distance": tr("Codes furthest from others first, as a multiple of the median distance."),
            "duplicates": tr(
                "Images that nearly equal others, the most alike first; below each stands its group, and which is a "
                "test image."
            ),
            "selection": tr("The images whose codes are selected in the plot."),
        }

    def set_reasons(self, reasons: Mapping[str, str]) -> None:
        """Grey the orders out that have a reason why they cannot be shown."""
        tips = self._tips()
        for index in range(self.order.count()):
            order = self.order.itemData(index)
            reason = reasons.get(order, "")
            self.order.items.item(index).setEnabled(not reason)
            self.order.setItemData(index, reason or tips.get(order, ""), Qt.ItemDataRole.ToolTipRole)

    def show_report(self, text: str, lines: Sequence[str]) -> None:
        """Offer a list of what became of a person's own files; nothing without lines."""
        self.report.setText(text)
        self._lines.setPlainText("\n".join(lines))
        self.report.setVisible(bool(lines))

    def show_note(self, text: str) -> None:
        """Warn of something about the images."""
        self.note.set_text(text)
        self.note.setVisible(bool(text))

    def offer_load(self, data: str) -> None:
        """Offer to read the images of the model on screen, by the name of their data set, in place of those shown."""
        self.load.setVisible(bool(data))
        text = tr("The model on screen learns from other images: {data}. Read them: they come with its outliers.")
        explain(self.load, text.format(data=literal(data)))
