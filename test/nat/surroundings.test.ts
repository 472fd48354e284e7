import { SURROUNDINGS } from "./cases.ts";
import { meets } from "./meets.ts";

meets(SURROUNDINGS);
