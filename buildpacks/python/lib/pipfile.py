"""Writes the requirements of a Pipfile.lock in pip's form: pipfile.py FILE FOLDER.

FOLDER/locked.txt has the packages of an index, with their hashes. FOLDER/others.txt has packages of git, of other addresses
and of the repository: pip accepts no package without a hash beside packages with one.
"""
import json
import os
import sys
from urllib.parse import quote


def with_extras(name, package):
    extras = package.get("extras")
    return f"{name}[{','.join(extras)}]" if extras else name


def locked(name, package):
    hashes = "".join(f" --hash={digest}" for digest in package.get("hashes", []))
    return f"{with_extras(name, package)}{package.get('version', '')}{markers(package)}{hashes}"


def markers(package):
    return f" ; {package['markers']}" if package.get("markers") else ""


def other(name, package):
    if "path" in package:
        path = os.path.join(os.getcwd(), package["path"])
        if package.get("editable"):
            return f"-e {with_extras(path, package)}"
        return f"{with_extras(name, package)} @ file://{quote(path)}{markers(package)}"
    address = package.get("file")
    if "git" in package:
        url = package["git"] if package["git"].startswith("git+") else f"git+{package['git']}"
        address = f"{url}@{package['ref']}" if package.get("ref") else url
        if package.get("subdirectory"):
            address += f"#subdirectory={quote(package['subdirectory'])}"
    return f"{with_extras(name, package)} @ {address}{markers(package)}"


def main(file_name, folder):
    try:
        with open(file_name, encoding="utf-8-sig") as file:
            packages = json.load(file).get("default", {}).items()
        others = {name for name, package in packages if {"git", "path", "file"} & set(package)}
        lines = {
            "locked.txt": [locked(name, package) for name, package in packages if name not in others],
            "others.txt": [other(name, package) for name, package in packages if name in others],
        }
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        sys.exit(f'ERROR: {file_name} can\'t be read: {error}\nERROR: Run "pipenv lock" and commit it again.')
    for name, requirements in lines.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.writelines(f"{requirement}\n" for requirement in requirements)


main(*sys.argv[1:])
