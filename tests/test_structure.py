"""The house's rules: what may import what, and what never occurs in it."""

import ast
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

import vae_desktop
from vae_desktop.resources import resource_path

PACKAGE = Path(vae_desktop.__file__).parent
ROOT = PACKAGE.parent

WITHOUT_QT = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, NoQt())
import vae_desktop
count = 0
for module in pkgutil.walk_packages(vae_desktop.__path__, "vae_desktop."):
    if not module.name.startswith(WINDOW):
        importlib.import_module(module.name)
        count += 1
print(count)
print("---")
from vae_desktop.cli import main
assert main(["train", "--image-size", "8", "--hidden", "16", "--epochs", "1", "--output", "m"]) == 0
print("---")
from pathlib import Path
from vae_desktop import *
"""


def run_python(code: str, folder: Path) -> str:
    """Run code in an interpreter of its own, in another folder, and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout


class WithoutQt(NamedTuple):
    """One process that lacks Qt: where it was, and what was printed when all was imported, by a command and by code."""

    folder: Path
    imported: str
    commanded: str
    example: str


@pytest.fixture(scope="module")
def without_qt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("without Qt")
    probes = ("vae_desktop.bench.window_probe", "vae_desktop.bench.scatter_probe", "vae_desktop.bench.soak")
    window = ("vae_desktop.gui.", "vae_desktop.app", "vae_desktop.driver", *probes)
    example = textwrap.dedent(vae_desktop.__doc__.split("\n\n")[-1]).replace("epochs=20", "epochs=2")
    printed = run_python(WITHOUT_QT.replace("WINDOW", repr(window)) + example, folder)
    return WithoutQt(folder, *printed.split("---\n"))


def test_only_the_window_needs_qt(without_qt):
    assert int(without_qt.imported) > 40


def test_the_command_trains_without_qt(without_qt):
    assert without_qt.commanded
    assert vae_desktop.load_checkpoint(without_qt.folder / "m").snapshot.step == 12


def test_nothing_that_the_window_needs_to_appear_imports_torch(tmp_path):
    modules = "vae_desktop.cli, vae_desktop.config, vae_desktop.engine.engine"
    code = f"import sys, {modules}; print(*{{'torch', 'torchvision', 'sklearn', 'PySide6'}} & set(sys.modules))"
    assert run_python(code, tmp_path).split() == []


def test_the_package_alone_loads_neither_torch_nor_qt(tmp_path):
    code = "import sys, vae_desktop; print(*{'torch', 'numpy', 'PySide6'} & set(sys.modules))"
    assert run_python(code, tmp_path).split() == []


def test_the_example_of_the_package_trains_and_saves_a_model(without_qt):
    first, last = map(float, without_qt.example.splitlines())
    assert first > last > 0
    saved = vae_desktop.load_checkpoint(without_qt.folder / "model.safetensors")
    assert saved.history.last_evaluation.total == last


def test_a_name_that_the_package_lacks_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = vae_desktop.nothing


def test_imports_run_one_way():
    pytest.importorskip("importlinter")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    # In a process of its own: it turns off all loggers that are there.
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_units_of_size_are_powers_of_ten():
    binary = re.compile(r"(2 ?\*\* ?[1234]0|[<>]{2} ?[1234]0|\b1024\b).*\b[kKMG]B\b")
    lines = [line for path in PACKAGE.rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    assert [line for line in lines if binary.search(line)] == []


@pytest.fixture
def resource():
    """The name of some bundled file."""
    folder = resource_path("icons")
    return f"icons/{next(path.name for path in sorted(folder.iterdir()) if path.is_file())}"


def test_a_resource_is_found_from_any_folder(tmp_path, resource):
    code = f"from vae_desktop.resources import resource_path; print(resource_path({resource!r}).stat().st_size)"
    assert int(run_python(code, tmp_path)) == resource_path(resource).stat().st_size > 0


def test_a_resource_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"The resource 'icons/none\.svg' is not part of this installation"):
        resource_path("icons/none.svg")


FORBIDDEN = {"eval", "exec", "torch.load", "pickle.load", "pickle.loads", "pickle.Unpickler", "QThread.terminate"}


@pytest.fixture(scope="module")
def trees():
    """All code of the package, as it is parsed, by its path."""
    return {path: ast.parse(path.read_bytes()) for path in PACKAGE.rglob("*.py")}


def name_of(function):
    """As "load" or "torch.load", where it is one name or a part of one."""
    return f"{name_of(function.value)}.{function.attr}" if hasattr(function, "attr") else getattr(function, "id", "")


def calls_in(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_each_timer_has_an_owner_that_ends_it(trees):
    for path, tree in trees.items():
        assert all(call.args for call in calls_in(tree) if name_of(call.func) == "QTimer"), path


def test_nothing_is_unpickled_or_evaluated(trees):
    for path, tree in trees.items():
        assert not FORBIDDEN & {name_of(call.func) for call in calls_in(tree)}, path


LOADED_BESIDE_TORCH = """
import sys, threading
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_loader
from vae_desktop.config import DatasetConfig
from vae_desktop.data import load as data_sets

reached, done = threading.Event(), threading.Event()
load_torch = data_sets.load_torch
data_sets.load_torch = lambda: (done.set(), load_torch())

class HoldUp(SourceFileLoader):  # torch, when half of it is loaded
    def exec_module(self, module):
        reached.set()
        assert done.wait(60)
        super().exec_module(module)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._tensor":
            return spec_from_loader(name, HoldUp(name, PathFinder.find_spec(name, path).origin))

def load():
    reached.wait()
    try:
        print(len(data_sets.load_digits(DatasetConfig("digits")).train.images), "torch.nn" in sys.modules)
    finally:
        done.set()

sys.meta_path.insert(0, Finder())
thread = threading.Thread(target=load)
thread.start()
import torch
thread.join()
"""


def test_libraries_that_look_for_torch_wait_until_it_is_whole(tmp_path):
    assert run_python(LOADED_BESIDE_TORCH, tmp_path).split() == ["1437", "True"]


def test_whatever_looks_for_torch_is_loaded_after_it(trees):
    """scikit-learn, scikit-image and openTSNE import scipy, which takes a torch that is half loaded for whole."""
    looking = ("sklearn", "scipy", "openTSNE", "skimage")
    found = []
    for path, tree in trees.items():
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Module)]:
            body = [node for node in function.body if isinstance(node, ast.Import | ast.ImportFrom)]
            lines = [node.lineno for node in body if _module_of(node).startswith(looking)]
            if lines:
                calls = [call for call in calls_in(function) if name_of(call.func) in ("load_torch", "prepare_sklearn")]
                loads = [call.lineno for call in calls]
                found.append(path.name)
                assert loads, path
                assert min(loads) < min(lines), path
    assert len(found) >= 4


def _module_of(node):
    return node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
