import { ROUTERS } from "./cases.ts";
import { meets } from "./meets.ts";

meets(ROUTERS);
