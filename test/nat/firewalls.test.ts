import { FIREWALLS } from "./cases.ts";
import { meets } from "./meets.ts";

meets(FIREWALLS);
