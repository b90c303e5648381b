"""What is copied for an engineer tells nothing of the person."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import vae_desktop
from vae_desktop.diagnostics import diagnostics, without_private_paths


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "jo.smith"
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("LOGNAME", "josmith")
    return folder


def test_the_home_folder_is_a_tilde(home) -> None:
    text = without_private_paths(f"Cannot write {home}/models/m.safetensors: no space. {home}")
    assert text == "Cannot write ~/models/m.safetensors: no space. ~"


def test_the_name_of_the_person_is_left_out(home) -> None:
    assert without_private_paths("josmith's machine, jo.smith, josmiths") == "<user>'s machine, <user>, josmiths"


def test_what_is_the_persons_own_is_left_out_also_below_their_home(home) -> None:
    own = home / "patients of today"
    text = without_private_paths(f"{own}/a.png: broken; in {own}", [own])
    assert text == "<path>/a.png: broken; in <path>"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Cannot read /media/secret disk/patients/x y.png: broken", "Cannot read <path>: broken"),
        ("[Errno 2] No such file: '/media/my patient'", "[Errno 2] No such file: '<path>'"),
        (r"Cannot read C:\Secret Things\x.png: broken", "Cannot read <path>: broken"),
        (r"No such file: 'D:\\Secret Things\\x'", "No such file: '<path>'"),
        (r"Cannot read \\server\share\x.png.", "Cannot read <path>."),
        ('File "/media/mine/run.py", line 3', 'File "<path>", line 3'),
        ("12/3 images, and/or 1 / 2, https://docs.python.org/3/x.html", None),
        ("1×28×28, lr 1e-3, ~/x/y.png", None),
    ],
)
def test_other_paths_are_left_out_and_nothing_else(home, text, clean) -> None:
    assert without_private_paths(text) == (text if clean is None else clean)


def test_a_traceback_stays_readable() -> None:
    frame = f'File "{Path(vae_desktop.__file__).parent / "app.py"}", line 3, in main'
    library = f'File "{Path(sys.prefix) / "lib" / "torch.py"}", line 4'
    text = without_private_paths(f"{frame}\n{library}")
    assert text.splitlines() == [
        f'File "<app>{os.sep}app.py", line 3, in main',
        f'File "<python>{os.sep}lib{os.sep}torch.py", line 4',
    ]


def test_a_name_that_begins_like_the_home_folder_is_another(home) -> None:
    assert "~" not in without_private_paths(f"{home}-backup")


def test_versions_and_sections_are_there_and_empty_ones_are_not(home) -> None:
    text = diagnostics({"Qt": "6"}, {"Message": f"It failed in {home}/x", "Nothing": ""})
    versions = (f"vae-desktop: {vae_desktop.__version__}", f"Python: {sys.version.split()[0]}")
    for part in (*versions, "Processors: ", "Qt: 6"):
        assert part in text
    assert "## Message\nIt failed in ~/x" in text
    assert "Nothing" not in text


def test_asking_for_versions_loads_nothing() -> None:
    code = (
        "import sys; from vae_desktop.diagnostics import diagnostics; print(diagnostics({}, {}))\n"
        "assert not {'torch', 'numpy', 'PySide6'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "torch: not loaded" in done.stdout
