import hashlib
import os
import sys

import numpy as np
import pytest

from minibnn.data.cifar10 import ARCHIVE, OFFICIAL, Source, load_cifar10
from minibnn.data.downsample import downsample
from minibnn.files import InputError, alone_in

TOP = "cifar-10-batches-bin"


def records(rows):
    """The bytes of a file: before each image a label byte, which must not end up in the image."""
    labels = np.arange(len(rows), dtype=np.uint8)[:, None] % 10
    return np.concatenate([labels, rows], axis=1).tobytes()


@pytest.fixture
def nowhere(serve):
    """A source that must not be asked, and the server behind it."""
    server, url = serve(b"")
    return server, Source(url, 1, "0" * 32)


@pytest.fixture
def archive(serve, tar, rows):
    """A small data set as a Source, its server, and its (train, test) rows."""
    train, test = rows(5, 1), rows(2, 2)
    body = tar([(f"{TOP}/data_batch_1.bin", records(train)), (f"{TOP}/test_batch.bin", records(test)),
                (f"{TOP}/readme.html", b"")])
    server, url = serve(body)
    return Source(url, len(body), hashlib.md5(body).hexdigest()), server, (train, test)


def fill(folder, rows, numbers=(1,), test=True):
    """Write training files of 1, 2, 3... images and a test file of 2 images; the rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"data_batch_{n}.bin": rows(i + 1, n) for i, n in enumerate(numbers)}
    if test:
        files["test_batch.bin"] = rows(2, 0)
    for name, content in files.items():
        (folder / name).write_bytes(records(content))
    return files


@pytest.mark.parametrize("subfolder", ["", TOP])
def test_files_are_read_in_numerical_order(tmp_path, rows, pixel_by_pixel, nowhere, subfolder):
    files = fill(tmp_path / subfolder, rows, (10, 2, 1))
    (tmp_path / subfolder / "data_batch_3.bin.part").write_bytes(b"half")
    train, test = load_cifar10(tmp_path, source=nowhere[1])
    wanted = np.concatenate([files[f"data_batch_{n}.bin"] for n in (1, 2, 10)])
    np.testing.assert_array_equal(train, pixel_by_pixel(wanted))
    np.testing.assert_array_equal(test, pixel_by_pixel(files["test_batch.bin"]))
    assert train.dtype == test.dtype == np.uint8 and train.flags.c_contiguous
    assert nowhere[0].ranges == []


def test_size_averages_every_file(tmp_path, rows):
    fill(tmp_path, rows, (1, 2))
    large, small = load_cifar10(tmp_path), load_cifar10(tmp_path, size=8)
    for one, other in zip(large, small):
        np.testing.assert_array_equal(downsample(one, 8), other)


def test_folders_in_order_of_precedence(tmp_path, rows, no_folders, monkeypatch):
    for number, folder in enumerate([tmp_path / "given", tmp_path / "environment", no_folders]):
        fill(folder, rows, (1,) * (number + 1))
        (folder / "data_batch_1.bin").write_bytes(records(rows(number + 1, 0)))
    assert len(load_cifar10()[0]) == 3
    monkeypatch.setenv("MINIBNN_DATA", str(tmp_path / "environment"))
    assert len(load_cifar10()[0]) == 2
    assert len(load_cifar10(str(tmp_path / "given"))[0]) == 1


def test_cache_lies_in_the_home_folder_by_default(tmp_path, rows, no_folders, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fill(tmp_path / "home/.cache/minibnn", rows)
    assert len(load_cifar10()[0]) == 1


def test_named_folders_must_exist(tmp_path, no_folders, nowhere, monkeypatch):
    absent = tmp_path / "absent"
    with pytest.raises(InputError, match=f"^data_dir: wanted an existing folder, got {absent}$"):
        load_cifar10(absent, source=nowhere[1])
    monkeypatch.setenv("MINIBNN_DATA", str(absent))
    with pytest.raises(InputError, match=f"^MINIBNN_DATA: wanted an existing folder, got {absent}$"):
        load_cifar10(source=nowhere[1])
    assert not absent.exists() and nowhere[0].ranges == []


@pytest.mark.parametrize("numbers, test, missing", [((1, 2), False, "test_batch.bin"),
                                                    ((), True, r"data_batch_\*.bin")])
def test_partial_sets_are_named_and_not_downloaded_over(tmp_path, rows, nowhere, numbers, test, missing):
    place = tmp_path / TOP
    fill(place, rows, numbers, test)
    before = sorted(os.listdir(place))
    with pytest.raises(InputError, match=f"^{place}: wanted .*, but {missing} is missing$"):
        load_cifar10(tmp_path, source=nowhere[1])
    assert nowhere[0].ranges == [] and sorted(os.listdir(place)) == before


@pytest.mark.parametrize("length, remainder", [(0, 0), (3072, 3072), (2 * 3073 + 5, 5)])
def test_files_must_hold_whole_records(tmp_path, rows, length, remainder):
    fill(tmp_path, rows)
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(bytes(length))
    wanted = "wanted a positive number of whole records of 3073 bytes"
    got = f"got {length} bytes, a remainder of {remainder}"
    with pytest.raises(InputError, match=f"^{path}: {wanted}, {got}$"):
        load_cifar10(tmp_path)


def test_download_into_a_new_cache_folder(no_folders, archive, pixel_by_pixel):
    source, server, (train_rows, test_rows) = archive
    reports = []
    for _ in range(2):                                          # the second time from the disk
        train, test = load_cifar10(report=lambda *args: reports.append(args), source=source)
        np.testing.assert_array_equal(train, pixel_by_pixel(train_rows))
        np.testing.assert_array_equal(test, pixel_by_pixel(test_rows))
    assert server.ranges == [None]
    assert reports == [(source.size, source.size, f"downloading {source.url}")]
    assert os.listdir(no_folders) == [TOP]
    assert sorted(os.listdir(no_folders / TOP)) == ["data_batch_1.bin", "readme.html", "test_batch.bin"]


def test_download_into_a_named_folder(tmp_path, no_folders, archive):
    (tmp_path / "mine").mkdir()
    assert len(load_cifar10(tmp_path / "mine", source=archive[0])[0]) == 5
    assert os.listdir(tmp_path / "mine") == [TOP] and not no_folders.exists()


def test_failed_download_says_what_to_do(no_folders, archive):
    source, server, _ = archive
    server.status = 404
    advice = rf"use --data leaves, or put the \*.bin files .* in {no_folders / TOP}"
    with pytest.raises(InputError, match=f"404 Not Found; or {advice}$") as error:
        load_cifar10(source=source)
    assert source.url in str(error.value) and "\n" not in str(error.value)
    assert os.listdir(no_folders) == []


def test_broken_download_continues(no_folders, archive):
    source, server, (train_rows, _) = archive
    server.stop_after = 100
    with pytest.raises(InputError, match="run the same command again"):
        load_cifar10(source=source)
    server.stop_after = None
    assert len(load_cifar10(source=source)[0]) == len(train_rows)
    assert server.ranges == [None, "bytes=100-"] and os.listdir(no_folders) == [TOP]


def test_other_files_in_the_way_are_noticed_before_the_download(tmp_path, archive):
    source, server, _ = archive
    (tmp_path / TOP).mkdir()
    (tmp_path / TOP / "mine").write_bytes(b"")
    with pytest.raises(InputError, match="got other files"):
        load_cifar10(tmp_path, source=source)
    assert server.ranges == [] and os.listdir(tmp_path / TOP) == ["mine"]


def test_archive_without_the_files(no_folders, serve, tar):
    body = tar([(f"{TOP}/readme.html", b"")])
    _, url = serve(body)
    with pytest.raises(InputError, match=r"wanted data_batch_.*got neither"):
        load_cifar10(source=Source(url, len(body), hashlib.md5(body).hexdigest()))


def test_an_archive_that_the_user_put_there_is_unpacked_and_stays(no_folders, archive):
    source, server, (train_rows, _) = archive
    no_folders.mkdir(parents=True)
    (no_folders / ARCHIVE).write_bytes(server.body)
    assert len(load_cifar10(source=source)[0]) == len(train_rows)
    assert server.ranges == [] and (no_folders / ARCHIVE).read_bytes() == server.body


def test_another_archive_of_that_name_is_left_alone(no_folders, archive):
    source, _, (train_rows, _) = archive
    no_folders.mkdir(parents=True)
    for name in (ARCHIVE, f"{ARCHIVE}.part", f"{TOP}.part"):
        (no_folders / name).write_bytes(b"the user's own")
    assert len(load_cifar10(source=source)[0]) == len(train_rows)
    assert sorted(os.listdir(no_folders)) == sorted([TOP, f"{TOP}.part", ARCHIVE, f"{ARCHIVE}.part"])
    for name in (ARCHIVE, f"{ARCHIVE}.part", f"{TOP}.part"):
        assert (no_folders / name).read_bytes() == b"the user's own"


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_two_downloads_do_not_write_one_file(no_folders, archive):
    source, server, _ = archive
    no_folders.mkdir(parents=True)
    with alone_in(no_folders), pytest.raises(InputError, match="in which no other run is at work, got one in use"):
        load_cifar10(source=source)
    assert server.ranges == [] and os.listdir(no_folders) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such device")
def test_a_device_is_not_read(tmp_path, rows):
    fill(tmp_path, rows)
    (tmp_path / "data_batch_9.bin").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"data_batch_9.bin: wanted an ordinary file, got a device or a pipe"):
        load_cifar10(tmp_path)


def test_official_source():
    assert OFFICIAL == ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", 170052171,
                        "c32a1d4ab5d03f1284b67883e8d87530")
