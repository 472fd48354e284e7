/** A further encoder has to give its viewers so much more, in doublings of the bitrate, added up over them. */
const RUNG_COST = 0.3;
/** All pairs of them are looked at: of a large audience neighbours count as one. */
const GROUPS_MAX = 32;

interface Group {
  capacityBps: number;
  viewers: number;
}

/**
 * The bitrates that serve these viewers best, best first: as few as are worth their encoders, the lowest so low that
 * everybody is carried, every other one what one of the viewers can just take.
 * @param capacitiesBps what each viewer's network carries of pictures; not empty
 */
export function planRungs(capacitiesBps: readonly number[]): number[] {
  const groups = groupsOf(capacitiesBps);
  const lowest = groups.at(-1)?.capacityBps ?? 0;
  let best = [lowest];
  let bestGain = 0;
  for (const [i, top] of groups.entries()) {
    if (top.capacityBps === lowest) break;
    for (const middle of [undefined, ...groups.slice(i + 1, -1)]) {
      const plan = [top.capacityBps, ...(middle ? [middle.capacityBps] : []), lowest];
      const gain = gainOf(plan, groups) - RUNG_COST * (plan.length - 1);
      if (gain <= bestGain) continue;
      best = plan;
      bestGain = gain;
    }
  }
  return best;
}

/** What a plan is worth to these viewers over the lowest rung alone, as {@link planRungs} reckons. */
export function worthOf(rungsBps: readonly number[], capacitiesBps: readonly number[]): number {
  const groups = groupsOf(capacitiesBps);
  const lowest = groups.at(-1)?.capacityBps ?? 1;
  // A rung that nobody can take any more costs its encoder all the same, and one that is too high gives nobody anything.
  return gainOf([...rungsBps, lowest], groups) - RUNG_COST * (rungsBps.length - 1);
}

/** In doublings over the lowest rung, added up over the viewers. */
function gainOf(rungsBps: readonly number[], groups: readonly Group[]): number {
  const lowest = rungsBps.at(-1) ?? 1;
  return groups.reduce((sum, { capacityBps, viewers }) => {
    const rungBps = rungsBps.find((each) => each <= capacityBps) ?? lowest;
    return sum + viewers * Math.log2(rungBps / lowest);
  }, 0);
}

function groupsOf(capacitiesBps: readonly number[]): Group[] {
  const counts = new Map<number, number>();
  for (const each of capacitiesBps) counts.set(each, (counts.get(each) ?? 0) + 1);
  const groups = [...counts].map(([capacityBps, viewers]) => ({ capacityBps, viewers })).sort(descending);
  const together = Math.ceil(groups.length / GROUPS_MAX);
  if (together <= 1) return groups;
  const count = Math.ceil(groups.length / together);
  return Array.from({ length: count }, (_, i) => merged(groups.slice(i * together, (i + 1) * together)));
}

/** What the narrowest of them carries, all do. */
function merged(groups: readonly Group[]): Group {
  return {
    capacityBps: groups.at(-1)?.capacityBps ?? 0,
    viewers: groups.reduce((sum, { viewers }) => sum + viewers, 0),
  };
}

function descending(a: Group, b: Group): number {
  return b.capacityBps - a.capacityBps;
}
