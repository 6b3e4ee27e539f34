#!/usr/bin/env bash
# Install modules of npm into .venv: npm.sh [--plan] NAME@VERSION...
# Does nothing when they are there. With --plan it only says what it would install.
set -euo pipefail
. "$(dirname "$0")/common.sh"

plan=
if [ "${1:-}" = --plan ]; then
  plan=yes
  shift
fi

# mark MODULE: the file that says which version was asked for.
mark() { printf '%s' ".venv/node_modules/${1%@*}/.installed"; }

missing=
for module; do
  [ "$(cat "$(mark "$module")" 2>/dev/null)" = "$module" ] || missing=yes
done
[ -n "$missing" ] || exit 0
if [ -n "$plan" ]; then
  say "Will install with npm into .venv: $*"
  exit 0
fi
say "Installing $* into .venv"
# npm takes away what it is not told of, hence always all of them.
npm install --prefix .venv --silent --no-audit --no-fund --no-save "$@"
for module; do printf '%s' "$module" >"$(mark "$module")"; done
