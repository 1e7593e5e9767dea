// For Node.js, Bun and bundlers for servers.
import { readFileSync } from "node:fs";
import { verifierOf } from "./verifier.js";

const file = new URL("./tollgate.wasm", import.meta.url);
export const Verifier = verifierOf(new WebAssembly.Module(readFileSync(file)));
export { inspect, TollgateError } from "./verifier.js";
