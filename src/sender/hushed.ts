/**
 * What `DEBUG` asks for, without werift: its log tells ICE passwords and TURN credentials, and secrets reach no log.
 * To be set before werift is loaded, which reads it once.
 */
export function hushed(debug: string | undefined): string | undefined {
  return debug && `${debug},-werift*`;
}
