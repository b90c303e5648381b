"""Settings of a run: frozen dataclasses whose fields carry what a form and a command line need.

One definition serves everywhere: the window's form, the command's options and the saved file are
all built from these fields. A value that a setting cannot take never gets into an object.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

from vae_desktop.errors import InvalidSetting

Kind = Literal["integer", "number", "sizes", "choice"]
ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True)
class Choice:
    """One value of a setting with few values."""

    value: str
    label: str
    help: str


@dataclass(frozen=True)
class Setting:
    """What a form or a command line needs to know about one field.

    Attributes
    ----------
    label, help, unit : str
        Short name, what the setting does to the latent space, and its unit ("" for a plain number).
    kind : {"integer", "number", "sizes", "choice"}
        "sizes" is a tuple of integers, each within the range.
    minimum, maximum : float
        The range, both ends included.
    logarithmic : bool
        Steps multiply rather than add.
    at_once : bool
        A change acts on the training that runs; other settings wait for the next run.
    optional : bool
        None is allowed and stands for `automatic`.
    """

    label: str
    help: str
    kind: Kind = "integer"
    minimum: float = -math.inf
    maximum: float = math.inf
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    logarithmic: bool = False
    at_once: bool = False
    optional: bool = False
    automatic: str = ""

    def parse(self, name: str, text: str) -> Any:
        """Turn typed text into a checked value.

        Raises
        ------
        InvalidSetting
            If the text is no such value; the message says why.
        """
        text = text.strip()
        if self.optional and text.lower() in ("", self.automatic.lower()):
            return None
        try:
            value: Any
            if self.kind == "choice":
                value = text
            elif self.kind == "sizes":
                value = tuple(int(part) for part in text.replace(",", " ").split())
            else:
                value = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            raise InvalidSetting(name, f"{self.label}: {_abridged(repr(text))} is not {self._wanted()}.") from None
        self.check(name, value)
        return value

    def check(self, name: str, value: Any) -> None:
        """Raise InvalidSetting unless `value` has the right type and lies in the range."""
        if value is None and self.optional:
            return
        if self.kind == "choice":
            if value not in [choice.value for choice in self.choices]:
                known = ", ".join(choice.value for choice in self.choices)
                raise InvalidSetting(name, f"{self.label}: {value!r} is unknown; choose from {known}.")
            return
        if self.kind == "sizes":
            if not isinstance(value, tuple) or len(value) > 8:
                raise InvalidSetting(name, f"{self.label}: {value!r} is not {self._wanted()}.")
            for size in value:
                self._check_number(name, size)
            return
        self._check_number(name, value)

    def format(self, value: Any) -> str:
        """Text of a value, as a person would type it."""
        if value is None:
            return self.automatic
        if self.kind == "sizes":
            return " ".join(str(size) for size in value)
        return _shortest(value) if self.kind == "number" else str(value)

    def _check_number(self, name: str, value: Any) -> None:
        wanted = float if self.kind == "number" else int
        right_type = isinstance(value, (int, wanted)) and not isinstance(value, bool)
        if not right_type or value != value:
            raise InvalidSetting(name, f"{self.label}: {value!r} is not {self._wanted()}.")
        if not self.minimum <= value <= self.maximum:
            raise InvalidSetting(
                name,
                f"{self.label}: {_abridged(_shortest(value))} is out of range "
                f"({_shortest(self.minimum)} to {_shortest(self.maximum)}).",
            )

    def _wanted(self) -> str:
        return {
            "integer": "a whole number",
            "number": "a number",
            "sizes": "a list of at most 8 whole numbers, such as 400 256",
            "choice": "one of the choices",
        }[self.kind]


def _shortest(value: float) -> str:
    """The shortest text that reads back as the same number: 1, 0.001, 1e-07."""
    return str(value) if isinstance(value, int) else repr(float(value)).removesuffix(".0")


def _abridged(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}…"


def setting(default: Any, label: str, help: str, **details: Any) -> Any:
    """Declare a dataclass field that is a setting."""
    return field(default=default, metadata={"setting": Setting(label, help, **details)})


def settings_of(config: Any) -> Iterator[tuple[str, Setting, Any]]:
    """Yield (field name, setting, value) for each setting of a config object, or defaults of its class."""
    for entry in fields(config):
        if "setting" in entry.metadata:
            default = None if entry.default is MISSING else entry.default
            value = default if isinstance(config, type) else getattr(config, entry.name)
            yield entry.name, entry.metadata["setting"], value


class _Checked:
    """Validates each setting when an object is made."""

    def __post_init__(self) -> None:
        for name, entry, value in settings_of(self):
            entry.check(name, value)


@dataclass(frozen=True)
class DatasetKind:
    """A data set that the app knows by name.

    `epochs` is a number of passes after which its latent space has visibly formed, the default for a run.
    """

    name: str
    label: str
    help: str
    epochs: int
    download_bytes: int = 0


DATASETS = {
    kind.name: kind
    for kind in (
        DatasetKind(
            "digits", "Digits", "1,797 real handwritten digits that come with scikit-learn. Always there.", 200
        ),
        DatasetKind(
            "mnist", "MNIST", "70,000 handwritten digits, 28×28 pixels.", 20, download_bytes=11_594_722
        ),
    )
}


@dataclass(frozen=True)
class DatasetConfig(_Checked):
    """Which images a model learns."""

    name: str = setting(
        "digits",
        "Data set",
        "The images that the latent space is learned from. Labels only colour the plots.",
        kind="choice",
        choices=tuple(Choice(kind.name, kind.label, kind.help) for kind in DATASETS.values()),
    )
    image_size: int | None = setting(
        None,
        "Image size",
        "Side of the square images. Smaller images make the reconstruction error small against the KL term, "
        "and latent dimensions collapse sooner.",
        minimum=8,
        maximum=128,
        unit="px",
        optional=True,
        automatic="auto",
    )


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """What is trained."""

    kind: str = setting(
        "vae",
        "Model",
        "An autoencoder codes an image as a point; a variational one as a normal distribution.",
        kind="choice",
        choices=(
            Choice(
                "vae",
                "Variational (VAE)",
                "Codes are normal distributions, drawn towards N(0, I) by the KL divergence: "
                "a continuous latent space.",
            ),
            Choice(
                "ae",
                "Autoencoder (AE)",
                "Codes are points, trained by reconstruction alone: clusters with holes between them.",
            ),
        ),
    )
    latent_dim: int = setting(
        2,
        "Latent dimensions",
        "Length of the code. Two can be seen whole; more reconstruct better.",
        minimum=1,
        maximum=128,
    )
    hidden: tuple[int, ...] = setting(
        (400,),
        "Hidden layers",
        "Widths of the encoder's hidden layers; the decoder mirrors them. Wider ones bend the latent space more.",
        kind="sizes",
        minimum=1,
        maximum=8192,
        unit="units",
    )


@dataclass(frozen=True)
class TrainingConfig(_Checked):
    """How it is trained."""

    epochs: int = setting(
        200,
        "Epochs",
        "Passes over the training images. The latent space settles as they go by.",
        minimum=1,
        maximum=100_000,
        at_once=True,
    )
    learning_rate: float = setting(
        1e-3,
        "Learning rate",
        "Size of Adam's steps. Too large and the codes jump about or the loss diverges.",
        kind="number",
        minimum=1e-7,
        maximum=1.0,
        logarithmic=True,
        at_once=True,
    )
    beta: float = setting(
        1.0,
        "β (KL weight)",
        "Weight of the KL divergence. Large: codes are pressed together until they collapse on N(0, I). "
        "0: nothing holds them and holes open.",
        kind="number",
        minimum=0.0,
        maximum=10_000.0,
        logarithmic=True,
        at_once=True,
    )
    batch_size: int = setting(
        128,
        "Batch size",
        "Images per step. Small batches make the latent space jitter, large ones settle it slowly.",
        minimum=1,
        maximum=65_536,
        unit="images",
    )
    seed: int = setting(
        0,
        "Seed",
        "The same seed gives the same initial weights, order of images and noise: the same latent space.",
        minimum=0,
        maximum=2**32 - 1,
    )
    device: str = setting(
        "auto",
        "Device",
        "Where training computes.",
        kind="choice",
        choices=(
            Choice("auto", "Automatic", "CUDA if there, else Apple's MPS, else the processor."),
            Choice("cuda", "CUDA", "An NVIDIA graphics card."),
            Choice("mps", "MPS", "An Apple graphics processor."),
            Choice("cpu", "CPU", "The processor."),
        ),
    )


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a training run computes (with the software and the device)."""

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def with_training(self, **changes: Any) -> "RunConfig":
        """Copy with some training settings changed."""
        return replace(self, training=replace(self.training, **changes))

    def adjusted(self, name: str, value: float) -> "RunConfig":
        """Copy with one setting that acts at once changed; such values travel as floats."""
        return self.with_training(**{name: int(value) if name == "epochs" else value})

    @property
    def title(self) -> str:
        """A short name for lists: model, latent dimensions and data set."""
        return f"{self.model.kind.upper()} {self.model.latent_dim}-D · {DATASETS[self.dataset.name].label}"


def config_to_json(config: Any) -> dict[str, Any]:
    """Plain JSON values of a config object, field by field; tuples become lists."""
    result: dict[str, Any] = {}
    for entry in fields(config):
        value = getattr(config, entry.name)
        if "setting" not in entry.metadata:
            value = config_to_json(value)
        result[entry.name] = list(value) if isinstance(value, tuple) else value
    return result


def config_from_json(kind: type[ConfigT], values: Any) -> ConfigT:
    """Rebuild a config object, trusting nothing.

    Raises
    ------
    InvalidSetting
        If a key is unknown or missing, or a value has the wrong type or range.
    """
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(values, Mapping) or set(values) != set(known):
        raise InvalidSetting(kind.__name__, f"{kind.__name__} needs exactly the keys {', '.join(known)}.")
    arguments: dict[str, Any] = {}
    for name, entry in known.items():
        value = values[name]
        if "setting" not in entry.metadata:
            value = config_from_json(entry.type, value)  # type: ignore[arg-type]
        arguments[name] = tuple(value) if isinstance(value, list) else value
    return kind(**arguments)
