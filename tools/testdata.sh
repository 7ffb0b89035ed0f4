#!/bin/sh
# The oracle test reads the letters of CPython's own test suite. An interpreter built from source has them; Debian's
# ships them in a package of its own.
set -eu
python=$1
if ! "$python" -c 'import test.test_email' 2>/dev/null && [ ! -d /usr/lib/python3.11/test/test_email/data ]; then
    . "$(dirname "$0")/apt.sh"
    apt_install libpython3.11-testsuite
fi
