#!/bin/sh
# Makes the virtual environment $1 with the first Python on this machine that is new enough and can make one.
set -eu
for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 /usr/bin/python3}; do
  if "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" -m venv "$1"
  fi
done
echo "Causerie needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)." >&2
exit 1
