"""Reading a training's folder over ssh: as ~/.ssh/config says, from known hosts only."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vae_desktop.training.run_folder.protocols import FileGone, SourceError, SourceUnusable
from vae_desktop.training.run_folder.source import Source

paramiko = pytest.importorskip("paramiko")
DATA = bytes(range(256)) * 1000


class Login(paramiko.ServerInterface):
    """Lets one key in."""

    def __init__(self, key):
        self.key = key

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if (username, key) == ("me", self.key) else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, channel):
        return paramiko.OPEN_SUCCEEDED


class Files(paramiko.SFTPServerInterface):
    """Has one file."""

    def open(self, path, flags, attributes):
        if path not in ("/run/data", "at home/data"):
            return paramiko.SFTP_NO_SUCH_FILE
        handle = paramiko.SFTPHandle(flags)
        handle.read = lambda offset, length: DATA[offset : offset + length] or paramiko.SFTP_EOF
        handle.stat = lambda: self.stat(path)
        return handle

    def stat(self, path):
        attributes = paramiko.SFTPAttributes()
        attributes.st_size, attributes.st_mode = 10**15, 0o100644  # which is not true
        return attributes


@pytest.fixture(scope="module")
def keys():
    return paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()


@pytest.fixture
def known_hosts(tmp_path, monkeypatch, keys):
    """A server, which ~/.ssh/config calls "box"; gives the file in which it would be known."""
    host, user = keys
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".ssh"
    folder.mkdir()
    user.write_private_key_file(str(folder / "key"))
    transports = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                transport = paramiko.Transport(client)
                transport.add_server_key(host)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
                transport.start_server(threading.Event(), Login(user))
                transports.append(transport)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        said = f"Host box\n HostName 127.0.0.1\n Port {port}\n User me\n IdentityFile {folder / 'key'}\n"
        (folder / "config").write_text(said)
        known = paramiko.HostKeys()
        known.add(f"[127.0.0.1]:{port}", host.get_name(), host)
        yield lambda: known.save(str(folder / "known_hosts"))
        for transport in transports:
            transport.close()
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.skipif(os.name == "nt", reason="the home folder is named by another variable there")
def test_any_part_is_read_and_only_from_a_known_host(known_hosts):
    source = Source("ssh://box/run")
    with pytest.raises(SourceUnusable, match="known host"):
        source.read("data", 10)
    known_hosts()
    assert source.read("data", 2 * len(DATA)) == DATA
    assert source.read("data", 300, 100_000) == DATA[100_000:100_300]
    with pytest.raises(FileGone):
        source.read("other", 10)
    source.disconnect()
    assert source.read("data", 10) == DATA[:10]
    source.disconnect()
    assert Source("ssh://box/~/at home").read("data", 10) == DATA[:10]
    with pytest.raises(SourceError, match="cannot be read"):
        Source("ssh://nobody@box/run").read("data", 10)


@pytest.mark.skipif(os.name == "nt", reason="the home folder is named by another variable there")
def test_several_threads_read_at_once(known_hosts):
    known_hosts()
    source = Source("ssh://box/run")
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda start: source.read("data", 60_000, start), range(0, 200_000, 5_000)))
    assert found == [DATA[start : start + 60_000] for start in range(0, 200_000, 5_000)]
    source.disconnect()
