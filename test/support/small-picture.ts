/** `sightline send`'s arguments for a test whose matter is another: it leaves the processors to the others. */
export const SMALL_PICTURE = ["--size", "320x180", "--fps", "15", "--bitrate", "300k"];
