"""One of the models that are compared: what its random codes decode to and why, its codes, its pictures, its grid."""

import html
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from vae_desktop.config import SETTINGS
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.manifold_view import ManifoldBoard
from vae_desktop.gui.views.stage.scatter_tools import ScatterControls
from vae_desktop.gui.widgets.controls import column, explain, named, row, styled, tool_button
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.labels import Captioned, ElidedLabel, ShortenedLabel, SteadyLabel
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.verdict import QUESTION

LEAST_TILE = 36  # px, of a picture of a board: there are as many as can be that large
_BOARD = 3 * (LEAST_TILE + SPACING)  # px, at least: three pictures in a row
_PICTURE = 58  # px: twice as large as MNIST's, with a frame
_BUTTON = 28  # px
_BETA = 46  # px
_GAP = 3  # px, between the pictures of the grid
_CAPTION = 8, 5  # lines, of a narrow and of a wide column
_WIDE = 300  # px
_SIGN, _NUMBER = 36, 36  # px, of the sign of a quantity and of a number


class ComparisonColumn(QWidget):
    """Shows one model; says where the shared cursor should be and what is wanted of the model."""

    grid_pointed = Signal(object)  # (k,) in fractions of the grid from its lower left corner
    random_chosen = Signal(int)
    beta_changed = Signal(object)
    promoted = Signal()
    save_requested = Signal()

    def __init__(self, run: Run, colour: str, controls: ScatterControls, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"comparisonColumn{run.id}")
        self.run = run
        self.head = QWidget()  # title, status and caption, which the view keeps in sight over what scrolls
        self.title = ElidedLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.title.setStyleSheet(f"color: {colour};")
        self.title.set_text(run.compared_title)
        self.open_button = self._button("open", "promote", tr("Open this model in the playground."), self.promoted)
        self.save_button = self._button(
            "save", "save", tr("Save this model in a file of its own."), self.save_requested
        )
        self.status = styled(ElidedLabel(), "muted", "small", figures=True)
        self.caption = styled(named(ShortenedLabel(), f"comparisonCaption{run.id}"), size="small")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.beta = self._beta_field()
        self._beta_tip = "" if self.beta is None else self.beta.toolTip()
        self.scatter = LatentScatter(controls)
        self.plot = self.scatter.plot
        tips = (
            tr("Click or drag: the shared cursor moves, in the latent space of every model."),
            tr("Rest on a point: where that image lies for every model, and what each makes of it."),
            tr(
                "With more than two dimensions this is the shadow of the codes on the plane in which they vary most: "
                "what lies on one place here can be far apart, and the middle of the cloud empty."
            ),
        )
        named(self.plot, "", tr("Latent space of {model}").format(model=run.name), "</p><p>".join(tips))
        self.plot.setMinimumSize(_BOARD, _BOARD)
        self.image = self._picture(
            tr("The test image as {model} reconstructs it"),
            with_terms(
                tr(
                    "What this model makes of the chosen test image, which stands at the right: decoded from its mean, "
                    "or after <i>Sample again</i> from a sample z of its posterior."
                ),
                "reconstruction",
            ),
        )
        self.at_cursor = self._picture(
            tr("What {model} decodes at the cursor"), tr("What this model decodes at the shared cursor.")
        )
        name = tr("Decoded grid of {model}").format(model=run.name)
        tip = tr("Decoded around the middle of the codes. Click: the cursor goes there.")
        self.grid = named(ManifoldBoard(), "comparisonGrid", name, tip)
        name = tr("Random codes of {model}").format(model=run.name)
        tip = tr("Decoded random codes, the same noise for all. Click: the cursor goes there.")
        self.random = named(TileBoard(), "comparisonRandom", name, tip)
        for board in (self.grid, self.random):
            board.setMinimumSize(_BOARD, _BOARD)
        self.grid.gap, self.grid.empty_text = _GAP, ""
        self.image.set_empty_text("")
        self.at_cursor.set_empty_text("")
        self._at_cursor_tip = self.at_cursor.toolTip()
        self._lay_out()
        self.grid.fractions_pointed.connect(self._tell_grid)
        self.random.tile_chosen.connect(self.random_chosen)

    def set_caption(self, verdict: str, why: str, is_of_prior: bool = True) -> None:
        """Say whether the model can generate from N(0, I), and why; or that the pictures are of other codes."""
        answer = tr("{sentence}.").format(sentence=html.escape(verdict[0].upper() + verdict[1:])) if verdict else ""
        answer = f"<b>{answer}</b>" if answer else ""
        if (answer or why) and not is_of_prior:
            answer = "<i>{}</i> {}".format(tr("From N(0, I), not the fitted normal below:"), answer).rstrip()
        before = self.caption.whole_text()
        self.caption.set_text(answer, why)
        if self.caption.whole_text() != before:
            question = f"<b>{tr(QUESTION.label)}</b> {tr(QUESTION.definition)}"
            explain(self.caption, f"<p>{self.caption.whole_text()}</p><p>{question}</p>")

    def set_posterior(self, signs: Sequence[str], numbers: Sequence[Floats]) -> None:
        """Show the first numbers (d,) of a posterior, as many as there is room for, each line after its sign."""
        room = max(1, (self.width() - _SIGN) // _NUMBER)
        lines = (
            f"{sign} " + "  ".join(f"{value:.2f}" for value in row[:room].tolist()) + (" …" if len(row) > room else "")
            for sign, row in zip(signs, numbers, strict=True)
        )
        self._numbers.set_text("\n".join(lines).replace("-", "−"))

    def set_is_sample(self, is_sample: bool) -> None:
        """Say whether the picture of the test image is that of a sample of its posterior, not of its mean."""
        self._image.set_caption(tr("decoded from z") if is_sample else tr("reconstruction"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.caption.set_lines(_CAPTION[self.width() >= _WIDE])

    def hasHeightForWidth(self) -> bool:
        """No: else whoever scrolls would make the column as high as its parts could use, not as they need."""
        return False

    def show_views(self, views: frozenset[str]) -> None:
        """Show these of "codes", "grid" and "random"; the two pictures are always there."""
        for name, view in self._views.items():
            view.setVisible(name in views)

    def set_beta(self, value: float, is_free: bool) -> None:
        """Show β, unless it is being entered; it is free while the model trains, and says why where it is not."""
        if self.beta is not None:
            if self.beta.isEnabled() != is_free:
                why = tr("It can be changed while the model trains here, and is shown as it is now.")
                explain(self.beta, self._beta_tip + ("" if is_free else f"<p>{why}</p>"))
            self.beta.setEnabled(is_free)
            if not self.beta.hasFocus():
                self.beta.set_value(value)

    def set_marker(self, fractions: QPointF | None, reason: str = "") -> None:
        """Mark the shared cursor on the grid, in fractions from its upper left corner; or say why there is none."""
        self.grid.set_marker(fractions)
        self.at_cursor.set_empty_text(tr("no cursor") if reason else "")
        explain(self.at_cursor, reason or self._at_cursor_tip)
        if fractions is None:
            self.at_cursor.set_picture(None)

    def _lay_out(self) -> None:
        beta = () if self.beta is None else (QLabel("β"), self.beta)
        header = row((self.title, 1), self.save_button, self.open_button, spacing=SPACING // 4)
        below = QWidget()
        below.setFixedHeight(_BUTTON)  # with and without an entry for β
        row((self.status, 1), *beta, spacing=SPACING // 2, on=below)
        self.codes, self._image, cursor, grid, self.random_codes = (
            Captioned(view, text)
            for view, text in (
                (self.scatter, ""),
                (self.image, tr("reconstruction")),
                (self.at_cursor, tr("at the cursor")),
                (self.grid, tr("around the cursor")),
                (self.random, tr("random codes")),
            )
        )
        self._numbers = named(SteadyLabel(tabular(small_font(self.font())), 2), f"comparedPosterior{self.run.id}")
        explain(self._numbers, with_terms(tr("What this model's encoder says of the test image."), "μ", "σ"))
        self._views = {"codes": self.codes, "grid": grid, "random": self.random_codes}
        column(header, below, self.caption, spacing=SPACING // 2, on=self.head)
        self.head.setMinimumWidth(_BOARD)
        column(
            (self.random_codes, 5),
            (self.codes, 4),
            row((self._image, 6), (cursor, 5), spacing=SPACING // 2),
            self._numbers,
            (grid, 4),
            spacing=SPACING // 2,
            on=self,
        )

    def _picture(self, name: str, tip: str) -> DecodedImage:
        picture = named(DecodedImage(), "", name.format(model=self.run.name), tip)
        picture.setMinimumSize(_PICTURE, _PICTURE)
        picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        picture.setFixedHeight(_PICTURE)
        return picture

    def _button(self, icon: str, name: str, tip: str, then: SignalInstance) -> QToolButton:
        button = tool_button(f"{name}Button{self.run.id}", "", tip, label=tip, icon=icon, then=then)
        button.setFixedSize(_BUTTON, _BUTTON)
        return button

    def _beta_field(self) -> SettingField | None:
        """An entry for β, where the kind of model leaves it free."""
        if self.run.config.model.traits.kl_weight is not None:
            return None
        entry = SETTINGS["beta"]
        field = SettingField("beta", entry, self.run.config.training.beta)
        named(field, f"betaEdit{self.run.id}", f"{tr(entry.label)}, {self.run.name}", entry.help)
        field.setFixedSize(_BETA, _BUTTON)
        field.committed.connect(self.beta_changed)
        return field

    @Slot(QPointF)
    def _tell_grid(self, fractions: QPointF) -> None:
        self.grid_pointed.emit(np.array((fractions.x(), 1 - fractions.y()), np.float32))
