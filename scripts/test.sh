#!/usr/bin/env bash
# Say what the tests need, install it, and run them: test.sh [pytest's arguments]
set -euo pipefail
. "$(dirname "$0")/common.sh"

packages=()
# need PACKAGE NAME...: one of these programs, or else the package.
need() { found "${@:2}" || packages+=("$1"); }
need chromium chromium chromium-browser google-chrome google-chrome-stable
need firefox-esr firefox-esr firefox
need nodejs node nodejs
need npm npm
need iproute2 ip
need nftables nft
need coturn turnserver
need redis-server redis-server
need nginx-light nginx
need openssh-server sshd
need openssh-client ssh
# GStreamer with its Python belongs to the system's.
/usr/bin/python3 test/support/kscale_peers.py --check >/dev/null 2>&1 || packages+=(
  python3-gi python3-websockets gir1.2-gst-plugins-bad-1.0 gstreamer1.0-nice
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)
# Firefox's driver, two WHEP players to play what the robot sends, what checks the types, and who
# can use the page.
modules=(puppeteer-core@24 whip-whep@1.2.0 @eyevinn/webrtc-player@0.13.0 typescript@5 axe-core@4)

find_ros
environments=(test)
[ $ros != wheels ] || environments+=(kilted)

# What will happen, before any of it.
installs=yes
if [ ${#packages[@]} -gt 0 ]; then
  if may_install; then
    say "Will install with apt: ${packages[*]}"
    say 'Will neither start nor enable the services that these packages bring'
  else
    installs=
    say "Missing, so that their tests are skipped: ${packages[*]}"
    say 'Will not install them: that takes apt, and root or a sudo that asks for no password'
  fi
fi
for environment in "${environments[@]}"; do scripts/venv.sh "$environment" --plan; done
scripts/npm.sh --plan "${modules[@]}"
say 'Will start and end, on this host only: ROS 2 nodes, relays, Chromium, Firefox, redis-server,' \
  'nginx, coturn, GStreamer'
if [ "$(id -u)" = 0 ]; then
  say 'Will make and remove: network namespaces named rtc-bridge-*'
else
  say 'Will make no network namespaces, and skip their tests: that takes root'
fi

if [ ${#packages[@]} -gt 0 ] && [ -n "$installs" ]; then
  # Ubuntu has both browsers as snaps only, which do not work everywhere.
  if apt_install "${packages[@]}"; then
    packages=()
  else
    say "apt could not install all of: ${packages[*]}; the tests that need them are skipped"
  fi
fi
# Nothing is missing now, so a test that is skipped for want of something fails.
if [ ${#packages[@]} = 0 ] && [ "$(id -u)" = 0 ]; then export RTC_BRIDGE_ALL_INSTALLED=yes; fi
export RTC_BRIDGE_KILTED_PYTHON=
if [ $ros = wheels ]; then
  # Beside the other one: each waits for the network while the other unpacks.
  scripts/venv.sh kilted &
  kilted=$!
  RTC_BRIDGE_KILTED_PYTHON=$root/.venv-kilted/bin/python
fi
scripts/venv.sh test
! found npm || scripts/npm.sh "${modules[@]}"
export NODE_PATH=$root/.venv/node_modules
# Compile what is imported once, not in each of some hundred processes.
unset PYTHONDONTWRITEBYTECODE
[ $ros != wheels ] || wait $kilted

status=0
(node_tests) || status=1
# A module stays in one worker, with the robot that it starts. Most tests wait most of their time.
.venv/bin/python -m pytest -n "$(workers 2)" --dist loadfile --no-loadscope-reorder "$@" ||
  status=1
exit $status
