"""Finds the Python that a repository asks for, and prints the command of the interpreter to use.

Prints a warning with both versions to standard error where the machine lacks the version that is asked for.
"""
import json
import os
import re
import shutil
import subprocess
import sys

from files import read_text, read_toml

try:
    from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
except ImportError:
    SpecifierSet = None


def version_of(command):
    """Returns the version of an interpreter, such as "3.11.2"; None where it does not start or can make no environment."""
    words = [command, "-c", "import platform, venv; print(platform.python_version())"]
    # What a command that does not start says is no text in every encoding.
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return run.stdout.decode().strip() if run.returncode == 0 else None


def exact_request(name):
    """Returns the first version that a file names, such as "3.12"; None without one."""
    for line in read_text(name).splitlines():
        found = re.fullmatch(r"(?:c?python-?|)v?(\d+(?:\.\d+){0,2})(?:\.\*)?", line.split("#")[0].strip(), re.IGNORECASE)
        if found:
            return found.group(1)
        if line.split("#")[0].strip():
            print(f'Warning: "{line.strip()[:80]}" in {name} is no version of Python. Write for example: 3.11', file=sys.stderr)
            return None
    return None


def range_request():
    """Returns requires-python of pyproject.toml, such as ">=3.11"; None without one."""
    project = read_toml("pyproject.toml").get("project", {})
    wanted = project.get("requires-python") if isinstance(project, dict) else None
    return wanted if isinstance(wanted, str) and wanted else None


def pipfile_request():
    """Returns the version that Pipfile.lock requires, such as "3.12"; None without one."""
    try:
        requires = json.loads(read_text("Pipfile.lock") or "{}")["_meta"]["requires"]
        version = requires.get("python_full_version") or requires.get("python_version")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return version if isinstance(version, str) and re.fullmatch(r"\d+(\.\d+){0,2}", version) else None


def starts_with(version):
    return lambda own: (own + ".").startswith(version + ".")


def request():
    """Returns (file, what it asks for, a function that tells whether a version is right)."""
    for name in (".python-version", "runtime.txt"):
        version = exact_request(name) if os.path.isfile(name) else None
        if version:
            return name, version, starts_with(version)
    wanted = range_request()
    if wanted and SpecifierSet:
        try:
            specifiers = SpecifierSet(wanted)
        except InvalidSpecifier:
            return None
        return "requires-python of pyproject.toml", wanted, lambda own: specifiers.contains(own, prereleases=True)
    version = pipfile_request()
    return ("Pipfile.lock", version, starts_with(version)) if version else None


def others():
    """Yields the other interpreters of this machine, the newest first."""
    for minor in range(30, 7, -1):
        if shutil.which(f"python3.{minor}"):
            yield f"python3.{minor}"


def main():
    own = version_of("python3")
    asked = request()
    if own is None or asked is None or asked[2](own):
        return "python3"
    name, wanted, is_right = asked
    for command in others():
        version = version_of(command)
        if version and is_right(version):
            return command
    # Another patch release of the same minor version is the nearest to what was asked for.
    minor = re.match(r"\d+\.\d+", wanted)
    near = f"python{minor.group(0)}" if minor else ""
    command = near if shutil.which(near) and version_of(near) else "python3"
    used = version_of(command)
    advice = "Test the application with that version, and ask for it there."
    print(f"Warning: {name} asks for Python {wanted}, and the builder has {used}. {advice}", file=sys.stderr)
    return command


print(main())
