/** A join and the leaving after it, as data. */
export interface JoinScenario {
  name: string;
  /** How its offer comes: by POST beside the socket, on its socket, or by WHEP. */
  offer: "post" | "socket" | "whep";
  /** The viewer of a POST gets the connection that the sender had ready, and the sender leaves another. */
  standby?: boolean;
  /** Messages after the offer, the end mark among them; of WHEP, PATCH requests. */
  viewerCandidates: number;
  /** Messages after the answer, which holds the camera's own addresses already. */
  senderCandidates: number;
  /** How long the camera takes to answer; for WHEP it gathers half a second at most. A held request keeps awake. */
  answerAfterMs: number;
  /** `vanishes`: no good-bye, its socket breaks and the sender reports it gone. */
  leaves: "says bye" | "vanishes";
}

/**
 * What Chromium 156 and the sender said in a real join, with a STUN and a TURN server by UDP and TCP; the bench counts
 * such a join beside it each time, and says where it was another.
 */
const PAGE = {
  offer: "post",
  standby: true,
  viewerCandidates: 4,
  senderCandidates: 1,
  answerAfterMs: 50,
  leaves: "says bye",
} as const;
const WHEP = { offer: "whep", senderCandidates: 0, answerAfterMs: 500, leaves: "says bye" } as const;

export const JOINS: JoinScenario[] = [
  { ...PAGE, name: "page" },
  // Two address families, TURN by UDP, TCP and TLS from each, none of it in the offer yet.
  { ...PAGE, name: "page, IPv4 and IPv6", viewerCandidates: 14, senderCandidates: 4, leaves: "vanishes" },
  // Four interfaces and three servers; the edge takes 128 at most.
  { ...PAGE, name: "page, 30 candidates", viewerCandidates: 30, senderCandidates: 8 },
  { ...PAGE, name: "page, no standby there", standby: false },
  // Where the POST did not come through; all candidates follow.
  {
    ...PAGE,
    name: "page, offer on its socket",
    offer: "socket",
    standby: false,
    viewerCandidates: 6,
    senderCandidates: 2,
  },
  { ...WHEP, name: "WHEP, whole offer", viewerCandidates: 0 },
  { ...WHEP, name: "WHEP, one PATCH", viewerCandidates: 1 },
];

/** What a browser asks for beside the page; source maps are for its developer tools alone. */
export const PAGE_FILES = ["/page.js", "/icon.svg", "/stats-overlay.css", "/stats-overlay.js"];

/** A relayed viewer takes fresh credentials at 50 to 80 % of their hour, onto a fresh connection. */
export const RENEWALS_PER_HOUR = 1 / 0.65;

export const CANDIDATE_LINE =
  "candidate:842163049 1 udp 1677729535 203.0.113.77 61764 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw";

/** About as long as what the sender leaves for a viewer, with two candidates; the edge does not read it. */
export const STANDBY_TEXT = JSON.stringify({
  usernameFragment: "EsAw",
  password: "P2uYro0UCOQ4zxjKXaWCBui1",
  fingerprint: `sha-256 ${Array.from({ length: 32 }, () => "A5").join(":")}`,
  candidates: Array.from({ length: 2 }, () => CANDIDATE_LINE.replace("candidate:", "")),
  ssrcs: [1_234_567_890, 987_654_321],
});

/** About as long as the offer of one video line that browsers make; the edge reads nothing but the ICE lines. */
export const SDP = [
  "v=0",
  "o=- 5228595038118931041 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=mid:0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  ...Array.from({ length: 120 }, (_, i) => `a=rtpmap:${i} example-of-a-codec-line/90000 0123456789`),
  "",
].join("\r\n");
