#!/usr/bin/env bash
# Check the style as ament_flake8 and ament_pep257 do: lint.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
files=(rtc_bridge launch test setup.py)
[ -d benchmarks ] && files+=(benchmarks)
"$1" -m flake8 "${files[@]}" || status=1
"$1" -m pydocstyle "${files[@]}" || status=1
exit $status
