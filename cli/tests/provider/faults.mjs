// Faults in the responses to fetches of the discovery document and the JWKS, and of the token endpoint.

import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { newKey } from './provider.mjs';

const HUGE = 10 * 1024 * 1024;

// A key that the provider does not have, in the form of its own keys.
const { d, ...point } = newKey('ES384');
const stray = { ...point, use: 'sig', alg: 'ES384' };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

function offCurve({ y, ...jwk }) {
  const bytes = Buffer.from(y, 'base64url');
  bytes[20] ^= 1;
  return { ...jwk, y: bytes.toString('base64url') };
}

/** Sends a complete response; a Content-Length in the headers takes precedence. */
export function send(res, status, headers, body = '') {
  res.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
}

const failing = (status, headers) => ({ res }) => {
  send(res, status, { 'content-type': 'text/plain', ...headers }, `fault: ${status}\n`);
};

/** Serves the valid document with changes. */
const changed = (change) => ({ good }) => (
  { ...good, body: JSON.stringify(change(JSON.parse(good.body))) });

/** JSON of 10 MiB, with the valid document at its end. */
function* hugeDocument(good) {
  const element = `${JSON.stringify(stray)},`;
  const elements = element.repeat(200);
  yield '{"filler":[';
  for (let sent = 0; sent < HUGE; sent += elements.length) yield elements;
  yield `{}],${good.body.slice(1)}`;
}

/** Each either returns a document to serve with status 200, or responds itself. */
const FAULTS = {
  404: failing(404),
  429: failing(429, { 'retry-after': 7 }),
  503: failing(503),
  slow: async ({ good, fault }) => {
    await sleep(fault.delay_ms);
    return good;
  },
  never: () => {},
  reset: ({ req }) => void req.socket.resetAndDestroy(),
  garbage: () => ({ type: 'application/json', body: Buffer.from('\x00\xff{]"keys', 'latin1') }),
  // The whole document, although Content-Length announces more.
  truncated: ({ res, good }) => {
    res.writeHead(200, { 'content-type': good.type, 'content-length': good.body.length + 100 });
    res.write(good.body, () => res.destroy());
  },
  huge: async ({ res, good }) => {
    res.writeHead(200, { 'content-type': good.type });
    // The client may close the connection.
    await pipeline(Readable.from(hugeDocument(good)), res).catch(() => {});
  },
  html: () => ({
    type: 'text/html; charset=utf-8',
    body: '<!DOCTYPE html>\n<title>Sign in</title>\n<form><input name="user"></form>\n',
  }),
  gzip: ({ res, good }) => {
    send(res, 200, { 'content-type': good.type, 'content-encoding': 'gzip' }, gzipSync(good.body));
  },
  // What servers of static files send, with what some editors write.
  plain: ({ good }) => ({ type: 'text/plain; charset=utf-8', body: `\ufeff${good.body}` }),
  redirect: ({ res, moved }) => send(res, 302, { location: moved }),
};

const DISCOVERY_FAULTS = {
  'wrong-issuer': changed((good) => ({ ...good, issuer: 'https://other.example.com/oidc' })),
};

const JWKS_FAULTS = {
  'empty-set': changed(() => ({ keys: [] })),
  'encryption-only': changed(() => ({ keys: [{ ...rsa, kid: 'rsa', use: 'enc', alg: 'RSA-OAEP' }] })),
  'bad-key': changed(({ keys }) => ({
    keys: [
      { ...offCurve(stray), kid: 'off-curve' },
      { kty: 'XYZ', kid: 'unknown-kty', x: 'AQAB' },
      ...keys,
      { ...point, kid: 'for-encryption', use: 'enc' },
      { ...stray, d, kid: 'private' },
    ],
  })),
  'dup-kid': changed(({ keys }) => ({ keys: [...keys, { ...stray, kid: keys[0].kid }] })),
};

const DOCUMENT_KINDS = {
  discovery: { ...FAULTS, ...DISCOVERY_FAULTS },
  jwks: { ...FAULTS, ...JWKS_FAULTS },
};

/** These respond in the provider's place, which does not see the request. */
const { 429: tooMany, 503: unavailable, never, reset, garbage, html, redirect } = FAULTS;
const TOKEN_FAULTS = {
  429: tooMany,
  500: failing(500),
  503: unavailable,
  never,
  reset,
  garbage,
  html,
  redirect,
  'wrong-json': () => ({ type: 'application/json', body: '{"access_token":5,"token_type":"Bearer"}' }),
};

const KINDS = { ...DOCUMENT_KINDS, token: TOKEN_FAULTS };

export class Faults {
  #set = {};

  /** With "all", both documents share the count. */
  set({ on = 'all', kind, count = null, delay_ms = 1000 }) {
    const documents = on === 'all' ? Object.keys(DOCUMENT_KINDS) : [on];
    const fault = kind === 'none' ? undefined
      : { kind: String(kind), left: Number(count ?? Infinity), delay_ms: Number(delay_ms) };
    for (const document of documents) {
      if (!Object.hasOwn(KINDS, document)) throw new Error(`no such document: ${document}`);
      if (fault && !Object.hasOwn(KINDS[document], fault.kind)) {
        throw new Error(`no such fault of the ${document}: ${kind}`);
      }
    }
    for (const document of documents) this.#set[document] = fault;
  }

  /** The fault for this request, as a function like those of FAULTS. */
  next(document) {
    const fault = this.#set[document];
    if (!fault || fault.left <= 0) return undefined;
    fault.left -= 1;
    return (request) => KINDS[document][fault.kind]({ ...request, fault });
  }
}
