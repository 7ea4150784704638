"""Which encoding a text file has: the whole file is looked over before a row of it is believed."""

import codecs
import hashlib
import re
from dataclasses import dataclass

from storage.sources.opening import ShopFile
from storage.sources.problems import FileProblem, UnreadableFile

CODE_PAGES = {"ru": "cp1251"}  # what Windows programs write in that language; otherwise cp1252

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
_TEXT = re.compile(rb"[\t\r\n -~\x80-\xff]")


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a text file is to be decoded."""

    name: str  # as Python knows it
    is_guess: bool  # the code page of the company's language, because it is no Unicode
    is_clean: bool  # no NUL anywhere: rows need not be looked at one by one
    sha256: str  # of the file as it lies on the disk


def recognise_encoding(file: ShopFile, language: str, given: str | None) -> Encoding:
    """Reads the whole file once.

    :param given: what --encoding says
    :raises UnreadableFile: no encoding fits, or it is no text
    """
    sha256 = digest(file)
    start = _start(file)
    if given is not None:
        return _checked(file, _known(file, given, start), sha256)
    name = _by_start(start)
    if name is not None:
        return _checked(file, name, sha256)
    failure = _failure(file, "utf-8")
    if len(_TEXT.findall(start)) < 0.9 * len(start):
        raise UnreadableFile(FileProblem.BINARY, file.path)
    if isinstance(failure, bool):
        return Encoding(name="utf-8", is_guess=False, is_clean=failure, sha256=sha256)
    if failure.multibyte >= 50:
        raise UnreadableFile(FileProblem.WRONG_ENCODING, file.path, f"UTF-8, byte {failure.position}")
    guess = _checked(file, CODE_PAGES.get(language, "cp1252"), sha256)
    return Encoding(name=guess.name, is_guess=True, is_clean=guess.is_clean, sha256=sha256)


def digest(file: ShopFile) -> str:
    """SHA-256 of the file as it lies on the disk: the same file again has the same."""
    with file.path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


@dataclass(frozen=True)
class _Failure:
    position: int  # of the first byte that doesn't fit, from 1
    multibyte: int  # characters outside ASCII that did fit before it


def _start(file: ShopFile) -> bytes:
    with file.open() as unpacked:
        return unpacked.read(4096)


def _by_start(start: bytes) -> str | None:
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    # UTF-16 without its mark: line ends, digits and delimiters have a zero byte, always on the same side.
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) * 10 > len(start) / 2 and min(even, odd) * 20 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _known(file: ShopFile, given: str, start: bytes) -> str:
    try:
        name = codecs.lookup(given).name
    except LookupError as error:
        raise UnreadableFile(FileProblem.UNKNOWN_ENCODING, file.path, given) from error
    return "utf-8-sig" if name == "utf-8" and start.startswith(codecs.BOM_UTF8) else name


def _checked(file: ShopFile, name: str, sha256: str) -> Encoding:
    failure = _failure(file, name)
    if not isinstance(failure, bool):
        raise UnreadableFile(FileProblem.WRONG_ENCODING, file.path, f"{name}, byte {failure.position}")
    return Encoding(name=name, is_guess=False, is_clean=failure, sha256=sha256)


def _failure(file: ShopFile, name: str) -> _Failure | bool:
    """Where decoding fails; else whether the text is clean of NUL."""
    decoder = codecs.getincrementaldecoder(name)()
    done = multibyte = 0
    is_clean = True
    with file.open() as unpacked:
        while True:
            chunk = unpacked.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                at = getattr(error, "start", 0)
                fitting = chunk[:at].decode(name, errors="ignore")
                return _Failure(done + at + 1, multibyte + sum(character > "\x7f" for character in fitting))
            is_clean = is_clean and "\0" not in text
            multibyte += len(text) - len(text.encode("ascii", "ignore")) if multibyte < 50 and not text.isascii() else 0
            if not chunk:
                return is_clean
            done += len(chunk)
