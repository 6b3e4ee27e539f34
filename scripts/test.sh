#!/usr/bin/env bash
# Install what the tests need, and run them: test.sh [pytest's arguments]
set -euo pipefail
. "$(dirname "$0")/common.sh"

# found NAME...: one of these programs is there.
found() {
  local name
  for name; do command -v "$name" >/dev/null && return; done
  return 1
}

packages=()
found chromium chromium-browser google-chrome google-chrome-stable || packages+=(chromium)
found firefox-esr firefox || packages+=(firefox-esr)
found node nodejs || packages+=(nodejs)
found npm || packages+=(npm)
found ip || packages+=(iproute2)
found nft || [ -x /usr/sbin/nft ] || packages+=(nftables)
found turnserver || packages+=(coturn)
found redis-server || packages+=(redis-server)
found nginx || [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
# GStreamer with its Python belongs to the system's.
/usr/bin/python3 test/kscale_peers.py --check >/dev/null 2>&1 || packages+=(
  python3-gi python3-websockets gir1.2-gst-plugins-bad-1.0 gstreamer1.0-nice
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)
if [ ${#packages[@]} -gt 0 ]; then
  if ! may_install; then
    say "These are missing, and their tests are skipped: ${packages[*]}" \
      '(not root, and sudo would ask: install them, then run this again)'
  elif ! apt_install "${packages[@]}"; then
    # Ubuntu has both browsers as snaps only, which do not work everywhere.
    say "apt could not install all of: ${packages[*]}; the tests that need them are skipped"
  fi
  for name in coturn redis-server nginx; do
    case " ${packages[*]} " in *" $name"[\ -]*)
      # The tests start their own; Debian starts one at once, open to all who reach this host.
      command -v systemctl >/dev/null && as_root systemctl disable --now -q "$name" || true
    esac
  done
fi

export RTC_BRIDGE_KILTED_PYTHON=
find_ros
if [ $ros = wheels ]; then
  # Beside the other one: each waits for the network while the other unpacks.
  scripts/venv.sh kilted &
  kilted=$!
  RTC_BRIDGE_KILTED_PYTHON=$root/.venv-kilted/bin/python
fi
scripts/venv.sh test
# Firefox's driver, two WHEP players to play what the robot sends, what checks the types, and who can use the page.
modules=(puppeteer-core@24 whip-whep@1.2.0 @eyevinn/webrtc-player@0.13.0 typescript@5
         axe-core@4)
if found npm; then
  for module in "${modules[@]}"; do
    if [ ! -d ".venv/node_modules/${module%@*}" ]; then
      say "Installing ${modules[*]} into .venv"
      npm install --prefix .venv --silent --no-audit --no-fund --no-save "${modules[@]}"
      break
    fi
  done
fi
export NODE_PATH=$root/.venv/node_modules
[ $ros != wheels ] || wait $kilted

pytest=(.venv/bin/python -m pytest)
status=0
live=
if [ $# = 0 ]; then
  # Those with browsers mostly wait: the others use that time. What bash starts in the
  # background ignores Ctrl-C, and so would all that the tests start.
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  env --default-signal=INT "${pytest[@]}" -m live >"$log" 2>&1 &
  live=$!
  set -- -m 'not live'
fi
if compgen -G 'test/js/*.mjs' >/dev/null || compgen -G 'test/js/*.js' >/dev/null; then
  if found node; then
    nice -n 5 node --test test/js/ || status=1
  fi
fi
"${pytest[@]}" "$@" || status=1
if [ -n "$live" ]; then
  # Last, so that its closing line is the last one.
  tail -f -n +1 --pid=$live "$log"
  wait $live || status=1
fi
exit $status
