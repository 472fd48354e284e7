import { SERVERS_AWAY } from "./cases.ts";
import { meets } from "./meets.ts";

meets(SERVERS_AWAY);
