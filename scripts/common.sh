# Shared by the scripts beside it: where things are, and which ROS 2 is used. Sourced, never run.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# PyPI's ROS wheels start Python a second time with these two set. Another environment's Python,
# started from there, would take the first one's libraries.
if [ -n "${_ROS_WHEELS_BOOTSTRAP_COMPLETE:-}" ]; then
  unset _ROS_WHEELS_BOOTSTRAP_COMPLETE LD_LIBRARY_PATH
fi

say() { printf '%s\n' "rtc_bridge: $*"; }
fail() { printf '%s\n' "rtc_bridge: $*" >&2; exit 1; }

# new_enough PYTHON: it runs, and is 3.11 or newer.
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# as_root COMMAND...: run it as root, or fail where that would need a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
  say "Installing with apt: $*"
  # The package lists of a fresh machine or container are empty or old. One at a time.
  (
    flock 9
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      "$@" >/dev/null
  ) 9<.
}

# Set $ros to 'sourced' (that ROS 2 is used) or 'wheels' (ROS 2 from PyPI), and $python to fit.
find_ros() {
  local name
  ros=wheels
  if [ -n "${ROS_DISTRO:-}${AMENT_PREFIX_PATH:-}" ]; then
    for name in /usr/bin/python3 python3; do
      if "$name" -c 'import rclpy' 2>/dev/null; then
        new_enough "$name" || fail "ROS 2 ${ROS_DISTRO:-} runs on $("$name" -V), at least 3.11" \
          'is needed: use Jazzy or newer, or a shell in which no ROS 2 is sourced'
        ros=sourced
        python=$(command -v "$name")
        return
      fi
    done
    say "ROS 2 ${ROS_DISTRO:-} is sourced, but no python3 can import its rclpy: using ROS 2 from PyPI"
  fi
  case "$(uname -s) $(uname -m)" in
    'Linux x86_64') ;;
    *) fail 'without ROS 2 sourced this runs on x86-64 Linux only, for which PyPI has ROS 2:' \
      'source ROS 2 first (source /opt/ros/jazzy/setup.bash)' ;;
  esac
  for name in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.14}; do
    if new_enough "$name"; then
      python=$(command -v "$name")
      return
    fi
  done
  fail "no Python 3.11 or newer found (tried ${PYTHON:-python3, python3.12, python3.11, python3.13,"\
"python3.14}): install one, or name it: make PYTHON=/path/to/python3"
}
