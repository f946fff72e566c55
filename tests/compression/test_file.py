"""Files of images: they give back what they got, or say in one sentence why not."""

import hashlib
import json
import zlib

import numpy as np
import pytest
from small import CONFIG, FLOW_CONFIG, small_settings

from minibnn import models
from minibnn.compression import compress, decompress, file
from minibnn.compression.bits_back import BitsBack
from minibnn.data.leaves import dead_leaves
from minibnn.files import InputError
from minibnn.flowpp import FlowPP
from minibnn.models import Trained
from minibnn.resnet_vae import ResNetVAE

IMAGES = [*dead_leaves(20, 8, 3), *dead_leaves(2, 22, 3)]
NAMES = [f"folder/{i}.png" for i in range(22)]


def _model(seed=0):
    network = ResNetVAE(CONFIG, np.random.default_rng(seed))
    network(dead_leaves(50, 8, 1), network.draw_noise(np.random.default_rng(0), 50), initialise=True)
    return Trained(small_settings(), network)


MODEL = _model()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "images.bits"
    compress(path, MODEL, IMAGES, NAMES)
    return path.read_bytes()


def _parts(content):
    """Header and words of a file."""
    start = len(file.MAGIC) + file.LENGTHS.size
    _, length = file.LENGTHS.unpack_from(content, len(file.MAGIC))
    return json.loads(zlib.decompress(content[start:start + length])), content[start + length:-file.DIGEST]


def _signed(header, words):
    """A file whose checksum is right, whatever it holds."""
    deflated = zlib.compress(header if isinstance(header, bytes) else json.dumps(header).encode())
    size = len(file.MAGIC) + file.LENGTHS.size + len(deflated) + len(words) + file.DIGEST
    content = file.MAGIC + file.LENGTHS.pack(size, len(deflated)) + deflated + words
    return content + hashlib.sha256(content).digest()


def _refusal(content, tmp_path, model=MODEL):
    path = tmp_path / "other.bits"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        decompress(path, model)
    message = str(caught.value)
    assert message.startswith(f"{path}: wanted ") and "\n" not in message
    return message


def test_images_and_names_come_back(stored, tmp_path):
    path = tmp_path / "images.bits"
    path.write_bytes(stored)
    images, names = decompress(path, MODEL)
    assert names == NAMES
    for image, wanted in zip(images, IMAGES, strict=True):
        np.testing.assert_array_equal(image, wanted)


def test_the_same_images_make_the_same_file(stored, tmp_path):
    compress(tmp_path / "again.bits", MODEL, IMAGES, NAMES)
    assert (tmp_path / "again.bits").read_bytes() == stored


def test_an_array_is_images(tmp_path):
    images, seen = dead_leaves(5, 8, 2), []
    lengths = compress(tmp_path / "x.bits", MODEL, images, report=lambda *now: seen.append(now))
    found, names = decompress(tmp_path / "x.bits", MODEL)
    np.testing.assert_array_equal(np.stack(found), images)
    assert names == [] and seen == [(i, 5, "tiles") for i in range(1, 6)]
    assert lengths.values == images.size and 3 * 8 * 8 <= lengths.start_values < images.size


def test_a_shipped_model_is_found(tmp_path):
    images = dead_leaves(3, 16, 9)
    compress(tmp_path / "x.bits", models.load("vae-1-32"), images)
    np.testing.assert_array_equal(np.stack(decompress(tmp_path / "x.bits")[0]), images)


def test_another_model_is_refused(stored, tmp_path):
    assert "the model that wrote it" in _refusal(stored, tmp_path, _model(seed=1))
    assert "name it with --model" in _refusal(stored, tmp_path, None)
    flow = Trained(small_settings(FLOW_CONFIG), FlowPP(FLOW_CONFIG, np.random.default_rng(0)))
    (tmp_path / "x.bits").write_bytes(stored)
    for call in (lambda: decompress(tmp_path / "x.bits", flow), lambda: compress(tmp_path / "y.bits", flow, IMAGES)):
        with pytest.raises(InputError, match="got a flow"):
            call()


def test_numbers_that_come_out_differently_are_noticed(stored, tmp_path, monkeypatch):
    """As if this machine rounded otherwise, in the seventh digit."""
    right = BitsBack._next_state
    monkeypatch.setattr(BitsBack, "_next_state", lambda *arguments: right(*arguments) * (1 + 1e-6))
    assert "this machine computes other numbers" in _refusal(stored, tmp_path)


@pytest.mark.parametrize("cut", [1, 33, 200, 100_000])
def test_a_file_that_is_cut_off_is_refused(cut, stored, tmp_path):
    said = _refusal(stored[:-cut], tmp_path)
    assert "cut off" in said if cut < len(stored) else "that compress wrote" in said


def test_300_damaged_files_are_refused(stored, tmp_path):
    """Bytes that are changed, taken out, put in, or doubled."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(stored)
        place, kind = int(rng.integers(len(content))), rng.integers(4)
        if kind == 0:
            content[place] ^= 1 << rng.integers(8)
        elif kind == 1:
            del content[place:place + int(rng.integers(1, 20))]
        elif kind == 2:
            content[place:place] = rng.bytes(int(rng.integers(1, 20)))
        else:
            content[place:place] = content[place // 2:place]
        if content != stored:
            _refusal(bytes(content), tmp_path)


@pytest.mark.slow
def test_300_files_whose_checksum_is_right_give_no_wrong_images(tmp_path):
    """As from somebody who wants wrong images: words and numbers of the header are changed, and signed again."""
    path, refused = tmp_path / "x.bits", 0
    compress(path, MODEL, IMAGES[:5])
    rng, (header, words) = np.random.default_rng(1), _parts(path.read_bytes())
    for _ in range(300):
        changed, other = dict(header), bytearray(words)
        if rng.random() < 0.5:
            other[rng.integers(len(other))] ^= 1 << rng.integers(8)
        else:
            name = rng.choice(["bits", "lanes", "side", "plain", "shapes", "pixels"])
            changed[name] = {"bits": int(rng.integers(0, 18)), "lanes": int(rng.integers(0, 300)),
                             "side": int(rng.choice([8, 16, 32, 64])), "plain": rng.integers(0, 30, 3).tolist(),
                             "shapes": rng.integers(0, 20, (2, 3)).tolist(), "pixels": "0" * 64}[name]
        path.write_bytes(_signed(changed, bytes(other)))
        try:
            images, _ = decompress(path, MODEL)
        except InputError:
            refused += 1
        else:                                                       # of another side of tiles there is just one, too
            np.testing.assert_array_equal(images, IMAGES[:5])
    assert refused > 250


@pytest.mark.parametrize("change", [
    {"names": ["../outside.png", *NAMES[1:]]}, {"names": ["/etc/outside.png", *NAMES[1:]]},
    {"names": ["a/./b.png", *NAMES[1:]]}, {"names": ["c:\\x.png", *NAMES[1:]]}, {"names": ["a\n.png", *NAMES[1:]]},
    {"names": NAMES[1:]}, {"names": [NAMES[1], *NAMES[1:]]}, {"names": [NAMES[1].upper(), *NAMES[1:]]},
    {"names": [7, *NAMES[1:]]}, {"shapes": []}, {"shapes": [[1, 0, 5]]}, {"shapes": [[1, 8]]}, {"shapes": [7]},
    {"shapes": [[10**9, 1, 1]]}, {"shapes": [[1, 10**6, 10**6]]}, {"shapes": [[1, 1, 1 << 28]], "side": 16},
    {"plain": ["1"]}, {"plain": [None]}, {"bits": 10.5},
    {"lanes": True}, {"model": 5}], ids=str)
def test_hostile_headers_are_refused(change, stored, tmp_path):
    header, words = _parts(stored)
    _refusal(_signed(header | change, words), tmp_path)


@pytest.mark.parametrize("header", [b"", b"[]", b"\xff", b"{" * 10**6, b"[" * 10**6, b'{"bits": NaN}', b" " * 10**6])
def test_headers_that_are_none_are_refused(header, stored, tmp_path):
    assert "got a wrong header" in _refusal(_signed(header, _parts(stored)[1]), tmp_path)


@pytest.mark.parametrize("images, said", [
    ([], "at least one"), (np.zeros((2, 8, 8), np.uint8), r"\(H, W, 3\) uint8"),
    ([np.zeros((8, 8, 3))], "got float64"), ([np.zeros((0, 8, 3), np.uint8)], "none of them empty"), ([5], "got int")])
def test_what_is_no_image_is_refused(images, said, tmp_path):
    with pytest.raises(InputError, match=said):
        compress(tmp_path / "x.bits", MODEL, images)
    assert not [*tmp_path.iterdir()]


def test_more_than_a_file_can_say_is_refused(tmp_path):
    with pytest.raises(InputError, match="tiles"):
        compress(tmp_path / "x.bits", MODEL, [np.broadcast_to(np.uint8(0), (1, 1 << 28, 3))])
    with pytest.raises(InputError, match="names and sizes"):
        compress(tmp_path / "x.bits", MODEL, IMAGES[:1], ["a" * (file.MOST_HEADER + 1)])
    assert not [*tmp_path.iterdir()]


def test_names_that_a_folder_could_not_hold_are_refused(tmp_path):
    with pytest.raises(InputError, match="twice"):
        compress(tmp_path / "x.bits", MODEL, IMAGES[:2], ["a.png", "A.png"])
    assert not [*tmp_path.iterdir()]


def test_nothing_is_left_after_ctrl_c(tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        compress(tmp_path / "x.bits", MODEL, IMAGES, report=interrupt)
    assert not [*tmp_path.iterdir()]
