// Judges the corpus, and compares each verdict and its reason with what the corpus says.
//
// usage: node corpus.mjs RULES.jsonl
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { TollgateError, Verifier } from "tollgate-jwt";

const ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const list = (value) => [value ?? []].flat();

/** The settings that say the same as the options of a case, or nothing, if none do. */
function settings(options) {
    // An empty list counts as absent in settings, and allows nothing in the corpus.
    const algorithms = options.algorithms?.filter((name) => ALGORITHMS.includes(name));
    if ([algorithms, options.audience, options.issuer, options.typ].some((list) => list?.length === 0)) {
        return undefined;
    }
    const required = options.required_claims ?? [];
    const entries = Array.isArray(required)
        ? required
        : Object.entries(required).map(([claim, test]) =>
            typeof test === "object" && !Array.isArray(test) && !JSON.isRawJSON(test)
                ? { claim, ...test }
                : { claim, equals: test });
    return {
        ...(options.issuer == null ? { any_issuer: true } : { issuer: options.issuer }),
        ...(options.audience == null ? { any_audience: true } : { audience: options.audience }),
        // A second kind, which no case has, leaves the profile of RFC 9068 with its required claims.
        ...(options.typ == null ? { any_typ: true } : { typ: [...list(options.typ), "x/none"] }),
        algorithms,
        leeway: options.leeway ?? 0,
        allow_missing_exp: !list(options.require).includes("exp"),
        required_claims: [
            ...list(options.require).map((claim) => ({ claim, present: true, validity: true })),
            ...entries,
        ],
        scope: options.required_scopes,
        scope_claim: options.scope_claim,
    };
}

function judge(test, rules) {
    const jwks = test.jwks_text ?? (test.jwks_hex ? bytes(test.jwks_hex) : JSON.stringify(test.jwks));
    const { now } = test.options;
    let verifier;
    try {
        verifier = new Verifier(jwks, rules);
    } catch (error) {
        if (!(error instanceof TollgateError)) {
            throw error;
        }
        return { accepted: false, reason: error.reason, isEarly: true };
    }
    if (test.token !== undefined || test.token_hex !== undefined) {
        return verifier.verify(test.token ?? bytes(test.token_hex), now);
    }
    const hex = test.authorization_header_hex;
    return verifier.verifyHeader(hex ? bytes(hex) : (test.authorization_headers ?? test.authorization_header), now);
}

const [file] = process.argv.slice(2);
// Numbers that JavaScript would round stay as they are written.
const exact = (_, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) ? JSON.rawJSON(source) : value;
const cases = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line, exact));
const unsaid = [], counts = { accepted: 0, rejected: 0 };
for (const test of cases) {
    const rules = settings(test.options);
    if (rules === undefined) {
        unsaid.push(test.id);
        continue;
    }
    const verdict = judge(test, rules);
    // In the corpus, what is wrong with a token counts before what is wrong with keys. Here keys come first.
    if (verdict.isEarly && (test.jwks_text ?? test.jwks_hex) !== undefined && test.expect_reason !== verdict.reason) {
        unsaid.push(test.id);
        continue;
    }
    assert.equal(verdict.accepted ? "accept" : "reject", test.expect, `${test.id}: ${verdict.reason}`);
    assert.equal(verdict.reason, test.expect_reason, test.id);
    if (!verdict.isEarly && test.expect_code !== undefined) {
        assert.deepEqual([verdict.code, verdict.status], [test.expect_code, test.expect_status], test.id);
    }
    counts[verdict.accepted ? "accepted" : "rejected"] += 1;
}
assert.deepEqual(unsaid.sort(), [
    "broken_set_is_looked_at_only_for_a_key",
    "empty_list_of_algorithms_allows_none",
    "empty_list_of_expected_audiences_accepts_none",
    "empty_list_of_types_accepts_none",
]);
console.log(`${counts.accepted} accepted and ${counts.rejected} rejected for the reasons that the corpus says`);
console.log(`left out, since no settings say it: ${unsaid.join(", ")}`);
