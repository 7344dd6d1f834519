"""Makes `.venv` and installs the requirement files named as arguments, needing nothing but Python and pip.

The venv module may be missing its pip (Debian ships that apart), so the environment is made without one and
the system's pip installs into it. A stamp in the environment lets the next start skip the work. Any Python 3
can run it, because it is what says that yours is too old.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(ENVIRONMENT, "bin", "python")


def main(requirement_files):
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        sys.exit(f"Muster needs Python 3.11 or newer; this is {version}. Name another with PYTHON=...")
    with open(os.path.join(ROOT, "bin", "prepare.py")) as lock:
        # Two starts at once wait for each other instead of installing over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        outdated = [name for name in requirement_files if stamp(name) != digest(name)]
        if outdated:
            install(outdated)


def make_environment():
    if not succeeds([PYTHON, "-c", ""]):
        print("Making .venv", flush=True)
        venv.EnvBuilder(with_pip=False, symlinks=True, clear=True).create(ENVIRONMENT)


def install(names):
    if not succeeds([sys.executable, "-m", "pip", "--version"]):
        sys.exit("pip is missing: install it (Debian and Ubuntu: apt-get install python3-pip) and start again.")
    print(f"Installing {' and '.join(names)} (only the first time)", flush=True)
    command = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--root-user-action=ignore"]
    for name in names:
        command += ["-r", os.path.join(ROOT, name)]
    if subprocess.call(command):
        sys.exit("Installing failed: see above.")
    for name in names:
        with open(stamp_path(name), "w") as file:
            file.write(digest(name))


def succeeds(command):
    try:
        return not subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return False


def digest(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamp(name):
    try:
        with open(stamp_path(name)) as file:
            return file.read()
    except FileNotFoundError:
        return None


def stamp_path(name):
    return os.path.join(ENVIRONMENT, name + ".sha256")


main(sys.argv[1:])
