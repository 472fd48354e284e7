/**
 * Does rounds on one thing that is opened once. A round that fails loses itself alone: for the next the thing is opened
 * anew, since nobody knows in what state that one left it.
 * @param failed told of each round that was lost
 */
export async function inRounds<Opened extends AsyncDisposable>(
  rounds: number,
  open: () => Promise<Opened>,
  once: (opened: Opened) => Promise<void>,
  failed: (round: number, error: unknown) => void,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    try {
      await using opened = await open();
      for (; round < rounds; round++) await once(opened);
    } catch (error) {
      failed(round, error);
    }
  }
}
