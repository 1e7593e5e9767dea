// Runs oidc-provider on loopback, obtains tokens from it over HTTP as a client would, and writes
// them together with the provider's JWKS: a small set next to this file, and then one token of each
// algorithm into the folder every-algorithm.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const ISSUER = 'https://auth.example.com/oidc';
const CLIENT_ID = 'app_orders';
const SUBJECT = 'user_7f3k';
const REDIRECT_URI = 'https://app.example.com/callback';
const SCOPE = 'read:orders write:orders';
const API = 'https://api.example.com';
const API_ES256 = 'https://es256.example.com';
const LIFETIME = 3600;
/** The resources of the folder every-algorithm, and their algorithms. */
const EVERY_ALGORITHM = {
  [API]: 'ES384',
  [API_ES256]: 'ES256',
  'https://es512.example.com': 'ES512',
  'https://rs256.example.com': 'RS256',
  'https://ps256.example.com': 'PS256',
  'https://eddsa.example.com': 'EdDSA',
};

const random = () => randomBytes(32).toString('base64url');
const clientSecret = random();

// The keys exist only in this process: the tokens can always be verified, but
// nobody can mint another one for the same JWKS.
const KEYS = {
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  EdDSA: ['ed25519'],
};
const signingKey = (alg) => (
  { ...generateKeyPairSync(...KEYS[alg]).privateKey.export({ format: 'jwk' }), alg, use: 'sig' });

/** Runs a provider with the resources' algorithms, and `work` with what a client does there. */
async function withProvider(algorithms, work) {
  const provider = new Provider(ISSUER, {
    jwks: { keys: [...new Set(Object.values(algorithms))].map(signingKey) },
    cookies: { keys: [random()] },
    // Only RS256 is on by default.
    enabledJWA: { idTokenSigningAlgValues: Object.values(algorithms) },
    clientDefaults: { id_token_signed_response_alg: algorithms[API] },
    clients: [{
      client_id: CLIENT_ID,
      client_secret: clientSecret,
      grant_types: ['authorization_code', 'client_credentials'],
      redirect_uris: [REDIRECT_URI],
    }],
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: Object.fromEntries(
      ['AccessToken', 'ClientCredentials', 'IdToken', 'Grant', 'Interaction', 'Session']
        .map((artifact) => [artifact, LIFETIME]),
    ),
    features: {
      clientCredentials: { enabled: true },
      // Its login form takes any user name, so the script can fill it in.
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          audience: resource,
          scope: SCOPE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithms[resource] } },
        }),
      },
    },
  });
  provider.proxy = true;

  const issuer = new URL(ISSUER);
  const handle = provider.callback();
  const server = createServer((req, res) => {
    // The provider routes from the root; originalUrl tells it where it is mounted.
    req.originalUrl = req.url;
    req.url = req.url.slice(issuer.pathname.length);
    handle(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();

  /** Stands in for DNS and the TLS proxy: sends a request for the issuer's host to loopback. */
  async function request(url, options = {}) {
    const { origin, pathname, search } = new URL(url);
    if (origin !== issuer.origin) throw new Error(`not served here: ${url}`);
    const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': issuer.host };
    const response = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
      ...options, redirect: 'manual', headers: { ...options.headers, ...proxied },
    });
    if (response.ok || response.status === 303) return response;
    throw new Error(`${pathname}: ${response.status} ${await response.text()}`);
  }

  const discovery = await request(`${ISSUER}/.well-known/openid-configuration`);
  const metadata = await discovery.json();

  /** Plays the browser and the user: signs in, consents, returns the callback's parameters. */
  async function authorize(params) {
    const cookies = new Map();
    const browse = async (url, options) => {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const response = await request(url, { ...options, headers: { cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (value) cookies.set(name, value);
        else cookies.delete(name);
      }
      return response;
    };

    let url = `${metadata.authorization_endpoint}?${new URLSearchParams(params)}`;
    while (!url.startsWith(REDIRECT_URI)) {
      let response = await browse(url);
      if (response.status === 200) {
        const [, prompt] = /name="prompt" value="(\w+)"/.exec(await response.text());
        const body = new URLSearchParams({ prompt, login: SUBJECT, password: 'any' });
        response = await browse(url, { method: 'POST', body });
      }
      url = new URL(response.headers.get('location'), url).href;
    }
    return Object.fromEntries(new URL(url).searchParams);
  }

  async function token(params) {
    const credentials = Buffer.from(`${CLIENT_ID}:${clientSecret}`).toString('base64');
    const response = await request(metadata.token_endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(params),
    });
    return response.json();
  }

  async function userTokens(resource, nonce) {
    const verifier = random();
    const state = random();
    const callback = await authorize({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: `openid ${SCOPE}`,
      resource,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    if (!callback.code || callback.state !== state || callback.iss !== ISSUER) {
      throw new Error(`unexpected callback: ${JSON.stringify(callback)}`);
    }
    return token({
      grant_type: 'authorization_code',
      code: callback.code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
      resource,
    });
  }

  const result = await work({ token, userTokens });
  const jwks = await (await request(metadata.jwks_uri)).text();
  server.close();
  return { ...result, jwks };
}

const part = (jwt, index) => Buffer.from(jwt.split('.')[index], 'base64url').toString();

/** k and j differ in one bit, so exactly one character of the base64url text changes. */
function tamper(jwt) {
  const [header, , signature] = jwt.split('.');
  const payload = part(jwt, 1).replace(`"sub":"${SUBJECT}"`, `"sub":"${SUBJECT.replace('k', 'j')}"`);
  return [header, Buffer.from(payload).toString('base64url'), signature].join('.');
}

const date = (seconds) => new Date(seconds * 1000).toISOString().replace('.000', '');

const table = (tokens) => `| File | alg | typ | sub | aud | iat | exp |
|---|---|---|---|---|---|---|
${Object.entries(tokens).map(([file, jwt]) => {
    const { alg, typ } = JSON.parse(part(jwt, 0));
    const { sub, aud, iat, exp } = JSON.parse(part(jwt, 1));
    return `| \`${file}\` | ${alg} | ${typ ?? '(none)'} | \`${sub}\` | \`${aud}\` `
      + `| ${iat} (${date(iat)}) | ${exp} (${date(exp)}) |`;
  }).join('\n')}`;

const write = (file, content) => writeFileSync(new URL(file, import.meta.url), content);

function writeAll(folder, jwks, tokens) {
  mkdirSync(new URL(folder, import.meta.url), { recursive: true });
  for (const [file, jwt] of Object.entries(tokens)) write(`${folder}${file}`, `${jwt}\n`);
  write(`${folder}jwks.json`, jwks);
}

const nonce = random();
const { jwks, tokens } = await withProvider(
  { [API]: 'ES384', [API_ES256]: 'ES256' },
  async ({ token, userTokens }) => {
    const user = await userTokens(API, nonce);
    const es256 = await userTokens(API_ES256, random());
    const machine = await token({ grant_type: 'client_credentials', scope: SCOPE, resource: API });
    return {
      tokens: {
        'access_token.txt': user.access_token,
        'access_token_es256.txt': es256.access_token,
        'machine_token.txt': machine.access_token,
        'id_token.txt': user.id_token,
        'tampered_token.txt': tamper(user.access_token),
      },
    };
  },
);
const every = await withProvider(EVERY_ALGORITHM, async ({ userTokens }) => {
  const made = {};
  for (const [resource, algorithm] of Object.entries(EVERY_ALGORITHM)) {
    const { access_token } = await userTokens(resource, random());
    made[`${algorithm.toLowerCase()}.txt`] = access_token;
  }
  return { tokens: made };
});

writeAll('./', jwks, tokens);
writeAll('./every-algorithm/', every.jwks, every.tokens);
write('README.md', `# Tokens from a real OpenID Connect provider

\`mint.mjs\` runs [oidc-provider](https://github.com/panva/node-oidc-provider) on loopback and
fetches these files from its endpoints over HTTP. To create new ones, including this file:

    npm ci && npm start

- Issuer: \`${ISSUER}\`
- Client: \`${CLIENT_ID}\`
- Scope of the access tokens: \`${SCOPE}\`
- Nonce of the ID token: \`${nonce}\`

${table(tokens)}

- \`jwks.json\`: the response body of the provider's \`jwks_uri\`.
- \`access_token.txt\`, \`id_token.txt\`: one authorization code flow with PKCE.
- \`access_token_es256.txt\`: the same flow for a resource with ES256 tokens.
- \`machine_token.txt\`: client credentials grant; the subject is the client itself.
- \`tampered_token.txt\`: \`access_token.txt\` with one character of the payload changed, so that
  \`sub\` differs, and with the original signature. It must be rejected.

The folder \`every-algorithm\` has the JWKS of another run, with one key for each algorithm, and an
access token by each of them:

${table(every.tokens)}

The tokens are valid for one hour: verify them at a time from \`iat\` up to \`exp\`. The private keys were
generated for this run and existed only in memory.
`);
