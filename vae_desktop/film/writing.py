"""Films as files: GIF and numpy's arrays, written a picture at a time, WebP, and folders of PNG."""

import io
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import escape
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import GifImagePlugin, Image, ImageChops

from vae_desktop.errors import UserError
from vae_desktop.files import sweep, write_atomically, write_folder
from vae_desktop.film.film import Film
from vae_desktop.language import tr
from vae_desktop.latent.picture_files import is_npy, npy_parts, png
from vae_desktop.progress import Progress, ignore

_SECONDS, _SLOWEST, _QUICKEST = 8.0, 4.0, 25.0  # a film, and pictures a second
_SMOOTH = 20.0  # pictures a second of what glides, about
_LAST_SECONDS = 1.5  # that the last picture stays longer
_COLOURS, _TOO_CLOSE = 256, 6  # in a palette; levels from one of them to another
_TABLE_BITS = 7  # log2 of the colours, less one, as the format counts
_LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"  # for ever
_MOST_HUNDREDTHS = 65_535


def check_target(path: Path) -> None:
    """Raise UserError if a film's name says nothing that it can be written as, or if there is something else."""
    kind = path.suffix.lower()
    if kind and kind not in (".gif", ".webp", ".npy"):
        text = tr(
            "Cannot write {path}: a film is a .gif, a .webp or a .npy, or without an ending a folder of PNG pictures."
        )
        raise UserError(text.format(path=path))
    if not kind and (not path.name or path.is_file() or (path.is_dir() and any(path.iterdir()))):
        raise UserError(tr("Cannot write {path}: it is there already, and not an empty folder.").format(path=path))


def write_film(
    film: Film,
    path: Path,
    fps: float | None = None,
    progress: Progress = ignore,
    watch: Callable[[Path], object] = lambda part: None,
) -> None:
    """Write a film as its name says: a .gif, a .webp, or the picture of each moment in a .npy or in a folder, as PNG.

    There is all of it in the end, or what was there before.

    Parameters
    ----------
    watch : callable, optional
        Called with the temporary file, as `write_atomically` says.

    Raises
    ------
    UserError
        As by `check_target`, or if it cannot be written.
    """
    check_target(path)
    if path.suffix:
        sweep(path.parent, escape(path.name))
        if is_npy(path):
            arrays = (np.asarray(picture.convert("RGB")) for picture in film.pictures(progress))
            write_atomically(path, npy_parts(arrays, film.count()), watch)
        else:
            write_atomically(path, film_bytes(film, path.suffix.lower()[1:], fps, progress), watch)
        return
    digits = len(str(film.steps[-1]))
    pictures = zip(film.steps, film.pictures(progress), strict=True)
    write_folder(path, ((f"step-{step:0{digits}}.png", png(picture)) for step, picture in pictures))


def film_bytes(film: Film, kind: str, fps: float | None = None, progress: Progress = ignore) -> bytes:
    """An endless animation, "gif" or "webp", of a film: so many moments a second, of which the last one stays.

    What glides has more pictures between them. They are made one at a time; what is held is the file. Without a pace
    the film takes some eight seconds.
    """
    fps = fps or min(max(len(film.steps) / _SECONDS, _SLOWEST), _QUICKEST)
    each = max(round(_SMOOTH / fps), 1) if film.glides else 1
    pictures = film.pictures(progress, each)
    if kind == "webp":
        return webp(Lazy(pictures, film.count(each)), fps * each)
    return b"".join(gif(pictures, shared_palette(film.some(), film.look.exact_colours), fps * each))


def shared_palette(pictures: Image.Image, exact: Sequence[tuple[int, int, int]]) -> Image.Image:
    """A palette of 256 colours: some `exact` ones, and the others as pictures have them."""
    quantized = pictures.quantize(_COLOURS - len(exact), Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    found = np.array(quantized.getpalette("RGB") or [], int).reshape(-1, 3)
    if exact:  # Pillow looks colours up in steps of four: one beside an exact one would be taken for it
        apart = np.abs(found[:, None] - np.array(exact)).max(-1).min(-1)
        found = found[apart > _TOO_CLOSE]
    colours = [*chain.from_iterable(exact), *found.ravel().tolist()]
    palette = Image.new("P", (1, 1))
    palette.putpalette(bytes(colours[: 3 * _COLOURS]).ljust(3 * _COLOURS, b"\0"))
    return palette


def gif(pictures: Iterable[Image.Image], palette: Image.Image, fps: float) -> Iterator[bytes]:
    """Parts of an endless GIF animation, one after the other; only two pictures are held at a time.

    Each picture is written as far as it differs from the one before. All share one palette, and none is dithered: what
    stands still does not flicker.

    Parameters
    ----------
    pictures : iterable of Image
        RGB, all of one size.
    palette : Image
        Of 256 colours, as `shared_palette` gives it.
    fps : float
        Pictures a second.
    """
    table = bytes(palette.getpalette("RGB") or [])
    before: Image.Image | None = None
    for number, (picture, is_last) in enumerate(_with_last(pictures)):
        indexed = picture.quantize(palette=palette, dither=Image.Dither.NONE)
        if before is None:
            size = struct.pack("<HHBBB", *picture.size, 0x80 | _TABLE_BITS << 4 | _TABLE_BITS, 0, 0)
            yield b"GIF89a" + size + table + _LOOP
        pause = _pause(number, fps) + (round(100 * _LAST_SECONDS) if is_last else 0)
        yield _gif_frame(indexed, before, min(pause, _MOST_HUNDREDTHS))
        before = indexed
    if before is not None:
        yield b";"


def webp(pictures: "Lazy", fps: float) -> bytes:
    """An endless WebP animation; of the pictures one at a time is in memory."""
    target = io.BytesIO()
    pauses = [round(1000 / fps)] * (pictures.n_frames - 1) + [round(1000 / fps + 1000 * _LAST_SECONDS)]
    pictures.save(target, "WEBP", save_all=True, duration=pauses, loop=0, lossless=True, method=2, quality=50)
    return target.getvalue()


class Lazy(Image.Image):
    """An image of many, as Pillow's writers take them, of which each is made when it is its turn."""

    def __init__(self, pictures: Iterable[Image.Image], count: int) -> None:
        super().__init__()
        self._pictures = iter(pictures)
        self.n_frames, self.is_animated = count, count > 1
        self._number = -1
        self.seek(0)

    def tell(self) -> int:
        return self._number

    def seek(self, frame: int) -> None:
        """Go on to the next picture; those before are gone."""
        if frame != self._number + 1:
            return
        picture = next(self._pictures)
        self.im, self._mode, self._size = picture.im, picture.mode, picture.size
        self._number = frame


def _with_last(pictures: Iterable[Image.Image]) -> Iterator[tuple[Image.Image, bool]]:
    before: Image.Image | None = None
    for picture in chain(pictures, [None]):
        if before is not None:
            yield before, picture is None
        before = picture


def _pause(number: int, fps: float) -> int:
    """Hundredths of a second that a picture stays, so that all of them together keep the pace."""
    return round(100 * (number + 1) / fps) - round(100 * number / fps)


def _gif_frame(picture: Image.Image, before: Image.Image | None, pause: int) -> bytes:
    left, top, right, bottom = 0, 0, *picture.size
    if before is not None:
        changed = ImageChops.difference(Image.fromarray(np.asarray(picture)), Image.fromarray(np.asarray(before)))
        left, top, right, bottom = changed.getbbox() or (0, 0, 1, 1)
    part = picture.crop((left, top, right, bottom))
    return b"".join(GifImagePlugin.getdata(part, (left, top), duration=10 * pause, disposal=1))
