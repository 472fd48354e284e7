import { FFmpegError } from "node-av";

/** Why an input could not be opened, in words; FFmpeg's own messages name what it tried, not what to do. */
export function openFailure(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known: [RegExp, string][] = [
    [/No such file|ENOENT/i, "it does not exist"],
    [/Permission denied|EACCES/i, "this user may not read it (for a camera, join the group video)"],
    [
      /Operation not permitted|EPERM/i,
      "the system, or the container that this runs in, does not allow it (for a camera: docker run --device /dev/video0)",
    ],
    [
      /busy|EBUSY/i,
      "another program is using it (a program of your own can hand its pictures on over HTTP: examples/05-pictures-of-a-program.py)",
    ],
    [/No such device|ENODEV|Inappropriate ioctl/i, "it is not a camera that can capture"],
    [/Invalid data/i, "it is not a video that FFmpeg can read"],
    [/Connection refused|ECONNREFUSED/i, "nothing listens at that address"],
    [/timed? ?out|ETIMEDOUT/i, "it did not answer in time"],
    [
      /401|Unauthorized/i,
      "it asks for a user name and password: put them into the address, rtsp://user:password@host/path",
    ],
    [/Protocol not found/i, "FFmpeg knows no such kind of address"],
    [/404|Not Found/i, "the address exists, but has no such stream"],
    [/No route to host|Network is unreachable|resolve|Name or service/i, "its host cannot be reached from here"],
    [/Input\/output error|EIO/i, "it cannot be reached or read (check the address and the network)"],
    [/Is a directory|EISDIR/i, "it is a folder, not a video"],
  ];
  const reason = known.find(([pattern]) => pattern.test(text))?.[1];
  return (
    reason ?? (cause instanceof FFmpegError || cause instanceof Error ? stripCredentials(text) : "it cannot be opened")
  );
}

/** An address as it may be shown: without user name, password and query. */
export function stripCredentials(text: string): string {
  // Up to the last @: in passwords people forget to write @ and / as %40 and %2F.
  return text.replace(/(\w:\/\/[^\s?]*)\?\S*/g, "$1").replace(/(\w:\/\/)\S*@/g, "$1");
}

/** The same of a text that is one address, whatever stands in it: blanks too, and a password in its path, as recorders have it. */
export function shownAddress(url: string): string {
  const [, scheme = "", rest = ""] = /^(\w[\w+.-]*:\/\/)(.*)$/s.exec(url) ?? [];
  const [path, query] = [rest.indexOf("/"), rest.indexOf("?")];
  // A question mark before any slash is a password's, where an @ follows.
  const hasQuery = path >= 0 && path < query;
  const [shown = ""] = (hasQuery ? rest.slice(0, query) : rest).replace(/.*@/s, "").split("?", 1);
  return scheme + shown.replace(/(user(?:name)?|pass(?:word|wd)?|pwd)=[^&_/;]*/gi, "$1=…");
}
