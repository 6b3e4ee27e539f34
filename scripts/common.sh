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

# found NAME...: one of these programs is there. /usr/sbin is not on everybody's PATH.
found() {
  local name
  for name; do
    command -v "$name" >/dev/null && return
    [ ! -x "/usr/sbin/$name" ] || return 0
  done
  return 1
}

# Set RTC_BRIDGE_NO_APT to install nothing outside this folder.
may_install() {
  [ -z "${RTC_BRIDGE_NO_APT:-}" ] && command -v apt-get >/dev/null &&
    { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# Packages that bring a service, as service:package. The tests start their own servers.
services=(coturn:coturn redis-server:redis-server nginx:nginx-light)
policy=/usr/sbin/policy-rc.d

has_unit() { [ -e "/lib/systemd/system/$1.service" ] || [ -e "/etc/systemd/system/$1.service" ]; }

# A service that is installed here is neither started nor enabled; one that was there is left alone.
apt_install() (
  # One at a time.
  flock 9
  pid=$BASHPID new_units=()
  for service in "${services[@]}"; do
    case " $* " in
      *" ${service#*:} "*) has_unit "${service%:*}" || new_units+=("${service%:*}") ;;
    esac
  done
  if [ ${#new_units[@]} -gt 0 ] && [ ! -e $policy ]; then
    # Debian starts a service once it is unpacked, unless this program says no. Left behind by a
    # kill, it says no to nothing.
    trap 'as_root rm -f $policy' EXIT
    trap 'exit 130' INT TERM HUP
    as_root tee $policy >/dev/null <<END
#!/bin/sh
# Made by rtc_bridge's scripts for the time of one installation.
[ -d /proc/$pid ] || exit 0
case "\$1" in $(printf '%s|' "${new_units[@]}" "${new_units[@]/%/.service}")-) exit 101 ;; esac
END
    as_root chmod 755 $policy
  fi
  # The package lists of a fresh machine or container are empty or old.
  as_root apt-get update -qq
  status=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "$@" >/dev/null || status=$?
  for service in "${new_units[@]}"; do
    if has_unit "$service" && [ -d /run/systemd/system ]; then
      as_root systemctl disable --now -q "$service"
    fi
  done
  exit $status
) 9<.

# Run the unit tests of the page's modules; say one line, and all they say only if one fails.
node_tests() {
  local node output
  if ! node=$(command -v node || command -v nodejs); then
    say "node is not installed: the tests of the page's modules (test/unit/web) are skipped"
    return
  fi
  # A test that fails may leave a timer, for which node would wait for ever.
  if output=$(timeout 600 "$node" --test --test-reporter=tap test/unit/web/*/*.test.js \
      test/unit/web/*/*/*.test.js 2>&1); then
    say "test/unit/web: $(sed -n 's/^# pass //p' <<<"$output") tests passed"
  else
    printf '%s\n' "$output"
    fail "test/unit/web: $(sed -n 's/^# fail //p' <<<"$output") tests failed"
  fi
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

# workers SPARE: say how many workers pytest gets, so many more than there are processors, of which
# four count: each worker may have browsers of its own.
workers() {
  local processors
  processors=$(nproc)
  echo $(((processors < 4 ? processors : 4) + $1))
}
