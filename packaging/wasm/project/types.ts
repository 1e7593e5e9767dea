// Compiles if the types fit, and only then.
import { inspect, TollgateError, Verifier, type Verdict } from "tollgate-jwt";

const verifier = new Verifier("{\"keys\":[]}", {
    issuer: "https://auth.example.com/oidc",
    audience: ["https://api.example.com"],
    algorithms: ["ES256", "RS256"],
    scope: "read:orders",
    leeway: "30 seconds",
    required_claims: { organization_id: "org_1", "/realm_access/roles": { contains: "admin" } },
});
const verdict: Verdict = verifier.verify("a.b.c", 1795287000);
export const answer: string = verdict.accepted ? String(verdict.claims["sub"]) : verdict.challenge;
export const header: number = verifier.verifyHeader(undefined).accepted ? 200 : 401;
export const unverified: unknown = inspect("a.b.c").claims["sub"];
export const reason = (error: TollgateError): string => error.reason;

const typed = new Verifier<{ sub: string }>(new Uint8Array(), { any_issuer: true, any_audience: true });
const own = typed.verify("a.b.c");
export const subject: string = own.accepted ? own.claims.sub : own.reason;

// @ts-expect-error: claims exist only if the token is accepted
verdict.claims;
// @ts-expect-error: a setting of another name
new Verifier("{}", { issuer: "a", audience: "b", scopes: "c" });
// @ts-expect-error: HMACs are not supported
new Verifier("{}", { issuer: "a", audience: "b", algorithms: ["HS256"] });
// @ts-expect-error: a time is a number
verifier.verify("a.b.c", new Date());
