"""What is known of the image that was chosen on the sheet, and what can be done with it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QMenu, QSizePolicy, QWidget, QWidgetAction

from vae_desktop.gui.views.tools.tool_view import small_picture
from vae_desktop.gui.widgets.controls import action, add_menu, column, explain, literal, named, row, set_text, styled
from vae_desktop.gui.widgets.controls import tool_button as button
from vae_desktop.gui.widgets.labels import ElidedLabel, ShortenedLabel
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture


class ChosenImage(QWidget):
    """Shows the image, its reconstruction and where they differ; below, where it came from and why it is shown.

    Attributes
    ----------
    image, reconstruction, error : DecodedImage
    title, place : ElidedLabel
        Which image it is; its file.
    why : ShortenedLabel
        What sets it apart.
    """

    go_requested = Signal()
    exclusion_requested = Signal(bool)  # whether the images are to be excluded
    tag_requested = Signal(str, bool)  # whether they are to have it
    reveal_requested = Signal()
    export_requested = Signal()
    return_requested = Signal()  # of all that were excluded
    training_requested = Signal()  # without those

    def __init__(self) -> None:
        super().__init__()
        self.title = named(ElidedLabel(), "chosenImageTitle")
        self.place = styled(ElidedLabel(), "muted", "small", figures=True)
        self.why = named(styled(ShortenedLabel(), "", "small", figures=True), "chosenImageWhy", tr("Why it is here"))
        self.why.set_lines(2)
        for part in (self.title, self.place):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.image = small_picture("chosenImage", tr("Chosen image"), tr("The image as the model gets it."))
        tip = tr("What the model on screen makes of it: decoded from the middle of its posterior.")
        self.reconstruction = small_picture("chosenReconstruction", tr("Its reconstruction"), tip)
        tip = tr("Where the reconstruction differs from the image: the redder, the more; full red from half the range.")
        self.error = small_picture("chosenError", tr("Its error"), tip)
        self._pictures = QWidget()
        pictures = self.image, self.reconstruction, self.error
        row(*((picture, 1) for picture in pictures), spacing=SPACING // 2, on=self._pictures)
        for picture in pictures:
            picture.is_crisp = False
            picture.setMinimumSize(40, 40)
        self._go = button("goToImageButton", tr("Go there"), "", then=self.go_requested)
        self._exclude = button("excludeImageButton", tr("Exclude"), "", then=self._want_exclusion)
        self._exclude.setCheckable(True)
        self._more = button("moreOfImageButton", tr("More"), tr("What else can be done with the images chosen."))
        self._fill_more(add_menu(self._more))
        buttons = row(self._go, self._exclude, self._more, 1, spacing=SPACING // 2)
        column(self.title, self.place, (self._pictures, 1), self.why, 0, buttons, spacing=2, on=self)
        self.show_nothing("")

    def _fill_more(self, menu: QMenu) -> None:
        menu.setToolTipsVisible(True)
        self._tags = menu.addMenu(tr("Tag"))
        self._tags.setObjectName("tagsMenu")
        self._add_field()
        text, tip = tr("Show in the file manager"), tr("Open the folder in which the file lies.")
        self._reveal = action(menu, "revealImageAction", text, tip, then=self.reveal_requested)
        tip = tr("Save the images chosen: their files as a table (CSV), or with their pictures (ZIP).")
        self._export = action(menu, "exportImagesAction", tr("Export…"), tip, then=self.export_requested)
        tip = tr("New models learn from them again.")
        self._return = action(menu, "returnImagesAction", "", tip, then=self.return_requested)
        text = tr("Train again without the excluded")
        self._train = action(menu, "trainWithoutAction", text, then=self.training_requested)
        menu.addActions([self._reveal, self._export])
        menu.addSeparator()
        menu.addActions([self._return, self._train])

    def show_nothing(self, text: str) -> None:
        """Show no image, and say how one is chosen."""
        self.show_image(None, text, "", "")
        self.set_can_go(tr("Choose an image first."))
        self.set_can_reveal(tr("Choose an image first."))
        self.set_marks(0, False, [])

    def show_image(self, picture: Picture | None, title: str, place: str, why: str) -> None:
        """Show an image (H, W, C), and what is known of it."""
        self._pictures.setVisible(picture is not None)
        self.why.setVisible(bool(why))
        self.image.set_picture(picture)
        self.show_reconstruction(None, None)
        self.title.set_text(title)
        self.place.set_text(place)
        self.why.set_text("", why)
        self.why.setToolTip(why)

    def show_reconstruction(self, picture: Picture | None, error: Picture | None, reason: str = "") -> None:
        """Show what the model makes of it, and where that differs, or why there is nothing."""
        self.reconstruction.set_empty_text(reason)
        self.reconstruction.set_picture(picture)
        self.error.set_picture(error)

    def set_can_go(self, reason: str) -> None:
        """Let the point go to the image's code, or say why not."""
        self._go.setEnabled(not reason)
        tip = tr("Put the current point where the code of the image is. (Enter)")
        explain(self._go, reason or tip)

    def set_can_reveal(self, reason: str) -> None:
        self._reveal.setEnabled(not reason)
        self._reveal.setToolTip(reason or tr("Open the folder in which the file lies."))

    def set_marks(self, count: int, is_excluded: bool, tags: Sequence[tuple[str, bool]]) -> None:
        """Say what is noted of the images chosen.

        Parameters
        ----------
        count : int
            How many are chosen.
        is_excluded : bool
            Whether all of them are.
        tags : sequence of (str, bool)
            All tags of the data set, each with whether all images chosen have it.
        """
        can_note = count > 0
        for part in (self._exclude, self._tags, self._export):
            part.setEnabled(can_note)
        self._exclude.setChecked(is_excluded)
        set_text(self._exclude, tr("Excluded") if is_excluded else tr("Exclude"))
        reason = tr("Choose an image first.")
        tip = tr("New models do without the images chosen; models that are there keep theirs, and no file is touched.")
        explain(self._exclude, tip if can_note else reason)
        tip = tr("Give the images chosen a name to find them by.")
        self._tags.menuAction().setToolTip(tip if can_note else reason)
        self._fill_tags(tags)

    def set_excluded(self, count: int, reason: str) -> None:
        """Say how many images are excluded, and why no model can be trained without them, if it cannot."""
        self._return.setText(tr("Take all excluded back ({count:,})").format(count=count))
        self._return.setEnabled(count > 0)
        self._train.setEnabled(not reason)
        tip = tr("A new model beside the one on screen, with its settings, on its images without the excluded.")
        self._train.setToolTip(reason or tip)

    def _add_field(self) -> None:
        """Have a field for a new tag at the end of the menu of tags."""
        self._field = QLineEdit()
        named(self._field, "newTagField", tr("New tag"), tr("A name for the images chosen; Enter gives it."))
        self._field.setPlaceholderText(tr("New tag"))
        self._field.setMaxLength(40)
        self._field.returnPressed.connect(self._take_tag)
        self._new_tag = QWidgetAction(self._tags)
        holder = QWidget()
        row(self._field, margins=(SPACING // 2,) * 4, on=holder)
        self._new_tag.setDefaultWidget(holder)
        self._tags.addAction(self._new_tag)

    def _fill_tags(self, tags: Sequence[tuple[str, bool]]) -> None:
        for entry in self._tags.actions()[:-1]:
            self._tags.removeAction(entry)
            entry.deleteLater()  # not at once: it may be the one that was triggered
        for tag, is_on in tags:
            entry = action(self._tags, "", literal(tag), is_on=is_on, then=partial(self.tag_requested.emit, tag))
            self._tags.insertAction(self._new_tag, entry)

    @Slot()
    def _take_tag(self) -> None:
        tag = " ".join(self._field.text().split())
        self._field.clear()
        self._more.menu().close()
        if tag:
            self.tag_requested.emit(tag, True)

    @Slot()
    def _want_exclusion(self) -> None:
        self.exclusion_requested.emit(self._exclude.isChecked())

    def open_menu(self, place: QPoint) -> None:
        """Open the menu of what can be done, where a hand asks for it."""
        self._more.menu().popup(place)
