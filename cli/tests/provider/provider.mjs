// An OpenID provider for tests: oidc-provider with keys that can be rotated, and
// a client and a user who obtain tokens from it over HTTP.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';

import { Provider } from 'oidc-provider';

import { form, request, signIn } from './browser.mjs';

const API = 'https://api.example.com';
const CLIENT_ID = 'app_orders';
const REDIRECT_URI = 'https://app.example.com/callback';
/** An MCP client that need not register itself. */
const MCP_CLIENT_ID = 'app_mcp';
const MCP_REDIRECT_URI = 'http://127.0.0.1:1/callback';
const SCOPE = 'read:orders write:orders';
/** The scopes of MCP servers. No user is granted any other, such as `files:wipe`. */
const MCP_SCOPE = 'files:read files:write mail:read';
const LIFETIME = 3600;
/** The user's name, which only the user info has. */
const NAME = 'Ada';
/** An authentication context that clients may ask for, and that no sign-in here reaches. */
const ACR = 'urn:example:mfa';
/** What makes a key for each algorithm. */
const KINDS = {
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  EdDSA: ['ed25519'],
};
/** The members of a thumbprint, in their order (RFC 7638 §3.2, RFC 8037 §2). */
const THUMBPRINT = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] };

const random = () => randomBytes(32).toString('base64url');

/** A new private key; its `kid` is its thumbprint (RFC 7638), which is oidc-provider's default. */
export function newKey(alg, kid) {
  const { privateKey } = generateKeyPairSync(...KINDS[alg]);
  const jwk = privateKey.export({ format: 'jwk' });
  const members = THUMBPRINT[jwk.kty].map((name) => [name, jwk[name]]);
  const thumbprint = createHash('sha256').update(JSON.stringify(Object.fromEntries(members)));
  return { ...jwk, alg, use: 'sig', kid: kid ?? thumbprint.digest('base64url') };
}

/** The keys of the provider: sets with one key per algorithm. The first set signs, all are published. */
class KeySets {
  #algorithms;
  #made = 0;
  #sets;

  constructor(algorithms) {
    this.#algorithms = algorithms;
    this.#sets = [this.#newSet()];
  }

  #newSet(kids = {}) {
    const keys = this.#algorithms.map((alg) => newKey(alg, kids[alg]));
    return { keys, age: this.#made++ };
  }

  #newest() {
    return this.#sets.reduce((a, b) => (a.age > b.age ? a : b));
  }

  #rotations = {
    overlap: () => [this.#newSet(), ...this.#sets],
    'publish-next': () => [...this.#sets, this.#newSet()],
    'sign-next': () => [this.#newest(), ...this.#sets.filter((set) => set !== this.#newest())],
    retire: () => [this.#newest()],
    replace: () => [this.#newSet()],
    'same-kid': () => this.#sets.map(({ keys, age }) => {
      const kids = Object.fromEntries(keys.map(({ alg, kid }) => [alg, kid]));
      return { ...this.#newSet(kids), age };
    }),
  };

  rotate(mode) {
    if (!Object.hasOwn(this.#rotations, mode)) throw new Error(`no such rotation: ${mode}`);
    this.#sets = this.#rotations[mode]();
  }

  get jwks() {
    return { keys: this.#sets.flatMap(({ keys }) => keys) };
  }

  get summary() {
    const signing = Object.fromEntries(this.#sets[0].keys.map(({ alg, kid }) => [alg, kid]));
    return { published: this.jwks.keys.map(({ kid }) => kid), signing };
  }
}

export class RotatingProvider {
  #algorithms;
  #keys;
  #cookieKey = random();
  #clientSecret = random();
  #callback;
  /** The clients that a test has added, by their ids. */
  #clients = new Map();
  /** How long access tokens live, in seconds, unless the request says so. */
  #lifetime = LIFETIME;

  /** The store outlives a provider, so a rotation does not interrupt a sign-in. */
  #stored = new Map();
  #adapter = (model) => {
    const key = (id) => `${model}:${id}`;
    return {
      upsert: async (id, payload) => {
        this.#stored.set(key(id), payload);
        if (payload.uid) this.#stored.set(key(payload.uid), payload);
      },
      find: async (id) => this.#stored.get(key(id)),
      findByUid: async (uid) => this.#stored.get(key(uid)),
      consume: async (id) => { this.#stored.get(key(id)).consumed = Math.floor(Date.now() / 1000); },
      destroy: async (id) => void this.#stored.delete(key(id)),
      revokeByGrantId: async (grantId) => this.#forget(
        (name, { grantId: other }) => name.startsWith(`${model}:`) && other === grantId),
    };
  };

  #forget(isGone) {
    for (const [name, payload] of this.#stored) {
      if (isGone(name, payload)) this.#stored.delete(name);
    }
  }

  constructor(issuer, algorithms) {
    this.issuer = issuer;
    this.#algorithms = algorithms;
    this.#keys = new KeySets(algorithms);
    this.path = new URL(issuer).pathname.replace(/\/$/, '');
    this.#rebuild();
  }

  /** Which keys are published, in order, and which of them sign. */
  get keys() {
    return this.#keys.summary;
  }

  rotate(mode) {
    this.#keys.rotate(mode);
    this.#rebuild();
    return this.keys;
  }

  /** Signs the tokens for the default resource with the first of these algorithms from now on. */
  useAlgorithms(algorithms) {
    this.#algorithms = algorithms;
    this.#keys = new KeySets(algorithms);
    this.#rebuild();
    return this.keys;
  }

  /** Adds a client, or replaces it. */
  addClient(metadata) {
    this.#clients.set(metadata.client_id, metadata);
    this.#rebuild();
    return {};
  }

  setLifetime(seconds) {
    this.#lifetime = Number(seconds);
    return {};
  }

  /** Makes all refresh tokens invalid, as an administrator does. */
  revokeRefreshTokens() {
    let revoked = 0;
    this.#forget((name, { consumed }) => {
      const isRefreshToken = name.startsWith('RefreshToken:');
      if (isRefreshToken && !consumed) revoked += 1;
      return isRefreshToken;
    });
    return { revoked };
  }

  /** `https://es256.example.com` names ES256; other resources get the first algorithm. */
  #algorithmFor(resource) {
    const { hostname } = new URL(resource);
    return this.#algorithms.find((alg) => hostname === `${alg.toLowerCase()}.example.com`)
      ?? this.#algorithms[0];
  }

  handle(req, res) {
    // The provider routes from the root; originalUrl tells it where it is mounted.
    req.originalUrl = req.url;
    req.url = req.url.slice(this.path.length);
    this.#callback(req, res);
  }

  /** oidc-provider cannot change its keys, so each rotation makes a new one. */
  #rebuild() {
    const lifetime = (ctx) => Number(ctx.oidc.body?.lifetime ?? this.#lifetime);
    this.#callback = new Provider(this.issuer, {
      jwks: this.#keys.jwks,
      adapter: this.#adapter,
      cookies: { keys: [this.#cookieKey] },
      // Only RS256 is on by default.
      enabledJWA: { idTokenSigningAlgValues: this.#algorithms },
      clientDefaults: { id_token_signed_response_alg: this.#algorithms[0] },
      clients: [{
        client_id: CLIENT_ID,
        client_secret: this.#clientSecret,
        grant_types: ['authorization_code', 'client_credentials'],
        redirect_uris: [REDIRECT_URI],
      }, {
        client_id: MCP_CLIENT_ID,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: [MCP_REDIRECT_URI],
      }, ...this.#clients.values()],
      // Without this, only public clients get another refresh token at each use.
      rotateRefreshToken: true,
      acrValues: [ACR],
      // Without its own dispatcher, which refuses to tell apps on this machine about logouts.
      fetch: (url, { dispatcher, ...rest }) => fetch(url, rest),
      // Clients may register for these.
      scopes: ['openid', 'offline_access', ...MCP_SCOPE.split(' ')],
      claims: { profile: ['name'] },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: NAME }) }),
      ttl: {
        AccessToken: lifetime,
        ClientCredentials: lifetime,
        IdToken: LIFETIME,
        Grant: LIFETIME,
        Interaction: LIFETIME,
        Session: LIFETIME,
      },
      extraTokenClaims: ({ oidc: { body } }) => (
        body?.organization_id && { organization_id: body.organization_id }),
      features: {
        clientCredentials: { enabled: true },
        // For other MCP clients, which register themselves (RFC 7591).
        registration: { enabled: true },
        revocation: { enabled: true },
        backchannelLogout: { enabled: true },
        // Its login form accepts any user name, which signIn() fills in.
        devInteractions: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_ctx, resource) => ({
            audience: resource,
            scope: `${SCOPE} ${MCP_SCOPE}`,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: this.#algorithmFor(resource) } },
          }),
        },
      },
    }).callback();
  }

  /** Obtains a token as a client would. Without a resource, the token is opaque. */
  async token({ resource = API, scope = SCOPE, grant = 'client_credentials', ...rest }) {
    const { lifetime, organization_id } = rest;
    const wanted = { scope, resource, lifetime, organization_id };
    if (grant === 'client_credentials') return this.#redeem({ grant_type: grant, ...wanted });
    if (grant !== 'authorization_code') throw new Error(`no such grant: ${grant}`);

    const verifier = random();
    const state = random();
    const callback = await signIn(`${this.issuer}/auth?${form({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: `openid ${scope}`,
      resource,
      state,
      nonce: random(),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })}`, REDIRECT_URI);
    if (!callback.code || callback.state !== state || callback.iss !== this.issuer) {
      throw new Error(`refused: ${JSON.stringify(callback)}`);
    }
    return this.#redeem({
      grant_type: grant,
      ...wanted,
      code: callback.code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    });
  }

  async #redeem(params) {
    const credentials = Buffer.from(`${CLIENT_ID}:${this.#clientSecret}`).toString('base64');
    const response = await request(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: form(params),
    });
    return response.json();
  }
}
