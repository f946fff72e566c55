"""Arrays in .npz and .npy files; reading checks them, and never unpickles anything."""

import io
import math
import zipfile
from contextlib import contextmanager

import numpy as np

from .files import InputError, read_bytes

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def write_arrays(file, arrays, compressed=False):
    """Write arrays as .npz into an open binary file.    arrays: dict name -> array of numbers"""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def write_array(file, array):
    """Write an array as .npy into an open binary file, which may be a pipe."""
    buffer = io.BytesIO()                                           # NumPy asks for the position; a pipe has none
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    file.write(buffer.getvalue())


def read_arrays(file, most, only=None):
    """The arrays of an .npz file, each stored once, plainly or deflated.

    file:      its path, or an open binary file
    most:      largest number of bytes of all arrays together, as the archive lists them
    only:      the name of the one array to read, whatever else there is; None: all
    Returns:   dict name -> array of whole or floating-point numbers
    Raises:    ValueError, before memory is allocated, for all other files: damaged, encrypted, nested, too large, ...
    """
    with _one_error(), zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if only is None or member.filename == f"{only}.npy"]
        if only and not members:
            names = ", ".join(archive.namelist()[:10]).replace(".npy", "")
            raise ValueError(f"wanted the array {only}, got {names or 'none'}")
        if len({member.filename for member in members}) < len(members):
            raise ValueError("two arrays have the same name")
        if (size := sum(member.file_size for member in members)) > most:
            raise ValueError(f"its arrays have {size:,} bytes, more than the {most:,} that are possible here")
        return {member.filename.removesuffix(".npy"): _read_member(archive, member) for member in members}


def read_array(path):
    """The array in an .npy file.    Raises: InputError"""
    content = read_bytes(path)
    try:
        with _one_error():
            return _read(io.BytesIO(content), len(content))
    except ValueError as error:
        raise InputError(f"{path}: wanted an array, cannot be read: {error}") from None


def _read_member(archive, member):
    plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not plain or not member.filename.endswith(".npy"):
        raise ValueError(f"wanted arrays, stored or deflated, got {member.filename[:100]!r}")
    with archive.open(member) as file:
        return _read(file, member.file_size)


def _read(file, size):
    """The array in an open .npy file of `size` bytes."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"wanted the .npy format 1.0 or 2.0, got {version}")
    shape, columns_first, dtype = HEADERS[version](file)
    left = size - file.tell()
    if dtype.kind not in "iuf" or math.prod(shape) * dtype.itemsize != left:
        raise ValueError(f"wanted numbers that fill their {left} bytes, got {dtype} {shape}")
    content = bytearray(file.read(left))
    return np.frombuffer(content, dtype).reshape(shape, order="F" if columns_first else "C")


@contextmanager
def _one_error():
    """Turn whatever zipfile, zlib and the header's parser raise into a ValueError."""
    try:
        yield
    except (ValueError, OSError):                                   # of the system: the caller knows the file's name
        raise
    except Exception as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
