import hashlib
import io
import os
import socket
import tarfile
import time

import numpy as np
import pytest

from minibnn.data import download as module
from minibnn.data.download import download, extract
from minibnn.files import InputError

BODY = np.random.default_rng(0).bytes(300_000)                  # more than one piece
MD5 = hashlib.md5(BODY).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.tar.gz"


def fetch(url, path, **changes):
    download(url, path, **{"size": len(BODY), "md5": MD5, **changes})


def names(folder):
    return sorted(os.listdir(folder))


def part_of(path):
    return path.with_name(path.name + ".part")


def test_download_writes_the_file_and_reports(serve, path):
    server, url = serve(BODY)
    reports = []
    fetch(url, path, report=lambda *args: reports.append(args))
    assert path.read_bytes() == BODY and names(path.parent) == [path.name]
    assert server.ranges == [None]
    assert [done for done, _, _ in reports] == [module.PIECE, len(BODY)]
    assert {(total, text) for _, total, text in reports} == {(len(BODY), f"downloading {url}")}


def test_download_continues_a_broken_transfer(serve, path):
    server, url = serve(BODY)
    server.stop_after = 1000
    with pytest.raises(InputError, match="broke off after 1000 of 300000 bytes; run the same command again"):
        fetch(url, path)
    assert names(path.parent) == [part_of(path).name]
    server.stop_after = None
    fetch(url, path)
    assert server.ranges == [None, "bytes=1000-"] and server.sent == [1000, len(BODY) - 1000]
    assert path.read_bytes() == BODY and names(path.parent) == [path.name]


@pytest.mark.parametrize("trouble", ["understands_ranges", "wrong_range"])
def test_download_starts_over_where_the_server_cannot_continue(serve, path, trouble):
    server, url = serve(BODY)
    part_of(path).write_bytes(BODY[:1000])
    setattr(server, trouble, trouble == "wrong_range")
    fetch(url, path)
    assert server.ranges[0] == "bytes=1000-"
    assert path.read_bytes() == BODY and names(path.parent) == [path.name]


def test_download_starts_over_if_its_beginning_is_too_long(serve, path):
    server, url = serve(BODY)
    part_of(path).write_bytes(BODY + b"?")
    fetch(url, path)
    assert server.ranges == [None] and path.read_bytes() == BODY


def test_download_starts_over_if_the_server_has_nothing_after_its_beginning(serve, path):
    server, url = serve(BODY[:500])                             # answers 416, then a shorter file
    part_of(path).write_bytes(BODY[:1000])
    with pytest.raises(InputError, match=r"wanted a file of 300000 bytes, got one of 500$"):
        fetch(url, path)
    assert server.ranges == ["bytes=1000-", None] and not path.exists()


def test_download_only_verifies_a_complete_part(serve, path):
    server, url = serve(BODY)
    part_of(path).write_bytes(BODY)
    fetch(url, path)
    assert server.ranges == [] and names(path.parent) == [path.name]


def test_download_keeps_a_right_file_and_replaces_a_wrong_one(serve, path):
    server, url = serve(BODY)
    path.write_bytes(BODY)
    fetch(url, path)
    assert server.ranges == []
    path.write_bytes(BODY[:-1] + b"?")
    fetch(url, path)
    assert server.ranges == [None] and path.read_bytes() == BODY


def test_download_deletes_what_has_another_checksum(serve, path):
    _, url = serve(BODY)
    with pytest.raises(InputError, match=f"{url}: wanted MD5 {'0' * 32}, got {MD5}"):
        fetch(url, path, md5="0" * 32)
    assert names(path.parent) == []


def test_download_stops_at_a_file_that_is_too_long(serve, path):
    server, url = serve(BODY)
    part_of(path).write_bytes(BODY[:1000])                      # so that no length is announced as wrong
    reports = []
    with pytest.raises(InputError, match="wanted a file of 2000 bytes, got more"):
        fetch(url, path, size=2000, report=lambda done, *_: reports.append(done))
    assert reports == [2001]                                    # and the rest is not even read
    assert server.ranges == ["bytes=1000-"] and names(path.parent) == []


@pytest.mark.parametrize("status, reason", [(404, "404 Not Found"), (500, "500 Internal Server Error")])
def test_download_names_the_error_of_the_server(serve, path, status, reason):
    server, url = serve(BODY)
    server.status = status
    with pytest.raises(InputError, match=f"^{url}: cannot be downloaded: the server answered {reason}$"):
        fetch(url, path)
    assert names(path.parent) == []


def test_download_without_a_server(path):
    with socket.socket() as free:                               # a port on which nothing listens
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/archive"
        with pytest.raises(InputError, match=f"^{url}: cannot be downloaded: .*refused"):
            fetch(url, path)


def test_download_without_names(path, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(InputError, match=r"^http://nowhere.invalid/a: cannot be downloaded: .*not known"):
        fetch("http://nowhere.invalid/a", path)


def test_download_gives_up_on_a_silent_server(serve, path, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    server, url = serve(BODY)
    server.silent.set()
    start = time.monotonic()
    with pytest.raises(InputError, match=r"cannot be downloaded: .*timed out"):
        fetch(url, path)
    assert time.monotonic() - start < 2


def test_download_into_a_folder_that_is_not_there(serve, tmp_path):
    _, url = serve(BODY)
    with pytest.raises(InputError, match=r"cannot be written: .*No such file"):
        fetch(url, tmp_path / "absent" / "archive")


def test_extract_makes_the_folder(tar, path, tmp_path):
    members = [("top", tarfile.DIRTYPE, ""), ("top/a.bin", b"A" * 1024), ("top/deep/b.bin", b"B")]
    path.write_bytes(tar(members))
    (tmp_path / "data").mkdir()                                 # an empty one is no hindrance
    extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name, "data"] and names(tmp_path / "data") == ["a.bin", "deep"]
    assert (tmp_path / "data/a.bin").read_bytes() == b"A" * 1024
    assert (tmp_path / "data/deep/b.bin").read_bytes() == b"B"


@pytest.mark.parametrize("member", [
    ("../evil", b"x"), ("top/../../evil", b"x"), ("{absolute}/evil", b"x"), ("top\\..\\evil", b"x"),
    ("C:/evil", b"x"), ("top/evil", tarfile.SYMTYPE, "/etc/passwd"),
    ("top/evil", tarfile.LNKTYPE, "top/good"), ("top/evil", tarfile.FIFOTYPE, ""), ("top/evil", tarfile.CHRTYPE, "")])
def test_extract_refuses_members_that_are_no_plain_files_inside(tar, path, tmp_path, member):
    inner = tmp_path / "inner"
    inner.mkdir()
    name, *rest = member
    path.write_bytes(tar([("top/good", b"good"), (name.format(absolute=tmp_path), *rest)]))
    with pytest.raises(InputError, match=r"wanted (members inside|files and folders).*evil"):
        extract(path, inner / "data")
    assert names(tmp_path) == [path.name, "inner"] and names(inner) == []


def _with_pax(**headers):
    """An archive with one member that has such extended headers."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("top/x")
        member.size, member.pax_headers = 4, {name.replace("__", "."): text for name, text in headers.items()}
        archive.addfile(member, io.BytesIO(b"data"))
    return buffer.getvalue()


@pytest.mark.parametrize("headers, message", [
    ({"path": "top/e\0vil"}, r"wanted members inside their folder, got 'top/e\\x00vil'"),
    ({"GNU__sparse__map": "0,1,9999999999,1", "GNU__sparse__size": "10000000000"}, "a sparse file 'top/x'"),
    ({"size": "99999999999"}, "wanted at most 1,073,741,824 bytes in 1000 members, got more"),
    ({"size": "-5"}, "wanted at most|damaged")])
def test_extract_refuses_members_that_no_honest_archive_has(path, tmp_path, headers, message):
    path.write_bytes(_with_pax(**headers))
    with pytest.raises(InputError, match=message):
        extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name]


def test_extract_refuses_too_many_members(tar, path, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_MEMBERS", 3)
    path.write_bytes(tar([(f"top/{number}", b"") for number in range(4)]))
    with pytest.raises(InputError, match=r"wanted at most .* bytes in 3 members, got more"):
        extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name]


def test_extract_wants_one_top_folder(tar, path, tmp_path):
    for members in ([("a/x", b""), ("b/x", b"")], [("x", b"")]):
        path.write_bytes(tar(members))
        with pytest.raises(InputError, match="wanted one top folder"):
            extract(path, tmp_path / "data")
        assert names(tmp_path) == [path.name]


def test_extract_refuses_a_member_that_comes_twice(tar, path, tmp_path):
    path.write_bytes(tar([("top/x", b"1"), ("top/x", b"2")]))
    with pytest.raises(InputError, match="cannot be unpacked"):
        extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name]


def test_extract_leaves_a_full_folder_alone(tar, path, tmp_path):
    path.write_bytes(tar([("top/x", b"new")]))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"cannot be unpacked to .*data"):
        extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name, "data"] and names(tmp_path / "data") == ["mine"]


def changed(archive, position):
    """The archive with another byte at a position."""
    other = bytearray(archive)
    other[position] ^= 0xFF
    return bytes(other)


@pytest.mark.parametrize("damage", [
    lambda archive: b"", lambda archive: b"no archive", lambda archive: archive[: len(archive) // 2],
    lambda archive: archive[:-4], lambda archive: changed(archive, len(archive) // 2),
    lambda archive: archive[: len(archive) // 2] + b"\xff" * (len(archive) // 2),
    lambda archive: changed(archive, -6)],                      # only the checksum at the very end tells
    ids=["empty", "text", "half", "no end", "other byte", "other half", "wrong checksum"])
def test_extract_notices_damage(tar, path, tmp_path, damage):
    path.write_bytes(damage(tar([("top/x", BODY)])))
    with pytest.raises(InputError, match=f"{path}: wanted a .tar.gz archive, but it is damaged"):
        extract(path, tmp_path / "data")
    assert names(tmp_path) == [path.name]


def test_extract_leaves_nothing_when_interrupted(tar, path, tmp_path, monkeypatch):
    path.write_bytes(tar([("top/x", b"1"), ("top/y", b"2")]))
    flushed = []

    def interrupt(file):
        flushed.append(file.name)
        if len(flushed) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "_flush", interrupt)
    with pytest.raises(KeyboardInterrupt):
        extract(path, tmp_path / "data")
    assert len(flushed) == 2 and names(tmp_path) == [path.name]
