// Runs oidc-provider on loopback, obtains tokens from it over HTTP as a client
// would, and writes them next to this file together with the provider's JWKS.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const ISSUER = 'https://auth.example.com/oidc';
const CLIENT_ID = 'app_orders';
const SUBJECT = 'user_7f3k';
const REDIRECT_URI = 'https://app.example.com/callback';
const SCOPE = 'read:orders write:orders';
const RESOURCES = {
  'https://api.example.com': 'ES384',
  'https://es256.example.com': 'ES256',
};
const [API, API_ES256] = Object.keys(RESOURCES);
const LIFETIME = 3600;

const random = () => randomBytes(32).toString('base64url');
const clientSecret = random();

// The keys exist only in this process: the tokens can always be verified, but
// nobody can mint another one for the same JWKS.
const signingKey = (namedCurve) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });

const provider = new Provider(ISSUER, {
  jwks: { keys: [signingKey('P-384'), signingKey('P-256')] },
  cookies: { keys: [random()] },
  // ES384 is off by default.
  enabledJWA: { idTokenSigningAlgValues: ['ES384', 'ES256'] },
  clientDefaults: { id_token_signed_response_alg: 'ES384' },
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
        jwt: { sign: { alg: RESOURCES[resource] } },
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

const part = (jwt, index) => Buffer.from(jwt.split('.')[index], 'base64url').toString();

/** k and j differ in one bit, so exactly one character of the base64url text changes. */
function tamper(jwt) {
  const [header, , signature] = jwt.split('.');
  const payload = part(jwt, 1).replace(`"sub":"${SUBJECT}"`, `"sub":"${SUBJECT.replace('k', 'j')}"`);
  return [header, Buffer.from(payload).toString('base64url'), signature].join('.');
}

const nonce = random();
const user = await userTokens(API, nonce);
const es256 = await userTokens(API_ES256, random());
const machine = await token({ grant_type: 'client_credentials', scope: SCOPE, resource: API });
const jwks = await (await request(metadata.jwks_uri)).text();
server.close();

const tokens = {
  'access_token.txt': user.access_token,
  'access_token_es256.txt': es256.access_token,
  'machine_token.txt': machine.access_token,
  'id_token.txt': user.id_token,
  'tampered_token.txt': tamper(user.access_token),
};

const date = (seconds) => new Date(seconds * 1000).toISOString().replace('.000', '');
const rows = Object.entries(tokens).map(([file, jwt]) => {
  const { alg, typ } = JSON.parse(part(jwt, 0));
  const { sub, aud, iat, exp } = JSON.parse(part(jwt, 1));
  return `| \`${file}\` | ${alg} | ${typ ?? '(none)'} | \`${sub}\` | \`${aud}\` `
    + `| ${iat} (${date(iat)}) | ${exp} (${date(exp)}) |`;
});

const write = (file, content) => writeFileSync(new URL(file, import.meta.url), content);
for (const [file, jwt] of Object.entries(tokens)) write(file, `${jwt}\n`);
write('jwks.json', jwks);
write('README.md', `# Tokens from a real OpenID Connect provider

\`mint.mjs\` runs [oidc-provider](https://github.com/panva/node-oidc-provider) on loopback and
fetches these files from its endpoints over HTTP. To create a new set, including this file:

    npm ci && npm start

- Issuer: \`${ISSUER}\`
- Client: \`${CLIENT_ID}\`
- Scope of the access tokens: \`${SCOPE}\`
- Nonce of the ID token: \`${nonce}\`

| File | alg | typ | sub | aud | iat | exp |
|---|---|---|---|---|---|---|
${rows.join('\n')}

- \`jwks.json\`: the response body of the provider's \`jwks_uri\`.
- \`access_token.txt\`, \`id_token.txt\`: one authorization code flow with PKCE.
- \`access_token_es256.txt\`: the same flow for a resource with ES256 tokens.
- \`machine_token.txt\`: client credentials grant; the subject is the client itself.
- \`tampered_token.txt\`: \`access_token.txt\` with one character of the payload changed, so that
  \`sub\` differs, and with the original signature. It must be rejected.

The tokens are valid for one hour: verify them at a time from \`iat\` up to \`exp\`. The private keys were
generated for this run and existed only in memory.
`);
