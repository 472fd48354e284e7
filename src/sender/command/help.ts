export const HELP = `Sightline shares a camera with a link.

  sightline send [options]        capture a camera and print its link
  sightline serve [options]       run the edge alone, for senders elsewhere
  sightline status|end            a running session: show it, end it
  sightline rotate [--role R]     replace its links (viewer, operator or both); holders of the old ones are dropped
  sightline kick VIEWER           remove one viewer

send
  --camera SRC       pattern (default), /dev/video0, a file, or an rtsp:// or http:// address
  --size 1280x720    greatest picture size      --fps 30         greatest frame rate
  --bitrate 2.5M     the most that a viewer is sent; less where its network carries less
  --encoder x264     or nvenc, qsv, amf, v4l2m2m, or auto: the first hardware that works here
  --max-viewers N    how many may watch at once (default 100)
  --session ID       keep this id, and its links, across restarts
  --expires 2h       end the session after 90s, 30m, 2h, 7d
  --whep             let WHEP players in, by a URL and token of their own
  --relay-only       send through TURN only, so that viewers never learn this machine's addresses
  --playout auto     how long browsers hold each frame back: auto follows each network, from none; or 0 to 500 ms
  --stats SECONDS    with --json, an event of how it goes, so often
  --metrics PORT     serve Prometheus metrics on 127.0.0.1, or on HOST:PORT
  --edge URL         use this edge instead of one on this machine (or SIGHTLINE_EDGE);
                     creating sessions there takes SIGHTLINE_PUBLISH_KEY

send and serve
  --host 127.0.0.1   address to listen on       --port 8787      0 takes any free one
  --lan              listen on every interface, print a link and a QR code for this network
  --trust-proxy      a reverse proxy is in front, and nobody else reaches this port: believe its X-Forwarded-For

status, rotate, kick, end
  --session ID       which session, when more than one is kept here      --edge URL   where it is

all
  --state DIR        where ids and keys are kept (default ~/.local/state/sightline)
  --version          say which version this is
  --json             one JSON object a line on stdout, for programs

Exit codes: 0 ended as asked, 1 failed while running, 2 wrong usage, 3 edge unreachable or refused,
4 camera or encoder unusable, 5 session taken over by another sender.
`;
