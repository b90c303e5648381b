"""What frames every picture of a film: the model's name, the step, the loss with a playhead, and the classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vae_desktop.colours import DARK, LIGHT, Theme, class_colours, rgb
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

SCALE = 2  # what is drawn is this many times as large, and made smaller: edges become smooth
_CJK = ("NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "wqy-microhei.ttc", "simhei.ttf")
_LATIN, _CJK_BEGINS = 0x180, 0x2E80  # what Pillow's own font has; where characters of East Asia begin
_SOFT = 3  # steps from the ground's colour to another
_MOST_CLASSES = 12  # with a name in the legend

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Look:
    """How a film looks.

    Attributes
    ----------
    width : int
        Of its pictures, in pixels.
    is_dark : bool
    """

    width: int = 480
    is_dark: bool = False

    @property
    def theme(self) -> Theme:
        return DARK if self.is_dark else LIGHT

    @property
    def margin(self) -> int:
        return max(self.width // 30, 4)

    @property
    def text_size(self) -> int:
        return max(self.width // 30, 9)

    @property
    def side(self) -> int:
        """Of the square that shows the model, in pixels."""
        return self.width - 2 * self.margin

    def classes(self, count: int) -> tuple[str, ...]:
        """Colours of so many classes."""
        return class_colours(count, self.is_dark)

    @property
    def exact_colours(self) -> list[tuple[int, int, int]]:
        """Red, green and blue of what must not become another colour where there are few; soft edges among them."""
        theme, ground = self.theme, np.array(rgb(self.theme.window))
        drawn = [rgb(colour) for colour in (theme.accent, theme.text, theme.muted, theme.border)]
        soft = [ground + (np.array(colour) - ground) * part / _SOFT for colour in drawn for part in range(1, _SOFT)]
        drawn += [rgb(theme.window), rgb(theme.surface), *(rgb(colour) for colour in self.classes(10))]
        return [(int(red), int(green), int(blue)) for red, green, blue in (*drawn, *soft)]


@cache
def font_for(size: int, is_latin: bool, is_cjk: bool = False) -> Font:
    """A font of so many pixels; where the system has none for Chinese, characters become boxes."""
    if is_cjk:
        for name in _CJK:
            try:
                return ImageFont.truetype(name, size)
            except OSError:
                continue
    found = find_spec("ziafont")
    path = Path(found.origin or "").parent / "fonts" / "DejaVuSans.ttf" if found is not None else Path()
    if not is_latin and path.is_file():
        return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def font_of(text: str, size: int) -> Font:
    """The font that has the characters of a text."""
    highest = max(map(ord, text), default=0)
    return font_for(size, highest < _LATIN, highest >= _CJK_BEGINS)


class Sheet:
    """The pictures of a film but for the square that shows the model.

    Parameters
    ----------
    look : Look
    titles : sequence of str
        Of all pictures.
    steps : sequence of int
        Of all pictures.
    per_epoch : int
        Steps of an epoch.
    losses : array (N,)
        The loss about each of these steps; NaN where it is not known.
    class_names : sequence of str
        In the legend; empty for none.
    marks : sequence of (float, str)
        Places, counted in pictures from 0, at which something changed, and what, in their order.
    """

    def __init__(
        self,
        look: Look,
        titles: Sequence[str],
        steps: Sequence[int],
        per_epoch: int,
        losses: npt.NDArray[np.float64],
        class_names: Sequence[str] = (),
        marks: Sequence[tuple[float, str]] = (),
    ) -> None:
        self._look, self._marks = look, marks
        self._steps, self._per_epoch = steps, per_epoch
        self._small = max(round(0.8 * look.text_size), 8)
        margin, width = look.margin, look.width
        self._top = margin + round(1.5 * look.text_size)  # of the square
        legend = self._legend(class_names)
        below = self._top + look.side + margin
        curve_top = below + (legend.height + margin // 2 if legend is not None else 0)
        self._curve_height = max(width // 14, 12)
        self.size = width, curve_top + self._curve_height + margin
        self._curve_at = margin, curve_top
        self._points = _curve(losses, look.side, self._curve_height)
        self._base = Image.new("RGB", self.size, look.theme.window)
        if legend is not None:
            self._base.paste(legend, (margin, below))
        counts = [self._counts(number) for number in range(len(steps))]
        step_width, epoch_width = (
            max(self._width(text, look.text_size) for text in own) for own in zip(*counts, strict=True)
        )
        self._rights = width - margin - epoch_width - look.text_size, width - margin  # of the step, and of the epoch
        room = self._rights[0] - step_width - 2 * margin
        self._label_at = margin, curve_top + self._curve_height - self._small
        shortened = {title: self._shortened(title, room) for title in set(titles)}
        self._titles = [shortened[title] for title in titles]

    def compose(self, place: float, content: Picture) -> Image.Image:
        """The picture at a place, around a square (side, side, 3) that shows the model.

        Places count the moments from 0; between two of them the step is that of the one that is behind.
        """
        look, sheet = self._look, self._base.copy()
        sheet.paste(Image.fromarray(content), (look.margin, self._top))
        self._write(sheet, (look.margin,) * 2, self._titles[int(place)], look.text_size, look.theme.text)
        for right, text in zip(self._rights, self._counts(int(place)), strict=True):
            left = right - self._width(text, look.text_size)
            self._write(sheet, (left, look.margin), text, look.text_size, look.theme.muted)
        sheet.paste(self._curve_picture(place), self._curve_at)
        label = tr("loss at each kept step")
        self._write(sheet, self._label_at, label, self._small, look.theme.muted, look.theme.window)
        self._name_marks(sheet)
        return sheet

    def _name_marks(self, sheet: Image.Image) -> None:
        """Write what changed beside its line, as far as there is room up to the next."""
        look, (left, top) = self._look, self._curve_at
        taken = float(left)
        for place, text in self._marks:
            at, width = left + self._x(place), self._width(text, self._small)
            start = at + 3 if at + 3 + width <= left + look.side else at - 3 - width
            if start >= taken:
                self._write(sheet, (round(start), top), text, self._small, look.theme.text, look.theme.window)
                taken = start + width + 3

    def _x(self, place: float) -> float:
        """Where a place is along the curve, in pixels."""
        return float(np.interp(place, range(len(self._points)), self._points[:, 0])) / SCALE

    def _counts(self, number: int) -> tuple[str, str]:
        step = self._steps[number]
        epoch = tr("epoch {epoch:.1f}").format(epoch=step / self._per_epoch)
        return tr("step {step:,}").format(step=step), epoch

    def _curve_picture(self, place: float) -> Image.Image:
        """The loss, as far as the film has come in the accent's colour, with a playhead."""
        theme, points = self._look.theme, self._points
        size = self._look.side * SCALE, self._curve_height * SCALE
        picture = Image.new("RGB", size, theme.window)
        pen, thick = ImageDraw.Draw(picture), max(SCALE * self._look.width // 320, SCALE)
        here = np.array([np.interp(place, range(len(points)), column) for column in points.T])
        passed = int(place) + 1
        for curve, colour in ((points, theme.border), (np.vstack((points[:passed], here)), theme.accent)):
            for one, other in pairwise(curve):
                if np.isfinite([*one, *other]).all():
                    pen.line([*one, *other], colour, thick)
        for mark, _ in self._marks:
            at, dash = SCALE * self._x(mark), 2 * thick
            for upper in range(0, size[1], 2 * dash):
                pen.line([at, upper, at, upper + dash], theme.text, max(thick // 2, 1))
        x, y = here
        pen.line([x, 0, x, size[1]], theme.muted, max(thick // 2, 1))
        if np.isfinite(y):
            radius = 2 * thick
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], theme.accent, theme.window, thick // 2)
        return picture.reduce(SCALE)

    def _legend(self, names: Sequence[str]) -> Image.Image | None:
        """Rows of the classes' names, each with a dot of its colour; None without classes, or with too many."""
        if not 0 < len(names) <= _MOST_CLASSES:
            return None
        look, height = self._look, round(1.6 * self._small)
        dot, gap = round(0.75 * self._small), self._small
        widths = [dot + gap // 2 + self._width(name, self._small) + gap for name in names]
        rows: list[list[int]] = [[]]
        for index, width in enumerate(widths):
            if rows[-1] and sum(widths[other] for other in rows[-1]) + width > look.side:
                rows.append([])
            rows[-1].append(index)
        picture = Image.new("RGB", (look.side, height * len(rows)), look.theme.window)
        large = picture.resize((look.side * SCALE, picture.height * SCALE))
        pen, places = ImageDraw.Draw(large), []
        for number, row in enumerate(rows):
            left = 0
            for index in row:
                top = number * height + (height - dot) // 2
                pen.ellipse(
                    [SCALE * left, SCALE * top, SCALE * (left + dot), SCALE * (top + dot)],
                    look.classes(len(names))[index],
                )
                places.append((left + dot + gap // 2, number * height + (height - self._small) // 2))
                left += widths[index]
        picture = large.reduce(SCALE)
        for name, place in zip(names, places, strict=True):
            self._write(picture, place, name, self._small, look.theme.muted)
        return picture

    def _shortened(self, text: str, room: int) -> str:
        while len(text) > 1 and self._width(text, self._look.text_size) > room:
            text = text.removesuffix("…")[:-1] + "…"
        return text

    @staticmethod
    def _width(text: str, size: int) -> int:
        return round(font_of(text, size).getlength(text))

    @staticmethod
    def _write(
        picture: Image.Image, at: tuple[int, int], text: str, size: int, colour: str, halo: str | None = None
    ) -> None:
        """Write a text whose capitals begin about at a position; a halo parts it from what is below."""
        place, width = (at[0], at[1] + 0.85 * size), 0 if halo is None else max(size // 5, 1)
        font = font_of(text, size)
        ImageDraw.Draw(picture).text(place, text, colour, font, "ls", stroke_width=width, stroke_fill=halo)


def _curve(losses: npt.NDArray[np.float64], width: int, height: int) -> npt.NDArray[np.float64]:
    """Positions (N, 2) of the curve in a picture of that size, `SCALE` times as large; logarithmic where it can be."""
    values = np.where(np.isfinite(losses), losses, np.nan)
    if (values[np.isfinite(values)] > 0).all():
        values = np.log(values)
    there, inset = values[np.isfinite(values)], 3.0
    low, high = np.quantile(there, (0.0, 0.98)) if len(there) else (0.0, 1.0)
    fractions = ((values - low) / max(high - low, 1e-12)).clip(0, 1)
    x = inset + (width - 2 * inset) * np.linspace(0, 1, len(values))
    y = inset + (height - 2 * inset) * (1 - fractions)
    return SCALE * np.stack((x, y), axis=1)
