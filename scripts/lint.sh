#!/usr/bin/env bash
# Check the style as ament_flake8 and ament_pep257 do: lint.sh PYTHON
# flake8-docstrings runs pydocstyle within flake8, so that each file is read once.
set -euo pipefail
cd "$(dirname "$0")/.."
files=(rtc_bridge launch test scripts setup.py)
[ -d benchmarks ] && files+=(benchmarks)
# A worker of pytest has its part of the processors; the others run tests meanwhile.
jobs=auto
[ -z "${PYTEST_XDIST_WORKER:-}" ] || jobs=1
exec "$1" -m flake8 --jobs "$jobs" "${files[@]}"
