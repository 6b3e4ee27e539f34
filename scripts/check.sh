#!/usr/bin/env bash
# Check what needs neither ROS nor a browser: the style, the types, and the pure tests:
# check.sh [pytest's arguments]. Installs nothing outside this folder.
set -euo pipefail
. "$(dirname "$0")/common.sh"

export RTC_BRIDGE_NO_APT=yes
scripts/venv.sh test
if ! found node nodejs; then
  say 'node is not installed: the types of the page are not checked'
elif [ ! -d .venv/node_modules/typescript ]; then
  if found npm; then
    scripts/npm.sh typescript@5
  else
    say 'npm is not installed: the types of the page are not checked'
  fi
fi
export NODE_PATH=$root/.venv/node_modules

status=0
(node_tests) || status=1
# Style and types are tests, too. The other modules are not even imported: they take ROS.
mapfile -t pure < <(.venv/bin/python test/support/purity.py)
.venv/bin/python -m pytest -q -n "$(workers 1)" test/unit/test_style.py test/unit/test_types.py \
  test/unit/test_page_code.py "${pure[@]}" "$@" || status=1
exit $status
