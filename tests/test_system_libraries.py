"""Libraries of the system that Qt needs: a missing one is named with what installs it, by the real app."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vae_desktop
from vae_desktop.examples import examples
from vae_desktop.system_libraries import debian_package, how_to_install, missing_libraries

ROOT = Path(vae_desktop.__file__).parents[1]
QT = Path(importlib.util.find_spec("PySide6").submodule_search_locations[0])
# One that modules of Qt need, which Python's import complains of, and one of a plugin, on which Qt gives up. Nothing on
# any machine has the name that stands there instead.
IN_MODULES = (b"libglib-2.0.so.0", b"libglib-9.9.so.0", "Qt/lib/libQt6Core.so.6")
IN_PLUGIN = (b"libX11.so.6", b"libX99.so.6", "Qt/plugins/platforms/libqoffscreen.so")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt brings all it needs elsewhere")


def lacking(folder, case):
    """The environment of a process whose Qt needs a library that is not there: the real one, with one need renamed."""
    needed, absent, file = case
    shutil.copytree(QT, folder / "PySide6", copy_function=os.symlink, ignore=shutil.ignore_patterns("qml", "include"))
    (folder / "shiboken6").symlink_to(QT.parent / "shiboken6")
    library = folder / "PySide6" / file
    code = library.read_bytes()
    assert needed + b"\0" in code
    library.unlink()
    library.write_bytes(code.replace(needed + b"\0", absent + b"\0"))
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": f"{folder}:{ROOT}", "HOME": str(folder)}


def run(environment, *arguments):
    command = [sys.executable, "-m", "vae_desktop", *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)


COMMANDS = {
    "window": [],
    "screenshot": ["screenshot", "--dataset", "digits", "--output", "x.png"],
    "bench": ["bench", "--quick", "--only", "scatter_70k_ms"],
}


@pytest.mark.parametrize("case", [IN_MODULES, IN_PLUGIN], ids=["modules", "plugin"])
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_missing_library_is_named_in_one_line(tmp_path, case, arguments):
    done = run(lacking(tmp_path, case), *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    name = case[1].decode()
    line = r"vae-desktop[ a-z]*: A library of the system is missing: (\S+)\. (Install it with.*)\n"
    told = re.fullmatch(line, done.stderr)
    assert told is not None, done.stderr
    assert told[1] == name
    assert told[2].endswith((f"apt install {debian_package(name)}", "your system's package manager."))


def test_commands_without_a_window_do_without_it(tmp_path):
    done = run(lacking(tmp_path, IN_MODULES), "info", examples()[0].path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("message", "libraries"),
    [
        ("libgomp.so.1: cannot open shared object file: No such file or directory", ["libgomp.so.1"]),
        ("no Qt platform plugin could be initialized", []),  # for another reason: here all are there
        ("cannot import name 'QtCore' from 'PySide6'", []),
        ("x.png: No such file or directory", []),
    ],
)
def test_nothing_else_is_taken_for_a_missing_library_of_qt(message, libraries, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert missing_libraries(message) == libraries


def test_all_are_named_in_the_command_and_a_few_before_it(monkeypatch):
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "ubuntu", "ID_LIKE": "debian"})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    missing = ["libglib-2.0.so.0", "libgthread-2.0.so.0", "libEGL.so.1", "libX11.so.6", "libxcb-cursor.so.0"]
    assert how_to_install(missing) == (
        "Libraries of the system are missing: libglib-2.0.so.0, libgthread-2.0.so.0, libEGL.so.1, libX11.so.6 and 1 "
        "more. Install them with: sudo apt install libglib2.0-0 libegl1 libx11-6 libxcb-cursor0"
    )


def test_other_systems_are_not_told_debian_s_packages(monkeypatch):
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "fedora"})
    assert how_to_install(["libEGL.so.1"]) == (
        "A library of the system is missing: libEGL.so.1. Install it with your system's package manager."
    )


@pytest.mark.skipif(not (shutil.which("dpkg") and shutil.which("ldd")), reason="only Debian knows its packages")
def test_the_packages_are_those_that_hold_the_libraries():
    platforms = QT / "Qt" / "plugins" / "platforms"
    files = [*QT.glob("QtWidgets*.so"), platforms / "libqxcb.so", platforms / "libqoffscreen.so"]
    told = subprocess.run(["ldd", *files], capture_output=True, text=True).stdout
    found = set(re.findall(r" => (?:/usr)?(/lib/\S+)", told))
    paths = [*found, *(f"/usr{path}" for path in found)]  # of both, dpkg knows that which the package was made with
    held = subprocess.run(["dpkg", "-S", *paths], capture_output=True, text=True).stdout
    lines = re.findall(r"^([^:\n]+)\S*: (\S+)$", held, re.MULTILINE)
    of_system = {(Path(path).name, package.removesuffix("t64")) for package, path in lines if package != "libc6"}
    assert len(of_system) > 15
    assert [(name, package) for name, package in of_system if debian_package(name) != package] == []
