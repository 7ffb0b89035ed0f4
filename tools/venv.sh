#!/bin/sh
# Make the virtual environment $2 with the interpreter $1. Debian ships `venv` apart from Python: fetch it where we may.
set -eu
python=$1 venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "sievepy needs Python 3.11 or newer; $python is $("$python" --version). Try: make PYTHON=python3.11 …" >&2
    exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    . "$(dirname "$0")/apt.sh"
    apt_install "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
fi
exec "$python" -m venv "$venv"
