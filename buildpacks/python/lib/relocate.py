"""Makes the links of editable packages relative, so that an environment works wherever its image is unpacked.

An editable package is a file in site-packages that names a folder of the repository, or of the environment itself:
a line of a .pth or .egg-link file, or a text in a module that finds the package's files.
"""
import os
import re
import shutil
import sys
from glob import glob

VENV, APP = (os.path.realpath(path) for path in sys.argv[1:3])
# Finds a folder from the place of the module in which the expression stands.
EXPRESSION = '__import__("os").path.normpath(__import__("os").path.join(__file__, "..", {0!r}))'


def is_moved(path):
    return any(path == root or path.startswith(root + os.sep) for root in (APP, VENV))


def change(file, changed):
    with open(file, encoding="utf-8") as old:
        text = old.read()
    new = changed(text)
    if new != text:
        with open(file, "w", encoding="utf-8") as written:
            written.write(new)


def relocate_lines(file):
    site = os.path.dirname(file)

    def line(text):
        return os.path.relpath(text, site) if is_moved(text) else text

    change(file, lambda text: "".join(line(part.rstrip("\n")) + "\n" for part in text.splitlines()))


def relocate_module(file):
    site = os.path.dirname(file)

    def literal(found):
        path = found.group(2)
        return EXPRESSION.format(os.path.relpath(path, site)) if is_moved(path) else found.group(0)

    change(file, lambda text: re.sub(r"""(['"])(/[^'"\\\n]*)\1""", literal, text))


for site in glob(os.path.join(VENV, "lib", "python*", "site-packages")):
    for file in glob(os.path.join(site, "*.pth")) + glob(os.path.join(site, "*.egg-link")):
        relocate_lines(file)
    for file in glob(os.path.join(site, "*editable_*.py")):
        relocate_module(file)
# The history of a package from git differs from clone to clone, and no program needs it.
for history in glob(os.path.join(VENV, "src", "*", ".git")):
    shutil.rmtree(history)
