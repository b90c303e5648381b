"""The atomic writer, with real faults: a full disk, targets that cannot be written, and death in the middle; sizes."""

import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import vae_desktop
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.files import bytes_of, size_in_words, sweep, write_atomically, write_folder

posix_only = pytest.mark.skipif(os.name == "nt", reason="uses limits and signals that Windows lacks")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start code in an interpreter of its own, its arguments in `sys.argv`."""

    def call(code: str, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(Path(vae_desktop.__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return call


def test_it_writes_a_new_file_and_replaces_an_old_one(target):
    write_atomically(target, b"old")
    write_atomically(target, b"new content")
    assert target.read_bytes() == b"new content"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("name", ["модель β.safetensors", "x" * 255, ".hidden"])
def test_any_name_will_do(tmp_path, name):
    write_atomically(tmp_path / name, b"content")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@posix_only
def test_a_new_file_has_the_mode_that_the_umask_gives(target):
    umask = os.umask(0o027)
    try:
        write_atomically(target, b"content")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@posix_only
def test_a_replaced_file_keeps_its_mode(target):
    target.touch()
    target.chmod(0o604)
    write_atomically(target, b"content")
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_a_folder_as_the_target_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match=r"Cannot write .*folder: it is a folder\. Choose another place"):
        write_atomically(tmp_path / "folder", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"Cannot write .*model: No such file or directory"):
        write_atomically(tmp_path / "nowhere" / "model", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_an_error_that_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match="Cannot write"):
        write_atomically(tmp_path / ("x" * 256), b"content")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_after_any_failure_the_old_file_is_there_and_nothing_else(target, monkeypatch, step):
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    target.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(UserError, match="Input/output error"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("held", [0.3, 60.0])
def test_a_target_that_another_program_holds_is_waited_for_a_moment(target, monkeypatch, held):
    """As Windows does it; elsewhere an open file can be replaced."""
    now, replace = [0.0], os.replace

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    def hold(*paths: object) -> None:
        if now[0] < held:
            raise PermissionError(13, "The process cannot access the file")
        replace(*paths)

    target.write_bytes(b"old")
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", pass_time)
    monkeypatch.setattr(os, "replace", hold)
    if held < 2:
        write_atomically(target, b"new")
    else:
        with pytest.raises(UserError, match="The process cannot access the file"):
            write_atomically(target, b"new")
    assert target.read_bytes() == (b"new" if held < 2 else b"old")
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_cannot_be_synced_or_has_no_modes_is_written_to_all_the_same(target, monkeypatch):
    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def open_files_only(path: object, *rest: object, _open: Callable[..., int] = os.open) -> int:
        return fail() if path == target.parent else _open(path, *rest)

    monkeypatch.setattr(os, "chmod", fail)
    monkeypatch.setattr(os, "open", open_files_only)
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"


def test_what_killed_processes_left_is_swept_when_it_is_old(tmp_path):
    old, new, other = (tmp_path / name for name in (".model.a1.part", ".model.b2.part", ".mine.c3.part"))
    for part in (old, new, other):
        part.touch()
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    sweep(tmp_path, "model")
    assert set(tmp_path.iterdir()) == {new, other}


def test_a_folder_that_a_killed_process_has_left_half_goes_with_the_next_one(tmp_path):
    killed = "\n".join(
        (
            "import os, sys; from pathlib import Path; from vae_desktop.files import write_folder",
            "def files(): yield 'a.png', b'a'; os._exit(9)",
            "write_folder(Path(sys.argv[1]), files())",
        )
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "film")], cwd=Path(__file__).parents[1], check=False)
    (left,) = tmp_path.iterdir()
    write_folder(tmp_path / "first", [("b.png", b"b")])
    assert left.exists()  # it may still be written
    os.utime(left, (1, 1))
    write_folder(tmp_path / "second", [("b.png", b"b")])
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.files import write_atomically

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # or the first byte too many would kill us
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_atomically(Path(sys.argv[1]), bytes(1_000_000))
except UserError as error:
    print(error)
"""


@posix_only
def test_on_a_full_disk_the_old_file_stays_and_nothing_else(target, start):
    target.write_bytes(b"old")
    output, errors = start(FULL_DISK, target).communicate(timeout=60)
    assert errors == ""
    assert output.startswith(f"Cannot write {target}: File too large")
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.files import write_atomically

os.chdir(sys.argv[1])  # the folders above may be closed to others
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    write_atomically(Path(sys.argv[2]), b"new")
except UserError as error:
    print(error)
"""


@posix_only
@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "reason"),
    [(0o555, None, "Permission denied"), (0o555, 0o444, "write-protected"), (0o777, 0o444, "write-protected")],
)
def test_what_is_write_protected_is_not_replaced(tmp_path, start, folder_mode, file_mode, reason):
    folder = tmp_path / "folder"
    folder.mkdir()
    target = folder / "model"
    if file_mode is not None:
        target.write_bytes(b"old")
        target.chmod(file_mode)
    before = list(folder.iterdir())
    folder.chmod(folder_mode)
    output, errors = start(WITHOUT_RIGHTS, folder, "model").communicate(timeout=60)
    folder.chmod(0o777)
    assert errors == ""
    assert reason in output
    assert list(folder.iterdir()) == before
    assert file_mode is None or target.read_bytes() == b"old"


SIZE = 3_000_000
WRITE_FOR_EVER = f"""
import itertools, sys
from pathlib import Path
from vae_desktop.files import write_atomically

for number in itertools.count(1):
    write_atomically(Path(sys.argv[1]), bytes([number % 256]) * {SIZE})
    print(flush=True)
"""


@posix_only
@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_leaves_a_whole_file(target, start, times):
    chance = random.Random(0)
    target.write_bytes(bytes(SIZE))
    for _ in range(times):
        with start(WRITE_FOR_EVER, target) as process:
            for _ in range(chance.randrange(1, 4)):
                process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.02))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        content = target.read_bytes()
        assert len(content) == SIZE
        assert content.count(content[0]) == SIZE
    write_atomically(target, b"the end")
    assert target.read_bytes() == b"the end"


# Sizes in words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1024, "1.02 kB"),
        (28_881, "28.88 kB"),
        (10**6, "1 MB"),
        (2**20, "1.05 MB"),
        (999_999_999, "1,000 MB"),
        (4 * 10**9, "4 GB"),
        (2**32, "4.29 GB"),
        (12 * 10**12, "12,000 GB"),
    ],
)
def test_sizes_are_worded_in_decimal_units(count: int, words: str) -> None:
    assert size_in_words(count) == words


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("256 MB", 256_000_000), ("1.5gb", 1_500_000_000), ("0,5 kB", 500), (" 12 bytes ", 12), ("7b", 7)],
)
def test_a_size_in_words_is_a_number_of_bytes(text, size):
    assert bytes_of("timeline", text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 TB", "1e9", "٣ MB", "9" * 99])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidSetting, match=r"is no size such as 256 MB\.$"):
        bytes_of("timeline", text)
