// An MCP client for tests, made with the official SDK. It calls tools, signs in where the server wants it, and
// prints all that happens as one JSON object per line; see README.md.

import { parseArgs } from 'node:util';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { signIn } from './browser.mjs';

const REDIRECT_URI = 'http://127.0.0.1:1/callback';

const { values: options, positionals: [url, ...tools] } = parseArgs({
  allowPositionals: true,
  options: {
    old: { type: 'boolean', default: false },
    'client-id': { type: 'string' },
    'step-up': { type: 'boolean', default: false },
  },
});

const print = (event) => console.log(JSON.stringify(event));

/** Records each request, and the answer to it. */
async function recorded(target, init = {}) {
  const headers = new Headers(init.headers);
  const response = await fetch(target, init);
  print({
    http: `${init.method ?? 'GET'} ${target}`,
    headers: Object.fromEntries([...headers].filter(([name]) => name.startsWith('mcp-'))),
    has_token: headers.has('authorization'),
    form: init.body instanceof URLSearchParams ? Object.fromEntries(init.body) : null,
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
  });
  return response;
}

/** What the client knows about itself, its user and the authorization server. */
class Memory {
  #kept = { client: options['client-id'] && { client_id: options['client-id'] } };

  redirectUrl = REDIRECT_URI;
  clientMetadata = {
    client_name: 'test',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };

  clientInformation = () => this.#kept.client;
  saveClientInformation = (client) => { this.#kept.client = client; };
  tokens = () => this.#kept.tokens;
  saveTokens = (tokens) => { this.#kept.tokens = tokens; };
  codeVerifier = () => this.#kept.verifier;
  saveCodeVerifier = (verifier) => { this.#kept.verifier = verifier; };
  discoveryState = () => this.#kept.discovery;
  saveDiscoveryState = (state) => { this.#kept.discovery = state; };
  redirectToAuthorization = (to) => {
    print({ authorize: Object.fromEntries(to.searchParams) });
    this.authorizationUrl = to;
  };
}

const memory = new Memory();
const newTransport = () => new StreamableHTTPClientTransport(new URL(url), {
  authProvider: memory,
  fetch: recorded,
  onInsufficientScope: options['step-up'] ? 'reauthorize' : 'throw',
});

/** Does it again after a sign-in, if the server wants one. A second refusal is final. */
async function signedIn(transport, action) {
  try {
    return await action(transport());
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const callback = await signIn(memory.authorizationUrl, REDIRECT_URI);
    await transport().finishAuth(new URLSearchParams(callback));
    return action(transport(true));
  }
}

const failure = ({ name, message, requiredScope, data }) => (
  { error: name, message, required_scope: requiredScope, status: data?.status });

const info = { name: 'test', version: '1.0.0' };
// By default, the SDK speaks 2025-11-25.
const client = new Client(info, options.old ? {} : { versionNegotiation: { mode: 'auto' } });
let transport = newTransport();
const call = (name) => client.callTool({ name, arguments: {} }, {
  timeout: 20_000,
  onprogress: () => {
    print({ progress: name });
    client.callTool({ name: 'wake', arguments: {} });
  },
});

try {
  await signedIn((again) => {
    if (again) transport = newTransport();
    return transport;
  }, (open) => client.connect(open));
  print({ connected: client.getNegotiatedProtocolVersion() });
  for (const name of tools) {
    try {
      const { content: [{ text }] } = await signedIn(() => transport, () => call(name));
      print({ tool: name, text });
    } catch (error) {
      print({ tool: name, ...failure(error) });
    }
  }
} catch (error) {
  print(failure(error));
}
process.exit();
