"""How many bytes other lossless formats take for the same images."""

import io
import lzma

import numpy as np

FORMATS = {"PNG": {"optimize": True}, "WebP": {"lossless": True, "quality": 100, "method": 6, "exact": True}}
MOST_SIDE = 16_383       # of a WebP picture, in pixels


def lengths_of_others(images, report=None):
    """Bytes that images take as PNG and WebP, in a file each and in one picture of all; and as pixels packed by xz.

    images:    list of (H, W, 3) uint8
    report:    report(done, total, text) is called after each file
    Returns:   dict: description -> bytes. The picture of all is left out if the sizes differ or if it would be too
               large; WebP is left out if pillow was built without it.
    """
    from PIL import features

    formats = [name for name in FORMATS if name == "PNG" or features.check("webp")]
    mosaic, sizes = _mosaic(images), {}
    total = len(formats) * (len(images) + 1)
    for i, name in enumerate(formats):
        of_files = 0
        for done, image in enumerate(images, i * (len(images) + 1)):
            of_files += _length(image, name)
            if report:
                report(done, total, name)
        sizes[f"{name}, a file for each image"] = of_files
        if mosaic is not None and len(images) > 1:
            sizes[f"{name}, all in one picture"] = _length(mosaic, name)
    sizes["xz of the pixels alone"] = len(lzma.compress(b"".join(image.tobytes() for image in images), preset=9))
    if report:
        report(total, total, "done")
    return sizes


def _length(image, name):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, name, **FORMATS[name])
    return file.tell()


def _mosaic(images):
    """Images of one size in one picture, about as many rows as columns, black where images are missing; or None."""
    H, W, _ = images[0].shape
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // columns)
    if any(image.shape != images[0].shape for image in images) or max(rows * H, columns * W) > MOST_SIDE:
        return None
    canvas = np.zeros((rows, H, columns, W, 3), np.uint8)
    for i, image in enumerate(images):
        canvas[i // columns, :, i % columns] = image
    return canvas.reshape(rows * H, columns * W, 3)
