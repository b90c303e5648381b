"""Settings: what can be typed, what is refused in which words, and the way into a file and back."""

import json
import math
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_desktop.config import EXCLUDED, DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import InvalidSetting
from vae_desktop.settings import Choice, Setting, config_from_json, settings_of

INTEGER = Setting("Epochs", "", minimum=1, maximum=100_000)
NUMBER = Setting("Rate", "", kind="number", minimum=0.0, maximum=1.0)
SIZES = Setting("Hidden", "", kind="sizes", minimum=1, maximum=8192)
OPTIONAL = Setting("Size", "", minimum=8, maximum=128, automatic="auto")
CHOICE = Setting("Model", "", kind="choice", choices=(Choice("vae", "", ""), Choice("ae", "", "")))
CONFIGS = (DatasetConfig, ModelConfig, TrainingConfig)


def as_json(config):
    """A config object as a saved file gives it back."""
    return json.loads(json.dumps(asdict(config)))


@pytest.mark.parametrize(
    ("entry", "text", "value"),
    [
        (INTEGER, "1", 1),
        (INTEGER, " 100000 ", 100_000),
        (INTEGER, "+7", 7),
        (NUMBER, "0", 0.0),
        (NUMBER, "1e-3", 0.001),
        (NUMBER, ".5", 0.5),
        (NUMBER, "1", 1.0),
        (NUMBER, "0,5", 0.5),
        (NUMBER, ",5", 0.5),
        (NUMBER, "+1", 1.0),
        (NUMBER, " 2,5E-1 ", 0.25),
        (NUMBER, "5e\u22122", 0.05),
        (NUMBER, "0\uff0c5", 0.5),
        (INTEGER, "1e3", 1000),
        (SIZES, "400", (400,)),
        (SIZES, "400 256", (400, 256)),
        (SIZES, "400, 256,128", (400, 256, 128)),
        (SIZES, "", ()),
        (OPTIONAL, "", None),
        (OPTIONAL, " Auto ", None),
        (OPTIONAL, "28", 28),
        (CHOICE, "ae", "ae"),
    ],
)
def test_what_can_be_typed(entry, text, value):
    parsed = entry.parse("name", text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("entry", "text", "words"),
    [
        (INTEGER, "", "'' is not a whole number"),
        (INTEGER, "abc", "'abc' is not a whole number"),
        (INTEGER, "1.5", "'1.5' is not a whole number"),
        (INTEGER, "1e-3", "'1e-3' is not a whole number"),
        (INTEGER, "1.0", "'1.0' is not a whole number"),
        (INTEGER, "1,000", "'1,000' is not a whole number. Write it without separators of thousands."),
        (INTEGER, "1 000", "Write it without separators of thousands."),
        (INTEGER, "1_000", "'1_000' is not a whole number."),
        (INTEGER, "nan", "'nan' is not a whole number"),
        (INTEGER, "0", "0 is out of range (1 to 100000)"),
        (INTEGER, "-1", "-1 is out of range"),
        (INTEGER, "9" * 400, "99999999999999999999… is out of range"),
        (INTEGER, "9" * 5000, "is not a whole number"),
        (NUMBER, "abc", "'abc' is not a number"),
        (NUMBER, "nan", "'nan' is not a number"),
        (NUMBER, "inf", "'inf' is not a number"),
        (NUMBER, "\u22121", "-1 is out of range"),
        (NUMBER, "-1", "-1 is out of range"),
        (NUMBER, "1.0000001", "1.0000001 is out of range"),
        (NUMBER, "9" * 400, "inf is out of range"),
        (NUMBER, "1.234,5", "'1.234,5' is not a number. Write it without separators of thousands."),
        (NUMBER, "1,234.5", "Write it without separators of thousands."),
        (NUMBER, "0,1,2", "'0,1,2' is not a number."),
        (NUMBER, "1 2", "'1 2' is not a number."),
        (NUMBER, "9" * 5000 + "x", "is not a number"),
        (SIZES, "400;256", "'400;256' is not a list of at most 8 whole numbers"),
        (SIZES, "400 -1", "-1 is out of range (1 to 8192)"),
        (SIZES, "0", "0 is out of range"),
        (SIZES, "1 " * 9, "is not a list of at most 8 whole numbers"),
        (SIZES, "9" * 400, "is out of range"),
        (OPTIONAL, "7", "7 is out of range (8 to 128)"),
        (OPTIONAL, "none", "'none' is not a whole number"),
        (CHOICE, "gan", "'gan' is unknown; choose from vae, ae"),
        (CHOICE, "VAE", "'VAE' is unknown"),
    ],
)
def test_what_cannot_is_refused_in_plain_words(entry, text, words):
    with pytest.raises(InvalidSetting) as refused:
        entry.parse("name", text)
    message = str(refused.value)
    assert message.startswith(f"{entry.label}: ")
    assert words in message
    assert len(message) < 120
    assert refused.value.name == "name"


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (INTEGER, 1.0),
        (INTEGER, True),
        (INTEGER, None),
        (INTEGER, "1"),
        (INTEGER, [1]),
        (INTEGER, 10**400),
        (NUMBER, None),
        (NUMBER, "0.5"),
        (NUMBER, False),
        (NUMBER, math.nan),
        (NUMBER, math.inf),
        (NUMBER, 10**400),
        (SIZES, [400]),
        (SIZES, (400.0,)),
        (SIZES, (10**400,)),
        (SIZES, ((400,),)),
        (SIZES, 400),
        (OPTIONAL, "auto"),
        (CHOICE, None),
        (CHOICE, ["ae"]),
        (CHOICE, 0),
    ],
)
def test_values_of_the_wrong_kind_are_refused(entry, value):
    with pytest.raises(InvalidSetting):
        entry.check("name", value)


@pytest.mark.parametrize(
    ("entry", "value", "text"),
    [
        (INTEGER, 100_000, "100000"),
        (NUMBER, 0.001, "0.001"),
        (NUMBER, 1.0, "1"),
        (NUMBER, 1, "1"),
        (NUMBER, 0.00123456789, "0.00123456789"),
        (NUMBER, 1e-7, "1e-07"),
        (NUMBER, 10_000.0, "10000"),
        (SIZES, (400, 256), "400 256"),
        (SIZES, (), "none"),
        (OPTIONAL, None, "auto"),
        (CHOICE, "ae", "ae"),
    ],
)
def test_a_value_is_shown_as_a_person_would_type_it(entry, value, text):
    assert entry.format(value) == text


def values_of(entry: Setting) -> st.SearchStrategy:
    """All values that a setting can take."""
    if entry.kind == "choice":
        return st.sampled_from([choice.name for choice in entry.choices])
    if entry.kind == "number":
        return st.floats(entry.minimum, entry.maximum)
    integers = st.integers(int(entry.minimum), int(entry.maximum))
    if entry.kind == "sizes":
        return st.lists(integers, max_size=8).map(tuple)
    return st.none() | integers if entry.automatic is not None else integers


EVERY_SETTING = [(name, entry) for config in CONFIGS for name, entry, _ in settings_of(config)]


@given(data=st.data())
@pytest.mark.parametrize(("name", "entry"), EVERY_SETTING, ids=lambda part: part if isinstance(part, str) else "")
def test_what_is_shown_reads_back_as_the_same_value(name, entry, data):
    value = data.draw(values_of(entry))
    assert entry.parse(name, entry.format(value)) == value


@given(text=st.text())
@pytest.mark.parametrize("entry", [INTEGER, NUMBER, SIZES, OPTIONAL, CHOICE], ids=lambda entry: entry.label)
def test_any_text_is_a_value_or_refused(entry, text):
    try:
        value = entry.parse("name", text)
    except InvalidSetting:
        return
    entry.check("name", value)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_setting_explains_itself(config):
    entries = list(settings_of(config))
    assert [name for name, _, _ in entries] == [entry.name for entry in fields(config) if entry.name != EXCLUDED]
    for name, entry, default in entries:
        assert entry.label.strip(), name
        assert entry.help.endswith("."), name
        assert all(choice.label and choice.help for choice in entry.choices), name
        assert (entry.kind == "choice") == bool(entry.choices), name
        entry.check(name, default)


def test_settings_of_an_object_are_its_values():
    values = {name: value for name, _, value in settings_of(ModelConfig("ae", 3, hidden=(5,)))}
    assert values.keys() == {entry.name for entry in fields(ModelConfig)}
    assert (values["kind"], values["latent_dim"], values["hidden"]) == ("ae", 3, (5,))


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [(TrainingConfig, "epochs", 0), (ModelConfig, "hidden", (0,)), (DatasetConfig, "name", "faces")],
)
def test_no_object_holds_a_value_out_of_range(config, name, value):
    with pytest.raises(InvalidSetting) as refused:
        config(**{name: value})
    assert refused.value.name == name
    with pytest.raises(InvalidSetting):
        replace(config(), **{name: value})


def test_a_title_names_model_and_data_set():
    assert RunConfig(DatasetConfig("mnist"), ModelConfig("ae", 16)).title == "AE 16-D · MNIST"
    assert all(kind.help for kind in DATASETS.values())


RUN_CONFIGS = st.builds(
    RunConfig,
    *(st.builds(config, **{name: values_of(entry) for name, entry, _ in settings_of(config)}) for config in CONFIGS),
)


@given(config=RUN_CONFIGS)
def test_json_gives_the_same_settings_back(config):
    assert config_from_json(RunConfig, as_json(config)) == config


def test_json_holds_plain_values():
    values = as_json(ModelConfig("vae", 2, hidden=(400, 256)))
    assert (values["kind"], values["latent_dim"], values["hidden"]) == ("vae", 2, [400, 256])
    assert as_json(ModelConfig())["hidden"] is None


def test_an_older_file_may_lack_a_setting_and_nothing_else():
    whole = as_json(RunConfig())
    older = {**whole, "model": {"kind": "ae", "latent_dim": 3}}
    lacking = set(whole["model"]) - set(older["model"])
    assert config_from_json(RunConfig, older, lacking).model == ModelConfig("ae", 3)
    with pytest.raises(InvalidSetting):
        config_from_json(RunConfig, older)
    with pytest.raises(InvalidSetting):
        config_from_json(RunConfig, older, lacking - {"likelihood"})
    with pytest.raises(InvalidSetting):
        config_from_json(RunConfig, {**older, "surprise": 1}, lacking)


@pytest.mark.parametrize("path", ["/home/ünï/bilder", "C:\\images", "./faces"])
def test_a_data_set_may_be_a_path(path):
    assert DatasetConfig(path).is_custom
    assert DatasetConfig(path).label == path.replace("\\", "/").rpartition("/")[2]


def test_a_typed_path_means_the_same_from_every_folder(tmp_path, monkeypatch):
    (tmp_path / "faces").mkdir()
    monkeypatch.chdir(tmp_path)
    entry = next(entry for name, entry, _ in settings_of(DatasetConfig) if name == "name")
    assert entry.parse("name", "faces") == str(tmp_path / "faces")
    assert entry.parse("name", "digits") == "digits"
    for text in ("mnits", "~nobody.of.that.name"):
        with pytest.raises(InvalidSetting, match="path"):
            entry.parse("name", text)
    assert entry.parse("name", "~nobody.of.that.name/faces") == str(tmp_path / "~nobody.of.that.name" / "faces")


def changed(part, **values):
    """A run's settings as JSON with some of a part's values changed; a value None removes the key."""
    whole = as_json(RunConfig())
    whole[part] = {key: value for key, value in {**whole[part], **values}.items() if value is not None}
    return whole


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        "config",
        {},
        as_json(ModelConfig()),
        {**as_json(RunConfig()), "surprise": 1},
        {**as_json(RunConfig()), "model": None},
        {**as_json(RunConfig()), "model": [1, 2, 3]},
        changed("model", latent_dim=None),
        changed("model", surprise=1),
        changed("model", latent_dim="2"),
        changed("model", latent_dim=2.0),
        changed("model", latent_dim=True),
        changed("model", latent_dim=10**9),
        changed("model", latent_dim=[2]),
        changed("model", hidden=400),
        changed("model", hidden=[[400]]),
        changed("model", hidden={"0": 400}),
        changed("model", kind=["vae"]),
        changed("dataset", name={}),
        changed("training", learning_rate="fast"),
        changed("training", seed=-1),
    ],
)
def test_json_of_anything_else_is_refused(values):
    with pytest.raises(InvalidSetting):
        config_from_json(RunConfig, values)
