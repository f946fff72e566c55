"""Images of one's own: which files, which array, which are test images, and what is said of what cannot be used."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minibnn
from minibnn.data import HELD_OUT, describe, files, fingerprint, hold_out, load, load_described
from minibnn.data.downsample import downsample
from minibnn.data.own import divide
from minibnn.files import InputError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no such files")
ROOT = Path(minibnn.__file__).parents[1]


def pictures(count, side=9, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


def png(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def fill(folder, images, name="{}.png"):
    """Write images as PNG files; their digests."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        (folder / name.format(number)).write_bytes(png(image))
    return [hashlib.sha256(png(image)).digest() for image in images]


def same(one, other):
    return fingerprint(one) == fingerprint(other)


def rows(images):
    return {image.tobytes() for image in images}


@pytest.fixture
def folder(tmp_path):
    """A folder of 30 photographs."""
    fill(tmp_path / "photos", pictures(30))
    return tmp_path / "photos"


# Where the images are

def test_a_folder_is_searched_for_photographs(tmp_path):
    images = pictures(7)
    for name, image in zip(("a.png", "b.PNG", "in/c.png", "in/deep/d.png", ".e.png", "._f.png", ".in/g.png"), images):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(image))
    jpegs = ("h.jpg", "i.JPEG", "j.Jpg")
    for name in jpegs:
        Image.fromarray(pictures(1, seed=len(name))[0]).save(tmp_path / name, "JPEG")
    for name in ("notes.txt", "png", "k.gif", "l.png.part", "in/m.npy"):
        (tmp_path / name).write_bytes(b"no image")
    found = files(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "a.png", "b.PNG", "h.jpg", "i.JPEG", "in/c.png", "in/deep/d.png", "j.Jpg"]
    data = load(tmp_path, 8)
    assert len(data.train) + len(data.test) == 7
    assert rows(downsample(images[:4], 8)) <= rows(data.train) | rows(data.test)


def test_paths_may_be_given_in_every_way(folder, monkeypatch):
    whole = load(folder, 8)
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    for name in (str(folder), "photos", "./photos/", Path("photos"), "~/photos", Path("~/photos"), "photos/../photos"):
        data = load(name, 8)
        assert same(data, whole) and data.name == whole.name == f"{folder}{os.sep}"
        assert len(files(name)) == 30


def test_a_name_of_a_known_set_is_not_a_path(folder, monkeypatch):
    shutil.copytree(folder, folder.parent / "leaves")
    monkeypatch.chdir(folder.parent)
    monkeypatch.setattr("minibnn.data.leaves.dead_leaves", lambda count, size, seed: pictures(2, size))
    assert load("leaves", 8).name == "leaves" and files("leaves") == []
    for name in ("./leaves", Path("leaves")):
        assert load(name, 8).name == f"{folder.parent / 'leaves'}{os.sep}" and len(files(name)) == 30


@pytest.mark.parametrize("name", ["my validation", "set.npy", "x.png"])
def test_a_folder_may_be_called_anything(tmp_path, name, monkeypatch):
    fill(tmp_path / name, pictures(20))
    whole = load(tmp_path / name, 8)
    held = hold_out(whole, 3)
    assert not whole.name.endswith(HELD_OUT) and held.name == whole.name + HELD_OUT
    monkeypatch.chdir("/")
    for data in (whole, held):
        again = load_described(describe(data), 8)
        assert same(again, data) and again.name == data.name
    np.testing.assert_array_equal(held.test, whole.train[-3:])


@POSIX
def test_links_are_followed_and_may_go_in_circles(folder):
    elsewhere = folder.parent / "elsewhere"
    fill(elsewhere, pictures(3, seed=1))
    (folder / "circle").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent)                       # where elsewhere is met again
    (folder / "linked").symlink_to(elsewhere)
    (folder / "linked.png").symlink_to(elsewhere / "0.png")
    (folder / "self").symlink_to("self")
    data = load(folder, 8)
    assert len(files(folder)) == len(data.train) + len(data.test) == 34
    (folder.parent / "name").symlink_to(folder)
    assert load(folder.parent / "name", 8).name == f"{folder.parent / 'name'}{os.sep}"


@POSIX
def test_settings_can_name_every_path(tmp_path):
    for name in ("a\nb", "\udcff", "\x1b[2J"):
        fill(tmp_path / name, pictures(2))
        for use in (lambda path: load(path, 8), files):
            with pytest.raises(InputError, match=r"^data: wanted a path of printable characters, .*, got '") as error:
                use(tmp_path / name)
            assert str(error.value).isprintable()


@POSIX
def test_a_working_directory_that_is_gone_is_no_traceback(tmp_path):
    program = """import os
from minibnn.data import load
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
try:
    load("photos", 8)
except ValueError as error:
    print(error)"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=True)
    assert done.stdout.startswith("data: wanted leaves, ")


def test_a_path_needs_no_folder_beside_it(folder):
    with pytest.raises(InputError, match=rf"^data_dir: wanted none with {folder}/, which is a path itself, got x$"):
        load(folder, 8, data_dir="x")


def test_pillow_is_imported_only_for_photographs(tmp_path):
    np.save(tmp_path / "set.npy", pictures(4))
    program = "import sys; from minibnn.data import load; load(sys.argv[1], 8); print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "set.npy"], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    assert done.stdout == "False\n"


# Which are test images

def digest(tenths, last=0):
    """A digest so many tenths of the way from the lowest to the highest."""
    return (round(tenths * 2**20) * 2**236 // 10 + last).to_bytes(32, "big")


@pytest.mark.parametrize("tenths, train, test", [
    ((5, 0.5, 9, 0.2), [0, 2], [3, 1]),                             # the lowest tenth, in order
    ((0.99, 1.01, 3), [1, 2], [0]),
    ((9, 5, 7), [2, 0], [1]),                                       # none below: the lowest
    ((9, 5, 7, 5), [2, 0], [1, 3]),                                 # and its copies
    ((0.3, 0.1, 0.2), [0], [1, 2]),                                 # all below: without the highest
    ((0.3, 0.1, 0.3), [0, 2], [1]),                                 # and its copies
    ((5, 0.5, 5, 0.5), [0, 2], [1, 3])])
def test_the_lowest_tenth_are_test_images(tenths, train, test):
    assert divide([digest(tenth) for tenth in tenths]) == (train, test)


def test_the_border_is_a_tenth_exactly():
    tenth, more = ((2**256 // 10 + step).to_bytes(32, "big") for step in (0, 1))
    assert divide([digest(0), tenth, more, digest(9)]) == ([2, 3], [0, 1])


def test_photographs_are_divided_by_the_digests_of_their_files(tmp_path):
    images = pictures(150)                                          # one in ten millions of such sets has none below
    digests = fill(tmp_path, images)
    order = sorted(range(150), key=digests.__getitem__)
    low = [index for index in order if 10 * int(digests[index].hex(), 16) < 2**256]
    data = load(tmp_path, 8)
    assert 1 < len(low) < 50
    np.testing.assert_array_equal(data.test, downsample(images[low], 8))
    np.testing.assert_array_equal(data.train, downsample(images[order[len(low):]], 8))


def test_images_of_an_array_are_divided_by_their_own_digests(tmp_path):
    images = pictures(60)
    np.save(tmp_path / "set.npy", np.asfortranarray(images))
    digests = [hashlib.sha256(image.tobytes()).digest() for image in images]
    train, test = divide(digests)
    data = load(tmp_path / "set.npy", 8)
    np.testing.assert_array_equal(data.train, downsample(images[train], 8))
    np.testing.assert_array_equal(data.test, downsample(images[test], 8))


def test_names_order_and_place_do_not_count(folder, tmp_path):
    whole = load(folder, 8)
    fill(tmp_path / "other", pictures(30)[::-1], "sub{}.jpg")      # whose suffix does not say what it is
    (tmp_path / "other/sub").mkdir()
    for number in range(9):
        (tmp_path / f"other/sub{number}.jpg").rename(tmp_path / f"other/sub/{number}.JPG")
    assert same(load(tmp_path / "other", 8), whole)
    np.save(tmp_path / "a.npy", pictures(30))
    np.save(tmp_path / "b.npy", pictures(30)[np.random.default_rng(0).permutation(30)])
    assert same(load(tmp_path / "a.npy", 8), load(tmp_path / "b.npy", 8))


def test_size_does_not_count(tmp_path):
    images = pictures(30, side=33)
    np.save(tmp_path / "set.npy", images)
    for name in ("photos", "set.npy"):
        fill(tmp_path / "photos", images)
        for size in (8, 16, 32):
            data, large = load(tmp_path / name, size), load(tmp_path / name, 32)
            small = {image.tobytes(): number for number, image in enumerate(downsample(images, size))}
            full = {image.tobytes(): number for number, image in enumerate(downsample(images, 32))}
            for one, other in ((data.train, large.train), (data.test, large.test)):
                assert [small[image.tobytes()] for image in one] == [full[image.tobytes()] for image in other]


def test_an_image_that_is_added_moves_no_other_and_copies_stay_together(tmp_path):
    fill(tmp_path, pictures(150))                                   # so that there are test images without a fallback
    before = load(tmp_path, 8)
    fill(tmp_path, pictures(20, seed=1), "new{}.png")
    for number in range(150):
        shutil.copy(tmp_path / f"{number}.png", tmp_path / f"copy{number}.png")
    after = load(tmp_path, 8)
    assert rows(before.train) <= rows(after.train) and rows(before.test) <= rows(after.test)
    assert not rows(after.train) & rows(after.test) and len(after.train) + len(after.test) == 320


@pytest.mark.parametrize("images, got", [
    (pictures(1), "got 1"), (np.repeat(pictures(1), 3, axis=0), "got 3 that are all the same")])
def test_two_different_images_are_the_least(tmp_path, images, got):
    fill(tmp_path / "photos", images)
    np.save(tmp_path / "set.npy", images)
    for name in (f"photos{os.sep}", "set.npy"):
        with pytest.raises(InputError, match=f"{name}: wanted at least two different images, {got}$"):
            load(f"{tmp_path}/{name}", 8)
    fill(tmp_path / "photos", pictures(2))
    data = load(tmp_path / "photos", 8)
    assert len(data.train) > 0 and len(data.test) > 0


# Arrays

@pytest.mark.parametrize("others", [{}, {"labels": np.arange(20)}, {"masks": np.zeros((20, 9, 9), np.uint8)}])
def test_an_npz_file_is_read_as_an_npy_file_is(tmp_path, others):
    np.save(tmp_path / "set.npy", pictures(20))
    np.savez_compressed(tmp_path / "set.NPZ.npz", images=pictures(20), **others)
    (tmp_path / "set.NPZ.npz").rename(tmp_path / "set.NPZ")
    one, other = load(tmp_path / "set.npy", 8), load(tmp_path / "set.NPZ", 8)
    assert same(one, other) and other.name == str(tmp_path / "set.NPZ")
    assert files(tmp_path / "set.NPZ") == [tmp_path / "set.NPZ"] and files(tmp_path / "none.npy") == []
    assert same(load_described(describe(hold_out(other, 3)), 8), hold_out(one, 3))


def test_the_middle_squares_of_an_array_are_averaged(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 14, 3), np.uint8)
    np.save(tmp_path / "set.npy", images)
    data = load(tmp_path / "set.npy", 8)
    assert rows(data.train) | rows(data.test) == rows(downsample(images[:, :, 2:11], 8))


WANTED = r"wanted images of levels 0\.\.255, uint8 \(N, H, W, 3\), got"
ADVICE = r"; np\.rint\(255 \* images\)\.astype\(np\.uint8\) converts images in 0\.\.1"


@pytest.mark.parametrize("array, message", [
    (np.zeros((2, 9, 9, 3), np.float32), rf"{WANTED} float32 \(2, 9, 9, 3\){ADVICE}"),
    (np.zeros((2, 9, 9, 3), int), rf"{WANTED} int64 \(2, 9, 9, 3\)"),
    (np.zeros((2, 9, 9, 1), np.uint8), rf"{WANTED} uint8 \(2, 9, 9, 1\)"),
    (np.zeros((2, 3, 9, 9), np.uint8), rf"{WANTED} uint8 \(2, 3, 9, 9\)"),
    (np.zeros((9, 9, 3), np.uint8), rf"{WANTED} uint8 \(9, 9, 3\)"),
    (np.zeros((2, 7, 9, 3), np.uint8), "wanted images of at least 8 x 8 pixels, got 9 x 7"),
    (np.zeros((2, 9, 7, 3), np.uint8), "wanted images of at least 8 x 8 pixels, got 7 x 9"),
    (np.zeros((2, 0, 0, 3), np.uint8), "wanted images of at least 8 x 8 pixels, got 0 x 0"),
    (np.zeros((0, 9, 9, 3), np.uint8), "wanted at least two different images, got 0")])
def test_other_arrays_are_named(tmp_path, array, message):
    np.save(tmp_path / "set.npy", array)
    np.savez(tmp_path / "set.npz", array)
    for name in ("set.npy", "set.npz"):
        with pytest.raises(InputError, match=f"^{tmp_path / name}: {message}$"):
            load(tmp_path / name, 8)


@pytest.mark.parametrize("arrays, got", [
    ({"a": pictures(2), "b": pictures(2)}, r"'a' uint8 \(2, 9, 9, 3\), 'b' uint8 \(2, 9, 9, 3\)"),
    ({"a": np.zeros((2, 9, 9, 3)), "b\n": np.arange(2)}, r"'a' float64 \(2, 9, 9, 3\), 'b\\n' int64 \(2,\)"),
    ({}, "none")])
def test_of_several_arrays_one_must_be_images(tmp_path, arrays, got):
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(InputError, match=rf"wanted exactly one array of images, uint8 \(N, H, W, 3\), got {got}$"):
        load(tmp_path / "set.npz", 8)


class Bomb:
    """Unpickling an instance writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled_and_damaged_arrays_are_named(tmp_path):
    bomb = np.array([Bomb(tmp_path / "exploded")], object)
    np.save(tmp_path / "bomb.npy", bomb)
    np.savez(tmp_path / "bomb.npz", images=bomb)
    for name in ("text.npy", "text.npz"):
        (tmp_path / name).write_bytes(b"text")
    for name in ("bomb.npy", "bomb.npz", "text.npy", "text.npz"):
        with pytest.raises(InputError, match=f"^{tmp_path / name}: wanted an.* cannot be read: "):
            load(tmp_path / name, 8)
    assert not (tmp_path / "exploded").exists()


@POSIX
@pytest.mark.parametrize("name", ["set.npy", "set.npz"])
def test_arrays_are_read_from_ordinary_files_only(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(InputError, match=f"^{path}: (cannot be read: No such file|wanted an ordinary file, got none)"):
        load(path, 8)
    os.mkfifo(path)
    assert files(path) == []
    with pytest.raises(InputError, match=f"^{path}: wanted an ordinary file, got "):
        load(path, 8)


# Photographs that cannot be used

@pytest.mark.parametrize("others", [0, 2])
def test_a_folder_without_photographs(tmp_path, others):
    for number in range(others):
        (tmp_path / f"{number}.txt").write_text("")
    wanted = rf"wanted a folder with \.png, \.jpg, \.jpeg files, got none, other files: {others}"
    with pytest.raises(InputError, match=f"^{tmp_path}/: {wanted}$"):
        load(tmp_path, 8)
    assert files(tmp_path) == []


def test_all_that_cannot_be_used_is_found_before_it_is_said(folder):
    whole = (folder / "0.png").read_bytes()
    fill(folder / "in", pictures(1, side=7), "small.png")
    for name, content in (("1.png", whole[:90]), ("2.png", b""), ("3.png", b"text")):
        (folder / name).write_bytes(content)
    wanted = f"{folder}/: wanted PNG and JPEG images of at least 8 x 8 pixels, got 4 of 31 files that cannot be used: "
    no_image = r"\(not a PNG or JPEG image\)"
    listed = rf"1\.png \(damaged: .*\), 2\.png {no_image}, 3\.png {no_image} and 1 more"
    with pytest.raises(InputError, match=f"^{wanted}{listed}$"):
        load(folder, 8)
    for name in ("1.png", "2.png"):
        (folder / name).unlink()
    with pytest.raises(InputError, match=r"got 2 of 29 files .*: 3\.png \(.*\), in/small\.png \(only 7 x 7 pixels\)$"):
        load(folder, 8)


@POSIX
def test_only_ordinary_files_are_read_and_names_keep_to_the_line(folder):
    os.mkfifo(folder / "pipe.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "to\nnowhere.png").symlink_to("nothing")
    with pytest.raises(InputError) as error:
        load(folder, 8)
    for listed in ("got 3 of 33 files", "pipe.png (wanted an ordinary file, got a device or a pipe)",
                   "device.png (wanted an ordinary file", r"'to\nnowhere.png' (cannot be read: No such file"):
        assert listed in str(error.value)
    assert str(error.value).isprintable()


@POSIX
def test_any_name_of_a_photograph_will_do(tmp_path):
    fill(tmp_path, pictures(3), "a\nb{}\udcff.png")
    data = load(tmp_path, 8)
    assert len(data.train) + len(data.test) == 3


def test_folders_that_cannot_be_read_are_named(folder, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)
    (folder / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=f"^{folder}/closed: cannot be read: Permission denied$"):
        load(folder, 8)


def test_files_that_are_too_large_are_not_read(folder, monkeypatch):
    monkeypatch.setattr("minibnn.data.photographs.MOST_BYTES", 10)
    with pytest.raises(InputError, match=r"30 of 30 .*: 0\.png \(wanted at most 10 bytes, got \d+\), .* and 27 more$"):
        load(folder, 8)


# On the way

def test_progress_is_reported_for_each_photograph(folder):
    (folder / "notes.txt").write_text("")
    reports = []
    load(folder, 8, report=lambda *report: reports.append(report))
    assert reports == [*((number, 30, "reading photographs") for number in range(1, 30)),
                       (30, 30, "30 photographs read, other files left out: 1")]


def test_photographs_are_held_one_at_a_time(tmp_path):
    fill(tmp_path, np.random.default_rng(0).integers(0, 256, (12, 1, 1, 3), np.uint8).repeat(300, 1).repeat(300, 2))
    load(tmp_path, 8)                                               # so that all is imported
    tracemalloc.start()
    try:
        load(tmp_path, 8)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * 300 * 300 * 3
