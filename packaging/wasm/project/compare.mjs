// Measures the CPU time for verifying a token, beside `jose`, in turns, and prints Markdown.
//
// usage: node compare.mjs EXAMPLES
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { importJWK, jwtVerify } from "jose";
import { inspect, Verifier } from "tollgate-jwt";

const TURNS = 9, MILLISECONDS = 60;
const [folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/every-algorithm/${name}`, "utf8").trim();
const jwks = read("jwks.json"), issuer = "https://auth.example.com/oidc", now = 1795915000;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Microseconds of CPU time for each call, in all threads, measured for at least so many milliseconds. */
async function time(verify) {
    const begun = process.cpuUsage();
    let count = 0, spent;
    do {
        for (let round = 0; round < 16; round += 1) {
            await verify();
        }
        count += 16;
        const { user, system } = process.cpuUsage(begun);
        spent = user + system;
    } while (spent < MILLISECONDS * 1000);
    return spent / count;
}

const opened = performance.now();
new Verifier(jwks, { issuer, any_audience: true });
const opening = performance.now() - opened;

console.log("| µs of CPU time | tollgate-jwt | jose | jose / tollgate-jwt |\n|---|--:|--:|--:|");
for (const name of ["es256", "es384", "es512", "rs256", "ps256", "eddsa"]) {
    const token = read(`${name}.txt`);
    const { header, claims } = inspect(token);
    const key = await importJWK(JSON.parse(jwks).keys.find((key) => key.kid === header.kid), header.alg);
    const options = { issuer, audience: claims.aud, typ: "at+jwt", currentDate: new Date(now * 1000) };
    const verifier = new Verifier(jwks, { issuer, audience: claims.aud });
    const ours = () => assert(verifier.verify(token, now).accepted);
    const theirs = async () => assert((await jwtVerify(token, key, options)).payload.sub);
    const values = { ours: [], theirs: [] };
    for (let turn = 0; turn <= TURNS; turn += 1) {
        const [first, second] = [await time(ours), await time(theirs)];
        // The first turn warms the compilers up.
        if (turn > 0) {
            values.ours.push(first);
            values.theirs.push(second);
        }
    }
    const [a, b] = [median(values.ours), median(values.theirs)];
    console.log(`| ${header.alg} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(b / a).toFixed(2)} |`);
}
console.log(`\nA verifier with ${JSON.parse(jwks).keys.length} keys is ready after ${opening.toFixed(0)} ms.`);
