"""Download an archive, continue after a break, check it; unpack it without trusting it."""

import gzip
import hashlib
import http.client
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path, PurePosixPath

from ..files import InputError

PIECE = 2**18                               # bytes read at a time, and between two reports
MOST_BYTES, MOST_MEMBERS = 2**30, 1000      # of an archive that is unpacked; CIFAR-10 has 184 MB in 9 members
TIMEOUT = 30                                # seconds of silence after which the server counts as gone


def download(url, path, size, md5, report=None):
    """Download a file of known length and checksum; a broken transfer continues where it stopped.

    Bytes are written to `path` + ".part", which is renamed to `path` only when length and MD5 are right. A
    correct file that is already there is kept.
    Arguments: size: bytes; md5: hexadecimal; report(done, total, text), if given, is called as bytes arrive.
    Raises:    InputError if the server cannot be reached, breaks off or sends something else, or the
               file cannot be written.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        if is_whole(path, size, md5):
            return
        have = part.stat().st_size if part.exists() else 0
        if have != size:
            _transfer(url, part, have if have < size else 0, size, report)
        got = _md5(part)
        if got != md5:
            part.unlink()
            raise InputError(f"{url}: wanted MD5 {md5}, got {got}, so what was downloaded is deleted")
        os.replace(part, path)
    except OSError as error:                # of the disk: network errors are InputErrors by now
        raise InputError(f"{path}: cannot be written: {error}") from error


def is_whole(path, size, md5):
    """Whether `path` is a file of `size` bytes with this MD5, in hexadecimal."""
    return path.is_file() and path.stat().st_size == size and _md5(path) == md5


def _transfer(url, part, start, size, report):
    """Bring the file `part` from `start` bytes to exactly `size` bytes."""
    with _open(url, start) as response:
        if response.status != 206:          # the server sends all of it again
            start = 0
            announced = int(response.headers.get("Content-Length", size))
            if announced != size:           # another file, perhaps a page of the local network
                raise InputError(f"{url}: wanted a file of {size} bytes, got one of {announced}")
        with open(part, "ab" if start else "wb") as file:
            done = start
            while piece := _read(response, min(PIECE, size + 1 - done)):
                file.write(piece)
                done += len(piece)
                if report:
                    report(done, size, f"downloading {url}")
            _flush(file)
    if done > size:
        part.unlink()
        raise InputError(f"{url}: wanted a file of {size} bytes, got more, so what was downloaded is deleted")
    if done < size:
        raise InputError(f"{url}: the connection broke off after {done} of {size} bytes; "
                         "run the same command again to continue there")


def _open(url, start):
    """The server's response with the file from byte `start` on, or with all of it if the server cannot do that."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:     # the server's file is shorter than our part
            return _open(url, 0)
        reason = f"the server answered {error.code} {error.reason}"
        raise InputError(f"{url}: cannot be downloaded: {reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"{url}: cannot be downloaded: {getattr(error, 'reason', error)}") from error
    if start and response.status == 206:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            response.close()
            return _open(url, 0)
    return response


def _read(response, amount):
    """At most `amount` bytes; none at the end, or if the connection breaks."""
    try:
        return response.read(amount)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException):
        return b""


def _flush(file):
    """Make the system write the file to the disk before it gets its final name."""
    file.flush()
    os.fsync(file.fileno())


def _md5(path):
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def extract(archive, folder):
    """Unpack a .tar.gz archive with one top folder, which becomes `folder`.

    `folder` must be absent or empty; it appears only when everything is unpacked. Owners and
    permissions in the archive are ignored.
    Raises:    InputError if the archive is damaged, has another top folder, has more than MOST_BYTES or MOST_MEMBERS,
               or has a member that is neither a file nor a folder or lies outside, or if `folder` cannot be written.
    """
    folder = Path(folder)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=".minibnn-", dir=folder.parent))
        temporary.chmod(0o755)
        try:
            with gzip.open(archive) as stream:
                _unpack(stream, archive, temporary)
                while stream.read(2**20):   # to the end, where gzip's checksum is
                    pass
            tops = list(temporary.iterdir())
            if len(tops) != 1 or not tops[0].is_dir():
                raise InputError(f"{archive}: wanted one top folder in the archive, got {len(tops)} entries")
            if folder.is_dir():
                folder.rmdir()              # it must be empty; some systems rename only to a free name
            os.replace(tops[0], folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except InputError:
        raise
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise InputError(f"{archive}: wanted a .tar.gz archive, but it is damaged: {error}") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be unpacked to {folder}: {error}") from error


def _unpack(stream, archive, folder):
    """Write the members of a tar stream below `folder`, one by one, so that nothing else is written."""
    left = MOST_BYTES
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for number, member in enumerate(tar):
            name = PurePosixPath(member.name)
            # Backslash and colon mean folders and drives on some systems; no file system takes a zero byte.
            if name.is_absolute() or ".." in name.parts or set("\\:\0") & set(member.name):
                raise InputError(f"{archive}: wanted members inside their folder, got {member.name!r}")
            if not (member.isreg() or member.isdir()) or member.issparse():
                raise InputError(f"{archive}: wanted files and folders, got a link, a device or a sparse file "
                                 f"{member.name!r}")
            left -= member.size
            if member.size < 0 or left < 0 or number >= MOST_MEMBERS:
                raise InputError(f"{archive}: wanted at most {MOST_BYTES:,} bytes in {MOST_MEMBERS} members, got more")
            target = folder / name
            (target if member.isdir() else target.parent).mkdir(parents=True, exist_ok=True)
            if member.isreg():
                with open(target, "xb") as file:
                    shutil.copyfileobj(tar.extractfile(member), file, 2**20)
                    _flush(file)
