/** A JSON object, as `JSON.parse` returns it: integers beyond 2^53 lose digits. */
export type JsonObject = { [name: string]: unknown };

/** One or several texts. */
export type Texts = string | readonly string[];

export type Algorithm =
    | "ES256" | "ES384" | "ES512" | "EdDSA"
    | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512";

/** A text, number or boolean, or several of which one must fit. */
export type Values = string | number | boolean | readonly (string | number | boolean)[];

/** What a claim must be: one of these tests. */
export interface ClaimTest {
    present?: true;
    equals?: Values;
    contains?: Values;
    starts_with?: Texts;
    ends_with?: Texts;
    /** Without this, a token that does not pass the test is 403. With it, it is 401. */
    validity?: boolean;
}

/** A requirement: a claim, by name or JSON Pointer, with its test, or a group of requirements. */
export interface Requirement extends ClaimTest {
    claim?: string;
    any?: readonly Requirement[];
    all?: readonly Requirement[];
}

/**
 * Which tokens to accept: the settings of an issuer in Tollgate's configuration, by their names there.
 *
 * Unless they say otherwise, these are access tokens by RFC 9068 (`typ: at+jwt`), with a clock tolerance of 60 seconds.
 */
export interface Settings {
    /** `iss` must be one of these, compared exactly. */
    issuer?: Texts;
    /** Accepts any `iss`. */
    any_issuer?: boolean;
    /** `aud` must contain one of these, compared exactly. */
    audience?: Texts;
    /** Or `aud` must contain a value that begins with one of these and continues. */
    audience_prefix?: Texts;
    /** Accepts tokens for any audience. */
    any_audience?: boolean;
    /** Scopes that the token must have, all of them. */
    scope?: Texts;
    /** The claims that hold scopes: names, or JSON Pointers, which begin with a slash. Default: `scope`. */
    scope_claim?: Texts;
    /** How far clocks may differ: seconds, or a text such as `"2 minutes"`. At most an hour. Default: 60. */
    leeway?: number | string;
    /** Another name of `leeway`. */
    clock_tolerance?: number | string;
    /** The kinds of token that are accepted. Another kind than `at+jwt` leaves the profile of RFC 9068. */
    typ?: Texts;
    /** Accepts any kind of token, ID tokens included. */
    any_typ?: boolean;
    /** Also accepts tokens without `typ`, beside those that `typ` lists. */
    typ_absent?: boolean;
    /** The algorithms that are accepted. Default: all that the keys are for. */
    algorithms?: Algorithm | readonly Algorithm[];
    /** Names in the header's `crit` that you understand and act upon. */
    crit?: Texts;
    /** The maximum age of a token since its `iat`: seconds, or a text such as `"1 hour"`. */
    max_token_age?: number | string;
    /** The only `sub` that is accepted. */
    subject?: string;
    /** What other claims must be: values and tests by the claim's name or JSON Pointer, or a list of requirements. */
    required_claims?: { readonly [claim: string]: Values | ClaimTest } | readonly Requirement[];
    /** Whether tokens that `cnf` binds to a key are accepted, because something in front checks the proof. */
    proof_of_possession?: "refuse" | "checked-by-gateway";
    /** Accepts tokens without `exp`, which never expire. */
    allow_missing_exp?: boolean;
}

/** The token is accepted: its claims may be trusted. */
export interface Accepted<Claims = JsonObject> {
    accepted: true;
    claims: Claims;
    header: JsonObject;
}

/** The token is refused. */
export interface Rejected {
    accepted: false;
    /** A name for the client: one of a few. */
    code: string;
    /** The exact reason, for your log: the `Rejection` of tollgate-core. */
    reason: string;
    /** The reason in words. */
    message: string;
    /** The HTTP status to answer with: 401 or 403. */
    status: number;
    /** The value of the `WWW-Authenticate` header. */
    challenge: string;
}

export type Verdict<Claims = JsonObject> = Accepted<Claims> | Rejected;

/** Verifies tokens with the keys of one issuer. */
export class Verifier<Claims = JsonObject> {
    /**
     * @param jwks the issuer's JWK set (RFC 7517), as text or bytes
     * @throws {TollgateError} the text is not a JWK set, or a setting is wrong
     */
    constructor(jwks: string | Uint8Array, settings: Settings);

    /** The number of keys that can verify tokens. */
    readonly keys: number;

    /** The keys that cannot, by their index in the set. */
    readonly leftOut: readonly { readonly index: number; readonly reason: string }[];

    /**
     * Verifies a token that came without a header.
     *
     * @param now seconds since 1970. Default: the current time
     * @throws {TypeError} an argument has another type
     */
    verify(token: string | Uint8Array, now?: number): Verdict<Claims>;

    /**
     * Verifies the token in an `Authorization` header: `Bearer eyJ…`.
     *
     * @param authorization its value, all its values, or nothing if the request has no such header
     * @param now seconds since 1970. Default: the current time
     * @throws {TypeError} an argument has another type
     */
    verifyHeader(
        authorization: string | Uint8Array | readonly string[] | null | undefined,
        now?: number,
    ): Verdict<Claims>;
}

/**
 * Shows what a token says, **without verifying it**. Anyone can write such a token, so trust nothing in it.
 *
 * @throws {TollgateError} the text is not a JWT
 */
export function inspect(token: string | Uint8Array): { header: JsonObject; claims: JsonObject };

/** Keys, settings or a text cannot be used. */
export class TollgateError extends Error {
    name: "TollgateError";
    /** The name of the reason. */
    reason: string;
}
