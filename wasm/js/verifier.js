// Verifier, and its errors. node.js and browser.js load the module.

// What is longer is refused as too long, without a copy: the memory of an instance never shrinks.
const MAX_INPUT = 65536;
const NOTHING = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Keys, settings or a text cannot be used. */
export class TollgateError extends Error {
    name = "TollgateError";

    constructor(message, reason) {
        super(message);
        this.reason = reason;
    }
}

/** Makes the class whose objects are instances of this module. */
export function verifierOf(module) {
    return class Verifier {
        #exports;

        constructor(jwks, settings) {
            this.#exports = new WebAssembly.Instance(module).exports;
            const keys = bytes(jwks, "the JWK set");
            const rules = encoder.encode(JSON.stringify(settings) ?? "");
            const input = this.#input(keys.length + rules.length);
            input.set(keys);
            input.set(rules, keys.length);
            const answer = this.#answer(this.#exports.tollgate_open(keys.length));
            if (answer.error !== undefined) {
                throw new TollgateError(answer.error, answer.reason);
            }
            this.keys = answer.keys;
            this.leftOut = Object.freeze(answer.left_out);
        }

        verify(token, now = Date.now() / 1000) {
            const length = this.#pass(bytes(token, "the token"));
            return this.#answer(this.#exports.tollgate_verify(length, seconds(now)));
        }

        verifyHeader(authorization, now = Date.now() / 1000) {
            const lines = [authorization ?? []].flat();
            const length = this.#pass(lines.length === 1 ? bytes(lines[0], "the header") : NOTHING);
            return this.#answer(this.#exports.tollgate_verify_header(length, lines.length, seconds(now)));
        }

        /** Passes what is not too long, and returns its length. */
        #pass(bytes) {
            const passed = bytes.length > MAX_INPUT ? NOTHING : bytes;
            this.#input(passed.length).set(passed);
            return bytes.length;
        }

        #input(length) {
            const start = this.#exports.tollgate_input(length);
            return new Uint8Array(this.#exports.memory.buffer, start, length);
        }

        #answer(length) {
            const start = this.#exports.tollgate_answer();
            return JSON.parse(decoder.decode(new Uint8Array(this.#exports.memory.buffer, start, length)));
        }
    };
}

export function inspect(token) {
    const parts = decoder.decode(bytes(token, "the token")).split(".");
    if (parts.length !== 3) {
        throw new TollgateError(`a JWT has three parts, and this text has ${parts.length}`, "not-a-jwt");
    }
    const [header, claims] = [part(parts[0], "header"), part(parts[1], "claims")];
    return { header, claims };
}

/** Decodes a part of a token, which is an object. */
function part(text, name) {
    let value;
    try {
        const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
        const utf8 = new TextDecoder("utf-8", { fatal: true });
        value = JSON.parse(utf8.decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0))));
    } catch {
        // Not base64url, not UTF-8, or not JSON.
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new TollgateError(`the ${name} of this text cannot be decoded: is it a JWT?`, "not-a-jwt");
    }
    return value;
}

function bytes(value, name) {
    if (typeof value === "string") {
        return encoder.encode(value);
    }
    if (value instanceof Uint8Array) {
        return value;
    }
    throw new TypeError(`${name} must be a string or a Uint8Array`);
}

function seconds(now) {
    if (typeof now === "number" && Number.isFinite(now)) {
        return now;
    }
    throw new TypeError("the time must be a number of seconds since 1970");
}
