"""Tells what pip installs for a repository.

"requirements.py file" has exit code 0 where requirements.txt asks for something.
"requirements.py project" prints the dependencies of pyproject.toml, in pip's form. Its exit code is 1 where they are not
in the table project, so that only the backend of the package knows them.
"requirements.py name" prints the name of the project, in the form of variables: upper case and underscores.
"""
import re
import sys

from files import read_text, read_toml


def project():
    value = read_toml("pyproject.toml").get("project", {})
    return value if isinstance(value, dict) else {}


if sys.argv[1] == "file":
    lines = [line.strip() for line in read_text("requirements.txt").splitlines()]
    sys.exit(0 if any(line and not line.startswith("#") for line in lines) else 1)
elif sys.argv[1] == "project":
    if not project() or "dependencies" in project().get("dynamic", []):
        sys.exit(1)
    for line in project().get("dependencies", []):
        print(line)
else:
    name = project().get("name") or "".join(re.findall(r"(?m)^name\s*=\s*(\S+)$", read_text("setup.cfg"))[:1])
    print(re.sub(r"[^A-Z0-9]+", "_", str(name).upper()))
