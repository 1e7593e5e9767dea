// Verifies the tokens that a real provider issued, and changed ones.
//
// usage: node verify.mjs EXAMPLES
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { inspect, TollgateError, Verifier } from "tollgate-jwt";

const [folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}`, "utf8").trim();
const issuer = "https://auth.example.com/oidc";
const refused = (verdict, reason) => assert.deepEqual([verdict.accepted, verdict.reason], [false, reason]);

// One letter of the payload or of the signature becomes another one.
const changed = (token, part) => {
    const parts = token.split(".");
    const middle = parts[part].length >> 1;
    const letter = parts[part][middle] === "A" ? "B" : "A";
    parts[part] = parts[part].slice(0, middle) + letter + parts[part].slice(middle + 1);
    return parts.join(".");
};

const now = 1795287000;
const orders = new Verifier(read("jwks.json"), { issuer, audience: "https://api.example.com", scope: "read:orders" });
const token = read("access_token.txt");
const verdict = orders.verify(token, now);
assert.equal(verdict.accepted, true);
assert.deepEqual([verdict.claims.sub, verdict.header.alg], ["user_7f3k", "ES384"]);
assert.equal(orders.verifyHeader(`Bearer ${token}`, now).claims.sub, "user_7f3k");
refused(orders.verify(read("tampered_token.txt"), now), "signature-invalid");
refused(orders.verify(token, now + 86400), "expired");
// The examples have expired, so the default time is the current one.
refused(orders.verify(token), "expired");
refused(orders.verify(read("id_token.txt"), now), "typ-missing");
refused(orders.verifyHeader(undefined, now), "authorization-missing");
refused(orders.verifyHeader([`Bearer ${token}`, `Bearer ${token}`], now), "authorization-repeated");
assert.deepEqual(orders.verify("a.b", now).status, 401);
assert.match(orders.verify("a.b", now).challenge, /^Bearer error="/);

const algorithms = ["es256", "es384", "es512", "rs256", "ps256", "eddsa"];
for (const algorithm of algorithms) {
    const token = read(`every-algorithm/${algorithm}.txt`);
    const audience = inspect(token).claims.aud;
    const verifier = new Verifier(read("every-algorithm/jwks.json"), { issuer, audience });
    assert.equal(verifier.verify(token, 1795915000).claims.sub, "user_7f3k", algorithm);
    for (const part of [1, 2]) {
        refused(verifier.verify(changed(token, part), 1795915000), "signature-invalid");
    }
}

// What is too long is refused, and its memory is not kept.
for (const length of [16385, 65537, 1 << 24]) {
    refused(orders.verify("A".repeat(length), now), "token-too-long");
}
assert.equal(orders.verify(token, now).accepted, true);

// Mistakes are errors, with their reasons.
const fails = (jwks, settings, reason, message) =>
    assert.throws(() => new Verifier(jwks, settings), (error) => {
        assert(error instanceof TollgateError);
        assert.equal(error.reason, reason);
        assert.match(error.message, message);
        return true;
    });
const audience = "https://api.example.com";
fails("{}", { issuer, audience }, "key-set-without-keys", /unusable keys/);
fails(read("jwks.json"), { issuer, audience, scopes: "a" }, "settings", /no setting "scopes": choose from .*scope/);
fails(read("jwks.json"), { issuer, audience, jwks_uri: "https://a.example" }, "settings", /no setting "jwks_uri"/);
fails(read("jwks.json"), { issuer }, "settings", /name the audience/);
fails(read("jwks.json"), { audience }, "settings", /name the issuer/);
fails(read("jwks.json"), { issuer, audience, leeway: 3601 }, "settings", /at most 3600 seconds/);
fails(read("jwks.json"), { issuer, audience, algorithms: ["HS256"] }, "settings", /choose from ES256/);
fails(read("jwks.json"), { issuer, audience, scope: "a b" }, "policy-scope", /scope/);
assert.throws(() => orders.verify(token, "now"), TypeError);
assert.throws(() => orders.verify(token, NaN), TypeError);
assert.throws(() => orders.verify(null, now), TypeError);

// Another key type is left out, and the reason is told.
const { keys } = JSON.parse(read("jwks.json"));
const mixed = new Verifier(JSON.stringify({ keys: [{ kty: "oct", k: "AA" }, ...keys] }), { issuer, audience });
assert.equal(mixed.keys, keys.length);
assert.equal(mixed.leftOut[0].index, 0);

assert.equal(inspect(token).claims.sub, "user_7f3k");
assert.throws(() => inspect("opaque"), TollgateError);
console.log(`the good tokens of ${algorithms.join(", ")} pass, and the changed ones do not`);
