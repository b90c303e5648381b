"""Settings of a run, defined once: the window's form, the command's options and the saved file are built from them."""

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

from vae_desktop.catalog import LIKELIHOODS, MODELS, Likelihood, ModelKind
from vae_desktop.dataset_catalog import DATASETS, describe_dataset
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import N_, tr
from vae_desktop.settings import Checked, Choice, Setting, setting, settings_of
from vae_desktop.training_config import TrainingConfig as TrainingConfig  # to be had from here, as its fellows are

_DENOISING = tuple(kind.name for kind in MODELS.values() if kind.is_denoising)


@dataclass(frozen=True)
class DatasetConfig(Checked):
    """Which images a model learns; `name` is one of DATASETS or the path of a person's own."""

    name: str = setting(
        "digits",
        N_("Data set"),
        N_("The images that the latent space is learned from. Labels only colour the plots."),
        choices=tuple(DATASETS.values()),
        takes_path=True,
        group="main",
    )
    image_size: int | None = setting(
        None,
        N_("Image size"),
        N_(
            "Side of the square images. Smaller images make the reconstruction error small against the KL term, and "
            "latent dimensions collapse sooner."
        ),
        between=(8, 128),
        unit=N_("px"),
        automatic=N_("auto"),
        group="architecture",
    )
    colours: str = setting(
        "auto",
        N_("Colours"),
        N_("Whether the images are learned in colour."),
        choices=(
            Choice("auto", N_("As they are"), N_("Colour if any image has colour, else grey.")),
            Choice("grey", N_("Grey"), N_("One channel: the luminance.")),
            Choice("colour", N_("Colour"), N_("Three channels: red, green and blue.")),
        ),
        group="architecture",
    )
    measured_on: str = setting(
        "test",
        N_("Measured on"),
        N_("The images that no training step sees, on which the model is measured."),
        choices=(
            Choice("test", N_("Test images"), N_("Those that nothing was ever chosen by.")),
            Choice(
                "validation",
                N_("Validation images"),
                N_(
                    "Held out to choose settings: those that your own set has besides test images, else a twelfth of "
                    "the training images."
                ),
            ),
        ),
        group="reproducibility",
    )
    levels: str = setting(
        "auto",
        N_("Levels"),
        N_("Which stored value becomes black and which white: one rule for all images of the set."),
        choices=(
            Choice(
                "auto",
                N_("Automatic"),
                N_(
                    "Bytes as they are; 9 to 16 bits divided by the greatest number of so many bits; floats from 0 to "
                    "1, or to 255; what reaches further from its least to its greatest."
                ),
            ),
            Choice("full-range", N_("Full range"), N_("All that the type can hold: of 16 bits 0 to 65,535.")),
            Choice(
                "percentiles",
                N_("Percentiles"),
                N_("From percentile 0.5 to 99.5 of all values: a few bright spots darken nothing else."),
            ),
            Choice("bounds", N_("Bounds"), N_("From a black to a white level: the least and greatest, or given ones.")),
        ),
        is_for_own=True,
        group="architecture",
    )
    black: float | None = setting(
        None,
        N_("Black level"),
        N_(
            "The stored value that becomes black, by itself the least; above the white level it turns the images into "
            "negatives."
        ),
        kind="number",
        between=(-1e30, 1e30),
        automatic=N_("auto"),
        is_for_own=True,
        only_with=("levels", "bounds"),
        group="architecture",
    )
    white: float | None = setting(
        None,
        N_("White level"),
        N_("The stored value that becomes white, by itself the greatest."),
        kind="number",
        between=(-1e30, 1e30),
        automatic=N_("auto"),
        is_for_own=True,
        only_with=("levels", "bounds"),
        group="architecture",
    )

    excluded: str = ""  # the digest of a list of images that are left out, see data.exclusions; "" for none

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.excluded, str) or not re.fullmatch("|[0-9a-f]{16}", self.excluded):
            raise InvalidSetting("excluded", tr("{value} names no list of images.").format(value=repr(self.excluded)))

    @property
    def label(self) -> str:
        """The data set's name as a person reads it; figures on validation images, or on fewer, are marked."""
        kind = describe_dataset(self.name)
        label = kind.label if self.is_custom else tr(kind.label)
        label = label if not self.excluded else tr("{label} (without some)").format(label=label)
        return label if self.measured_on == "test" else tr("{label} (validation)").format(label=label)

    @property
    def is_custom(self) -> bool:
        """Whether it is a person's own, from a path."""
        return self.name not in DATASETS


@dataclass(frozen=True)
class ModelConfig(Checked):
    """What is trained."""

    kind: str = setting(
        "vae",
        N_("Model"),
        N_("An autoencoder codes an image as a point; a variational one as a normal distribution."),
        choices=tuple(MODELS.values()),
        group="main",
    )
    latent_dim: int = setting(
        2,
        N_("Latent dimensions"),
        N_("Length of the code. Two can be seen whole; more reconstruct better."),
        between=(1, 128),
        group="main",
    )
    noise: str = setting(
        "gaussian",
        N_("Noise"),
        N_("How an image is corrupted before it is encoded; the model learns to restore the clean one."),
        choices=(
            Choice(
                "gaussian", N_("Gaussian"), N_("Each pixel gets noise of that standard deviation, then is cut to 0…1.")
            ),
            Choice("masking", N_("Masking"), N_("That fraction of the pixels is set to 0.")),
            Choice(
                "salt-and-pepper", N_("Salt and pepper"), N_("That fraction of the pixels is set to 0 or 1, at random.")
            ),
        ),
        only_for=_DENOISING,
        group="main",
    )
    noise_strength: float = setting(
        0.3,
        N_("Noise strength"),
        N_(
            "Standard deviation of the noise, or the fraction of the pixels that it hits. The stronger, the more the "
            "codes hold only what all images of a kind share."
        ),
        between=(0.0, 1.0),
        only_for=_DENOISING,
        group="main",
    )
    architecture: str = setting(
        "mlp",
        N_("Architecture"),
        N_("What encoder and decoder are made of."),
        choices=(
            Choice("mlp", N_("Fully connected"), N_("Every pixel reaches every unit. Quick for small images.")),
            Choice(
                "convolutional",
                N_("Convolutional"),
                N_(
                    "Filters that slide over the image and halve it, stage by stage. Sharper for large or coloured "
                    "images, slower without a graphics card."
                ),
            ),
        ),
        group="architecture",
    )
    hidden: tuple[int, ...] | None = setting(
        None,
        N_("Hidden layers"),
        N_(
            "Widths of the encoder's layers, or channels of its convolutional stages, each of which halves the image; "
            "the decoder mirrors them. Wider ones bend the latent space more. Automatic is one layer of 400 units, or "
            "32 channels and twice as many in each further stage."
        ),
        kind="sizes",
        between=(1, 8192),
        unit=N_("units"),
        automatic=N_("auto"),
        group="architecture",
    )
    activation: str = setting(
        "relu",
        N_("Activation"),
        N_("What bends the signal between layers. Smooth ones give a smoother latent space."),
        choices=(
            Choice("relu", N_("ReLU"), N_("max(0, x): kinks, cheap.")),
            Choice("leaky-relu", N_("Leaky ReLU"), N_("A hundredth of x below 0: no unit goes silent.")),
            Choice("gelu", N_("GELU"), N_("A smooth ReLU.")),
            Choice("silu", N_("SiLU"), N_("x times its sigmoid, smooth.")),
            Choice("tanh", N_("tanh"), N_("Bounded and smooth; slow to train when deep.")),
        ),
        group="architecture",
    )
    likelihood: str = setting(
        "squared-error",
        N_("Likelihood"),
        N_(
            "How a reconstruction is judged. It sets the scale against which the KL divergence is weighed, so losses "
            "of different likelihoods cannot be compared."
        ),
        choices=tuple(LIKELIHOODS.values()),
        group="architecture",
    )

    @property
    def traits(self) -> ModelKind:
        """What models of this kind are."""
        return MODELS[self.kind]

    @property
    def judged_by(self) -> Likelihood:
        """The likelihood's quantity and unit."""
        return LIKELIHOODS[self.likelihood]


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a training run computes (with the software and the device)."""

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    @property
    def kl_weight(self) -> float:
        """Weight of the KL divergence in the loss, after any warm-up."""
        return self.model.traits.kl_weight_at(self.training.beta)

    def with_settings(self, **changes: Any) -> "RunConfig":
        """Copy with some settings changed, of whichever part; raises InvalidSetting where a value cannot be."""
        values: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            values.setdefault(_PART_OF[name], {})[name] = value
        return replace(self, **{part: replace(getattr(self, part), **own) for part, own in values.items()})

    def adjusted(self, name: str, value: float) -> "RunConfig":
        """Copy with one setting that acts at once changed; such values travel as floats."""
        return self.with_settings(**{name: int(value) if name == "epochs" else value})

    @property
    def title(self) -> str:
        """A short name for lists: model, latent dimensions and data set."""
        text = tr("{kind} {dimensions}-D · {dataset}")
        kind, dimensions = tr(self.model.traits.short), self.model.latent_dim
        return text.format(kind=kind, dimensions=dimensions, dataset=self.dataset.label)


# The definition of each setting of a run, by its name, which no two of its parts share; and the part it belongs to.
SETTINGS: dict[str, Setting] = {name: entry for part in fields(RunConfig) for name, entry, _ in settings_of(part.type)}
# What a file says only where it is not as usual, so that earlier versions of the app can read all others.
OPTIONAL = tuple(name for name, entry in SETTINGS.items() if entry.is_for_own)
EXCLUDED = "excluded"  # of DatasetConfig: as these, but no setting of a form
_PART_OF = {name: part.name for part in fields(RunConfig) for name, _, _ in settings_of(part.type)}


def values_of(config: RunConfig) -> dict[str, Any]:
    """The value of each setting of a run, by its name."""
    parts = (config.dataset, config.model, config.training)
    return {name: value for part in parts for name, _, value in settings_of(part)}
