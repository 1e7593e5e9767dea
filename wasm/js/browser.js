// For browsers and Deno.
import { verifierOf } from "./verifier.js";

const response = await fetch(new URL("./tollgate.wasm", import.meta.url));
if (!response.ok) {
    throw new Error(`cannot load ${response.url}: HTTP ${response.status}`);
}
export const Verifier = verifierOf(await WebAssembly.compile(await response.arrayBuffer()));
export { inspect, TollgateError } from "./verifier.js";
