"""A sheet of random codes, decoded, and how they are drawn."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.views.tools.tool_view import NearestView, ToolView, form, with_redraw
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import column, explain, label, named
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr

MOST = 200
_ABOUT = 248  # px wide: what is said of the samples


class SamplesView(ToolView):
    """Says how codes are to be drawn and shows what they decode to.

    Attributes
    ----------
    source, components, temperature, count, seed : ChoiceBox, NumberField ...
        What is chosen.
    board : TileBoard
    nearest : NearestView
    note : QLabel
        Says in few words what is drawn from.
    """

    def __init__(self) -> None:
        super().__init__("samplesView")
        tip = tr("From where codes are drawn: the prior, the box of the codes, or what was fitted to them.")
        tip = with_terms(tip, "prior", "N(0, I)", "mixture of Gaussians")
        self.source = ChoiceBox("samplesWayCombo", tr("Where codes are drawn from"), tip, self._sources())
        tip = tr("How many normal distributions the mixture has.")
        self.components = NumberField("samplesComponentsSpin", tr("Components"), tip, (1, 50), 10)
        tip = tr("What is drawn is multiplied by it, around the middle that it is drawn from. Below 1: typical.")
        self.temperature = NumberField(
            "samplesTemperatureSpin", tr("Temperature"), tip, (0.0, 5.0), 1.0, decimals=1, step=0.1
        )
        self.temperature.setPrefix("× ")
        tip = tr("How many codes are drawn.")
        self.count = NumberField("samplesCountSpin", tr("Count"), tip, (1, MOST), 36)
        tip = tr("The same seed draws the same codes.")
        self.seed = NumberField("samplesSeedSpin", tr("Seed"), tip, (0, 999_999))
        seed = with_redraw(self.seed, "newSamplesButton", tr("Other samples"), tr("Draw other codes."))
        about = tr("Samples. Arrow keys choose one; the current point goes there.")
        tip = tr("Click: the current point goes to that code.")
        self.board = named(TileBoard(), "samplesBoard", about, tip)
        self.nearest = NearestView()
        self.note = label("", "muted", "small", name="samplesNote", figures=True, wraps=True)
        tip = tr(
            "A random code lies off the codes if its distance from their middle, in their standard deviations, is not "
            "that of 97.5 % of real ones, or if it is further from the nearest one than 97.5 % are from one another. "
            "Its cross in the scatter has the colour of holes."
        )
        explain(self.note, with_terms(tip, "random code", "prior", "N(0, I)", "hole"))
        self._form = form(
            (tr("Components"), self.components),
            (tr("Temperature"), self.temperature),
            (tr("Count"), self.count),
            (tr("Seed"), seed),
        )
        controls = column(self.source, self._form, 1, spacing=SPACING // 2)
        right = QWidget()
        right.setFixedWidth(_ABOUT)
        column(self.note, (self.nearest, 1), spacing=SPACING, on=right)
        self._lay_out(controls, (self.board, 1), right)
        self.main_part = self.board
        self.source.currentIndexChanged.connect(self._show_components)
        self._show_components()

    def set_source(self, source: str) -> None:
        """Choose where codes are drawn from, without telling."""
        with QSignalBlocker(self.source):
            self.source.set_value(source)
        self._show_components()

    def offer_diffusion(self, is_there: bool) -> None:
        """Have the diffusion among the sources, if the model has one."""
        tip = tr("Noise that a small network, fitted to the codes, turns into codes step by step; without words.")
        if not is_there:
            tip = tr("This model has no diffusion yet: fit one under Words.")
        self.source.offer("diffusion", "mixture", tip, is_there)

    def _sources(self) -> list[tuple[str, str, str]]:
        box = tr("Evenly in the smallest box that holds all codes, each drawn from its image's posterior.")
        mixture = tr(
            "Fitted to the codes, each drawn from its image's posterior: the honest way to sample an autoencoder, "
            "which has no prior and whose codes are points."
        )
        return [
            (tr("N(0, I)"), "prior", tr("A VAE's prior: how it is meant to be sampled. An AE has none.")),
            (tr("Box of codes"), "box", box),
            (tr("Gaussian mixture"), "mixture", mixture),
            (tr("Diffusion"), "diffusion", ""),
        ]

    @Slot()
    def _show_components(self) -> None:
        self._form.setRowVisible(self.components, self.source.value() == "mixture")
        self._form.setRowVisible(self.temperature, self.source.value() != "diffusion")
