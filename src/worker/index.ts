import { app } from "./app.ts";

export default { fetch: app.fetch };
export { Session } from "./session/session.ts";
