import { SightlineError } from "../../protocol/errors.ts";
import { CANDIDATE_MAX_CHARS, CANDIDATES_MAX, MID_MAX_CHARS } from "../../protocol/limits.ts";
import { tagOfSection } from "./ice-tag.ts";
import { attribute, sectionsOf } from "./lines.ts";

/** A candidate as it goes to the sender; `null` says that there are no more (RFC 8838). */
export interface TrickledCandidate {
  candidate: string | null;
  sdpMid?: string;
  sdpMLineIndex?: number;
}

export interface IceFragment {
  /** The ICE sessions that it speaks of ({@link iceTag}); empty when it names none and so means the present one. */
  tags: string[];
  candidates: TrickledCandidate[];
}

/**
 * Reads `application/trickle-ice-sdpfrag` (RFC 8840 section 9). Candidates without a media section before them,
 * which some players send, belong to the first.
 * @throws SightlineError `bad-request` when malformed, `rate-limited` beyond {@link CANDIDATES_MAX} candidates
 */
export function parseFragment(text: string): IceFragment {
  const [session, ...media] = sectionsOf(text) ?? [];
  if (!session) throw malformed("it has a line that is no SDP line, none at all, or too many media sections");
  const tags = new Set<string>();
  for (const section of media.length > 0 ? media : [[]]) {
    const tag = tagOfSection(section, session);
    if (tag !== undefined) tags.add(tag);
    else if (hasHalfCredentials([...section, ...session])) throw malformed("ice-ufrag and ice-pwd go together");
  }
  const candidates = [
    ...candidatesOf(session, { sdpMLineIndex: 0 }),
    ...media.flatMap((section, index) => candidatesOf(section, placeOf(section, index))),
  ];
  if (candidates.length > CANDIDATES_MAX) {
    throw new SightlineError("rate-limited", "Too many ICE candidates for one connection.");
  }
  if ([session, ...media].some((section) => section.includes("a=end-of-candidates"))) {
    candidates.push({ candidate: null });
  }
  if (candidates.length === 0 && tags.size === 0) throw malformed("it has no candidate and no credentials");
  return { tags: [...tags], candidates };
}

/** The index counts the fragment's sections, not the offer's, so it is only a stand-in for a missing mid. */
function placeOf(section: readonly string[], index: number): Omit<TrickledCandidate, "candidate"> {
  const sdpMid = attribute(section, "mid");
  if (sdpMid === undefined) return { sdpMLineIndex: index };
  if (sdpMid.length > MID_MAX_CHARS) throw malformed("its a=mid is too long");
  return { sdpMid };
}

function candidatesOf(section: readonly string[], place: Omit<TrickledCandidate, "candidate">): TrickledCandidate[] {
  return section
    .filter((line) => line.startsWith("a=candidate:"))
    .map((line) => {
      const candidate = line.slice("a=".length);
      if (candidate.length > CANDIDATE_MAX_CHARS) throw malformed("it has a candidate that is too long");
      return { candidate, ...place };
    });
}

function hasHalfCredentials(lines: readonly string[]): boolean {
  return attribute(lines, "ice-ufrag") !== undefined || attribute(lines, "ice-pwd") !== undefined;
}

function malformed(why: string): SightlineError {
  return new SightlineError("bad-request", `The body is not an ICE fragment: ${why}.`);
}
