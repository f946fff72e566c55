"""Files of a model: ordinary .npz files with a checksum, so that a changed byte is noticed.

The last 64 bytes are the SHA-256, in hex, of all the bytes before. They are the zip archive's comment,
so any .npz reader opens the file as well. Nothing in it is pickled.
"""

import hashlib
import io
import json
import zipfile

import numpy as np

from ..archives import read_arrays, write_arrays
from ..files import InputError, atomic_write, parse_json, read_bytes, require_fields

FORMAT = "minibnn checkpoint 1"
DIGEST_LENGTH = 64


def save_checkpoint(path, meta, arrays, form=FORMAT):
    """Write arrays (dict of name -> array) and meta (a dict of JSON values), completely or not at all.

    form:      the name of the format, which `load_checkpoint` compares
    """
    text = json.dumps({"format": form, **meta}).encode()
    buffer = io.BytesIO()
    write_arrays(buffer, {"meta": np.frombuffer(text, np.uint8), **arrays})
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"0" * DIGEST_LENGTH
    content = buffer.getvalue()[:-DIGEST_LENGTH]
    with atomic_write(path) as file:
        file.write(content + hashlib.sha256(content).hexdigest().encode())


def load_checkpoint(path, form=FORMAT):
    """Read and verify a file of the format `form`.

    Returns:   meta, arrays
    Raises:    InputError if it is absent, of another format, or damaged.
    """
    found, meta, arrays = load_any(path)
    if found != form:
        raise InputError(f'{path}: wanted the format "{form}", got "{found}"')
    return meta, arrays


def load_any(path):
    """Read and verify a file of any format.    Returns: format, meta, arrays.    Raises: InputError"""
    content = read_bytes(path)
    content, digest = content[:-DIGEST_LENGTH], content[-DIGEST_LENGTH:]
    if hashlib.sha256(content).hexdigest().encode() != digest:
        if not content.startswith(b"PK"):
            raise InputError(f"{path}: wanted a minibnn checkpoint, got another kind of file")
        raise InputError(f"{path}: the checkpoint is damaged or incomplete (its checksum does not match)")
    try:
        arrays = read_arrays(io.BytesIO(content + digest), most=len(content))
        meta = parse_json(arrays.pop("meta").tobytes())
        require_fields(meta, format=str)
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: wanted a minibnn checkpoint, got an archive without its parts ({error})") from None
    return meta.pop("format"), meta, arrays
