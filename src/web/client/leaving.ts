/** A page softens the end with no longer a transition than this. */
const FADES_WITHIN_MS = 1_000;

/**
 * Takes the picture out of the element and the stream, for an element goes on showing the last one of a track that has
 * ended. Where the page fades the element out, that is let go on first: whoever hears of the end in this turn may begin it.
 * @param isNeeded whether the stream shows a picture again by then
 */
export async function leave(
  video: HTMLVideoElement | undefined,
  stream: MediaStream,
  isNeeded: () => boolean,
): Promise<void> {
  await Promise.resolve();
  const fades = video?.getAnimations() ?? [];
  if (fades.length > 0) await Promise.race([Promise.allSettled(fades.map(({ finished }) => finished)), tooLong()]);
  if (isNeeded()) return;
  for (const track of stream.getTracks()) stream.removeTrack(track);
  // Another viewer may have the element by now.
  if (video?.srcObject === stream) video.srcObject = null;
}

function tooLong(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, FADES_WITHIN_MS));
}
