// The Worker as it is built, with the meter around it.
import * as edge from "./index.js";
import { meteredClass, meteredFetch } from "./meter.js";

export const Session = meteredClass("Session", edge.Session);
export const Directory = meteredClass("Directory", edge.Directory);
export default { fetch: meteredFetch(edge.default.fetch) };
