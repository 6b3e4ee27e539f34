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
# Garbage collection takes a sixth of the time; without it flake8 needs 300 MB more.
main='import gc, runpy; gc.disable(); runpy.run_module("flake8", run_name="__main__", alter_sys=True)'
exec "$1" -c "$main" --jobs "$jobs" "${files[@]}"
