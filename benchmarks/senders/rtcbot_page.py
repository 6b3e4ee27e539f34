# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The page of RTCBot's tutorials, without a public STUN server."""

from rtcbot import getRTCBotJS

_PAGE = """<!doctype html>
<html><head><title>{title}</title><script src="/rtcbot.js"></script></head>
<body>{body}
<script>
  var conn = new rtcbot.RTCConnection(true, {{iceServers: []}});
  {script}
  async function connect() {{
    let offer = await conn.getLocalDescription();
    let response = await fetch('/connect', {{
      method: 'POST', cache: 'no-cache', body: JSON.stringify(offer)
    }});
    await conn.setRemoteDescription(await response.json());
  }}
  connect();
</script></body></html>
"""


def rtcbot_page(title: str, script: str, body: str = '') -> dict[str, tuple[str, str]]:
    """
    Return the page and RTCBot's script, as ``serve`` takes them.

    :param script: what to do with the connection ``conn``
    """
    return {'/': ('text/html', _PAGE.format(title=title, body=body, script=script)),
            '/rtcbot.js': ('application/javascript', getRTCBotJS())}
