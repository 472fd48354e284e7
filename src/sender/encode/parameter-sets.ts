import { NAL, nalType } from "./h264.ts";

const SETS = [NAL.sps, NAL.pps] as const;

/**
 * Sees to it that whoever begins at a keyframe can decode it. Some drivers give the parameter sets (ITU-T H.264 sections
 * 7.3.2.1 and 7.3.2.2) once, with their first picture.
 */
export class ParameterSets {
  readonly #last = new Map<number, Buffer[]>();

  /**
   * To be given every picture, in order.
   * @param nals without start codes
   * @returns the same, and before those of a keyframe the last sets of each kind that it has none of
   */
  complete(nals: Buffer[], keyframe: boolean): Buffer[] {
    const missing: Buffer[] = [];
    const own: Buffer[] = [];
    for (const type of SETS) {
      const sets = nals.filter((nal) => nalType(nal) === type);
      if (sets.length > 0) this.#last.set(type, sets);
      else missing.push(...(this.#last.get(type) ?? []));
      own.push(...sets);
    }
    if (!keyframe || missing.length === 0) return nals;
    const sets = [...missing, ...own].sort((a, b) => nalType(a) - nalType(b));
    return [...sets, ...nals.filter((nal) => !own.includes(nal))];
  }
}
