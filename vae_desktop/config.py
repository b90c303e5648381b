"""Settings of a run, defined once: the window's form, the command's options and the saved file are built from them."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from vae_desktop.catalog import DATASETS, LIKELIHOODS, MODELS, Likelihood, ModelKind, describe_dataset
from vae_desktop.settings import Checked, Choice, Setting, setting, settings_of

_WITH_BETA = tuple(kind.name for kind in MODELS.values() if kind.kl_weight is None)
_DENOISING = tuple(kind.name for kind in MODELS.values() if kind.is_denoising)


@dataclass(frozen=True)
class DatasetConfig(Checked):
    """Which images a model learns; `name` is one of DATASETS or the path of a person's own."""

    name: str = setting(
        "digits",
        "Data set",
        "The images that the latent space is learned from. Labels only colour the plots.",
        choices=tuple(DATASETS.values()),
        takes_path=True,
        group="main",
    )
    image_size: int | None = setting(
        None,
        "Image size",
        "Side of the square images. Smaller images make the reconstruction error small against the KL term, "
        "and latent dimensions collapse sooner.",
        between=(8, 128),
        unit="px",
        automatic="auto",
        group="architecture",
    )
    colours: str = setting(
        "auto",
        "Colours",
        "Whether the images are learned in colour.",
        choices=(
            Choice("auto", "As they are", "Colour if any image has colour, else grey."),
            Choice("grey", "Grey", "One channel: the luminance."),
            Choice("colour", "Colour", "Three channels: red, green and blue."),
        ),
        group="architecture",
    )
    measured_on: str = setting(
        "test",
        "Measured on",
        "The images that no training step sees, on which the model is measured.",
        choices=(
            Choice("test", "Test images", "Those that nothing was ever chosen by."),
            Choice("validation", "Validation images", "A twelfth of the training images, held out to choose settings."),
        ),
        group="reproducibility",
    )

    @property
    def label(self) -> str:
        """The data set's name as a person reads it; figures on validation images are marked as such."""
        label = describe_dataset(self.name).label
        return label if self.measured_on == "test" else f"{label} (validation)"

    @property
    def is_custom(self) -> bool:
        """Whether it is a person's own, from a path."""
        return self.name not in DATASETS


@dataclass(frozen=True)
class ModelConfig(Checked):
    """What is trained."""

    kind: str = setting(
        "vae",
        "Model",
        "An autoencoder codes an image as a point; a variational one as a normal distribution.",
        choices=tuple(MODELS.values()),
        group="main",
    )
    latent_dim: int = setting(
        2,
        "Latent dimensions",
        "Length of the code. Two can be seen whole; more reconstruct better.",
        between=(1, 128),
        group="main",
    )
    noise: str = setting(
        "gaussian",
        "Noise",
        "How an image is corrupted before it is encoded; the model learns to restore the clean one.",
        choices=(
            Choice("gaussian", "Gaussian", "Each pixel gets noise of that standard deviation, then is cut to 0…1."),
            Choice("masking", "Masking", "That fraction of the pixels is set to 0."),
            Choice("salt-and-pepper", "Salt and pepper", "That fraction of the pixels is set to 0 or 1, at random."),
        ),
        only_for=_DENOISING,
        group="main",
    )
    noise_strength: float = setting(
        0.3,
        "Noise strength",
        "Standard deviation of the noise, or the fraction of the pixels that it hits. "
        "The stronger, the more the codes hold only what all images of a kind share.",
        between=(0.0, 1.0),
        only_for=_DENOISING,
        group="main",
    )
    architecture: str = setting(
        "mlp",
        "Architecture",
        "What encoder and decoder are made of.",
        choices=(
            Choice("mlp", "Fully connected", "Every pixel reaches every unit. Quick for small images."),
            Choice(
                "convolutional",
                "Convolutional",
                "Filters that slide over the image and halve it, stage by stage. Sharper for large or coloured images, "
                "slower without a graphics card.",
            ),
        ),
        group="architecture",
    )
    hidden: tuple[int, ...] | None = setting(
        None,
        "Hidden layers",
        "Widths of the encoder's layers, or channels of its convolutional stages, each of which halves the image; "
        "the decoder mirrors them. Wider ones bend the latent space more.",
        kind="sizes",
        between=(1, 8192),
        unit="units",
        automatic="auto",
        group="architecture",
    )
    activation: str = setting(
        "relu",
        "Activation",
        "What bends the signal between layers. Smooth ones give a smoother latent space.",
        choices=(
            Choice("relu", "ReLU", "max(0, x): kinks, cheap."),
            Choice("leaky-relu", "Leaky ReLU", "A hundredth of x below 0: no unit goes silent."),
            Choice("gelu", "GELU", "A smooth ReLU."),
            Choice("silu", "SiLU", "x times its sigmoid, smooth."),
            Choice("tanh", "tanh", "Bounded and smooth; slow to train when deep."),
        ),
        group="architecture",
    )
    likelihood: str = setting(
        "squared-error",
        "Likelihood",
        "How a reconstruction is judged. It sets the scale against which the KL divergence is weighed, so losses of "
        "different likelihoods cannot be compared.",
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
class TrainingConfig(Checked):
    """How it is trained."""

    epochs: int = setting(
        200,
        "Epochs",
        "Passes over the training images. The latent space settles as they go by.",
        between=(1, 100_000),
        at_once=True,
    )
    learning_rate: float = setting(
        1e-3,
        "Learning rate",
        "Size of Adam's steps. Too large and the codes jump about or the loss diverges.",
        between=(1e-7, 1.0),
        logarithmic=True,
        at_once=True,
    )
    encoder_rate: float = setting(
        1.0,
        "Encoder's rate",
        "Learning rate of the encoder, in times that of the decoder. At a quarter the decoder keeps up with codes that "
        "move, and both can learn at a higher rate.",
        between=(0.01, 100.0),
        unit="of the decoder's",
        logarithmic=True,
    )
    schedule: str = setting(
        "constant",
        "Schedule",
        "How the learning rate moves over the run.",
        choices=(
            Choice("constant", "Constant", "The same from the first step to the last."),
            Choice(
                "one-cycle",
                "One cycle",
                "Rises over the first tenth of the run and falls to 0 at its end: the last steps settle every code.",
            ),
        ),
    )
    beta: float = setting(
        1.0,
        "β (KL weight)",
        "Weight of the KL divergence. Large: codes are pressed together until they collapse on N(0, I). "
        "0: nothing holds them and holes open.",
        between=(0.0, 10_000.0),
        logarithmic=True,
        at_once=True,
        only_for=_WITH_BETA,
        group="main",
    )
    beta_warm_up: float = setting(
        0.0,
        "β warm-up",
        "Epochs over which β grows from 0 to its value: the codes spread before they are pressed together.",
        between=(0.0, 100_000.0),
        unit="epochs",
        only_for=_WITH_BETA,
    )
    precision: str = setting(
        "single",
        "Precision",
        "Of the numbers that layers compute with while training; losses and weights always have 32 bits.",
        choices=(
            Choice("single", "32 bits", "The same everywhere."),
            Choice("mixed", "16 bits if quicker", "bfloat16 on hardware that is made for it, and nearly the same."),
        ),
    )
    batch_size: int = setting(
        128,
        "Batch size",
        "Images per step. Small batches make the latent space jitter, large ones settle it slowly.",
        between=(1, 65_536),
        unit="images",
    )
    seed: int = setting(
        0,
        "Seed",
        "The same seed gives the same initial weights, order of images and noise: the same latent space.",
        between=(0, 2**32 - 1),
        group="reproducibility",
    )
    device: str = setting(
        "auto",
        "Device",
        "Where training computes.",
        choices=(
            Choice("auto", "Automatic", "The quickest that works: CUDA, else Apple's MPS, else the processor."),
            Choice("cuda", "CUDA", "An NVIDIA graphics card; cuda:1 is the second of several."),
            Choice("mps", "MPS", "An Apple graphics processor."),
            Choice("cpu", "CPU", "The processor."),
        ),
        numbered="cuda",
        group="reproducibility",
    )


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
        return f"{self.model.traits.short} {self.model.latent_dim}-D · {self.dataset.label}"


# The definition of each setting of a run, by its name, which no two of its parts share; and the part it belongs to.
SETTINGS: dict[str, Setting] = {name: entry for part in fields(RunConfig) for name, entry, _ in settings_of(part.type)}
_PART_OF = {name: part.name for part in fields(RunConfig) for name, _, _ in settings_of(part.type)}
