import type { MiddlewareHandler } from "hono";
import { SightlineError } from "../../protocol/errors.ts";
import type { Env } from "../env.ts";
import { addressKey, clientAddress } from "./address.ts";
import { Lately } from "./lately.ts";
import { within } from "./rate.ts";

/** Who asked for too many sessions that there are not. */
const seeking = new Lately();

/**
 * To ask whether there is a session makes an object of its name, on one's own machine a file too, and no token is needed
 * to ask for names at random. So no address is told of more missing sessions in a minute than it may make joins. It stands
 * before the calls that nothing else counts: no page makes them, and one that waits for its session is kept out by none.
 */
export const notSeeking: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const who = addressKey(clientAddress(c.req.raw));
  if (seeking.has(who, Date.now())) {
    const message = "Too many sessions that do not exist were asked for from this address. Wait a minute.";
    throw new SightlineError("rate-limited", message);
  }
  await next();
  if (!(c.error instanceof SightlineError) || c.error.code !== "session-not-found") return;
  if (!(await within(c.env.JOIN_LIMIT, `missing ${who}`))) seeking.note(who, Date.now());
};
