"""Reads the files of a repository that tell what to build.

As a program, fails with a sentence when a file that a tool must read as UTF-8 is UTF-16, as programs of Windows write it.
"""
import codecs
import os
import sys

try:
    import tomllib
except ImportError:
    try:
        from pip._vendor import tomli as tomllib
    except ImportError:
        tomllib = None

# pip reads a requirements.txt in UTF-16 by its byte order mark. The other files are read as UTF-8 by the tools that install
# packages, or by Python itself.
UTF8_FILES = (
    ["requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "uv.lock", "poetry.lock"]
    + ["pdm.lock", "manage.py", "app.py", "main.py", "wsgi.py", "application.py", "server.py"]
)
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def encoding_of(data):
    """Returns the encoding of a text: "utf-8-sig", or "utf-16…" by its mark or by NUL in every second byte."""
    if data[:2] in MARKS:
        return "utf-16"
    sample = data[:1024]
    if sample and sample.count(0) * 5 >= len(sample) * 2:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    return "utf-8-sig"


def read_text(name):
    """Returns the text of a file; an empty text without the file. Bytes that are no text become U+FFFD."""
    if not os.path.isfile(name):
        return ""
    with open(name, "rb") as file:
        data = file.read()
    return data.decode(encoding_of(data), errors="replace")


def read_toml(name):
    """Returns the values of a TOML file; no values where the file, or a reader of TOML, is missing or wrong."""
    try:
        return tomllib.loads(read_text(name)) if tomllib else {}
    except ValueError:
        return {}


def main():
    for name in UTF8_FILES:
        if not os.path.isfile(name):
            continue
        with open(name, "rb") as file:
            encoding = encoding_of(file.read(1024))
        if encoding != "utf-8-sig" and (name, encoding) != ("requirements.txt", "utf-16"):
            sys.exit(f"ERROR: {name} is UTF-16 text, which programs of Windows write.\nERROR: Save it as UTF-8.")


if __name__ == "__main__":
    main()
