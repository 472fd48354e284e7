import { NAL, nalType } from "./h264.ts";
import type { EncodedUnit } from "./unit.ts";

/**
 * Whether an encoder gave each picture out at once, complete: those that were asked for as keyframes as IDR pictures that
 * begin with their parameter sets, the others not. One that is a picture late has all of them, in other places.
 * @param units one for each picture, `undefined` where nothing came out
 */
export function givesAsAsked(units: readonly (EncodedUnit | undefined)[], keyframes: readonly boolean[]): boolean {
  return units.length === keyframes.length && units.every((unit, i) => unit && isAsAsked(unit, keyframes[i] ?? false));
}

function isAsAsked({ nals, keyframe }: EncodedUnit, asked: boolean): boolean {
  const types = new Set(nals.map(nalType));
  if (!asked) return !keyframe && types.has(NAL.slice) && !types.has(NAL.idr);
  return keyframe && [NAL.sps, NAL.pps, NAL.idr].every((type) => types.has(type));
}
