import { app } from "./app.ts";

export default { fetch: app.fetch };
export { Directory } from "./directory/directory.ts";
export { Session } from "./session/session.ts";
