"""Prints the requirements of a Pipfile.lock, in pip's form."""
import json
import sys

try:
    with open(sys.argv[1], encoding="utf-8") as file:
        packages = json.load(file).get("default", {})
except (ValueError, AttributeError) as error:
    sys.exit(f"ERROR: {sys.argv[1]} can't be read: {error}\nERROR: Run \"pipenv lock\" and commit it again.")

for name, package in packages.items():
    if "git" in package or "path" in package or "file" in package:
        sys.exit(f"ERROR: {name} in {sys.argv[1]} comes from git or a file, which is not supported.\nERROR: Use a requirements.txt.")
    extras = f"[{','.join(package['extras'])}]" if package.get("extras") else ""
    markers = f"; {package['markers']}" if package.get("markers") else ""
    hashes = "".join(f" --hash={digest}" for digest in package.get("hashes", []))
    print(f"{name}{extras}{package.get('version', '')}{markers}{hashes}")
