// The server of the provider, and of the commands that control it; see README.md.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import { Faults, send } from './faults.mjs';
import { RotatingProvider } from './provider.mjs';

// Standard output has a single line, with the URLs.
const log = (...message) => console.error(...message);
console.log = log;
console.info = log;
process.stderr.on('error', () => {});

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'issuer-path': { type: 'string', default: '/oidc' },
    algorithms: { type: 'string', default: 'ES384,ES256' },
  },
});

const faults = new Faults();
const NOTHING_SEEN = {
  discovery: 0, jwks: 0, jwks_304: 0, redirected: 0, max_concurrent_jwks: 0, token: 0,
};
let stats = { ...NOTHING_SEEN, seen_queries: [], user_agents: [] };
let concurrent = 0;
let cache = { cache_control: null, etag: false };

// ---- The provider ----------------------------------------------------

/** Lets the provider respond, but holds the response back. */
const answerTo = (req, res) => new Promise((resolve) => {
  res.end = (body) => {
    delete res.end;
    const type = res.getHeader('content-type');
    for (const name of ['content-type', 'content-length']) res.removeHeader(name);
    res.statusMessage = undefined;
    resolve({ type, body });
  };
  provider.handle(req, res);
});

function count(document, req, res) {
  stats[document] += 1;
  const { search } = new URL(req.url, provider.issuer);
  if (search) stats.seen_queries.push(req.url);
  const agent = req.headers['user-agent'] ?? null;
  if (!stats.user_agents.includes(agent)) stats.user_agents.push(agent);
  if (document !== 'jwks') return;
  concurrent += 1;
  stats.max_concurrent_jwks = Math.max(stats.max_concurrent_jwks, concurrent);
  res.once('close', () => { concurrent -= 1; });
}

function serve(document, { type, body }, req, res) {
  const headers = { 'content-type': type };
  if (document === 'jwks') {
    if (cache.cache_control) headers['cache-control'] = cache.cache_control;
    if (cache.etag) {
      headers.etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
      const known = (req.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
      if (known.includes(headers.etag) || known.includes('*')) {
        stats.jwks_304 += 1;
        delete headers['content-type'];
        res.writeHead(304, headers).end();
        return;
      }
    }
  }
  send(res, 200, headers, body);
}

async function answer(req, res) {
  const { path } = provider;
  const { pathname } = new URL(req.url, provider.issuer);
  if (!pathname.startsWith(`${path}/`)) {
    send(res, 404, {});
    return;
  }
  const documents = { discovery: `${path}/.well-known/openid-configuration`, jwks: `${path}/jwks` };
  const moved = (document) => `${path}/moved/${document}`;
  const names = Object.keys(documents);
  const asked = names.find((document) => pathname === documents[document]);
  const followed = names.find((document) => pathname === moved(document));
  if (req.method === 'POST' && pathname === `${path}/token`) {
    stats.token += 1;
    const fault = faults.next('token');
    if (fault) {
      const document = await fault({ req, res, moved: moved('token') });
      if (document) serve('token', document, req, res);
      return;
    }
  }
  if (req.method !== 'GET' || !(asked || followed)) {
    provider.handle(req, res);
    return;
  }

  log(`provider: GET ${req.url}`);
  if (followed) {
    stats.redirected += 1;
    req.url = documents[followed];
    serve(followed, await answerTo(req, res), req, res);
    return;
  }
  count(asked, req, res);
  const fault = faults.next(asked);
  let document = await answerTo(req, res);
  if (fault) document = await fault({ req, res, good: document, moved: moved(asked) });
  if (document) serve(asked, document, req, res);
}

// ---- The control commands -----------------------------------------------------

const COMMANDS = {
  'POST /control/token': (params) => provider.token(params),
  'GET /control/keys': () => provider.keys,
  'POST /control/rotate': ({ mode }) => provider.rotate(mode),
  'POST /control/algorithms': ({ algorithms }) => provider.useAlgorithms(algorithms.split(',')),
  'POST /control/fault': (params) => {
    faults.set(params);
    return {};
  },
  'POST /control/cache': ({ cache_control = null, etag = false }) => {
    cache = { cache_control, etag: etag === true || etag === 'true' };
    return cache;
  },
  'POST /control/client': (metadata) => provider.addClient(metadata),
  'POST /control/lifetime': ({ seconds }) => provider.setLifetime(seconds),
  'POST /control/revoke': () => provider.revokeRefreshTokens(),
  'GET /control/stats': () => stats,
  'POST /control/stats/reset': () => {
    stats = { ...NOTHING_SEEN, max_concurrent_jwks: concurrent, seen_queries: [], user_agents: [] };
    return stats;
  },
  'POST /control/down': async () => {
    if (front.listening) {
      const closed = once(front, 'close');
      front.close();
      front.closeAllConnections();
      await closed;
    }
    return { listening: front.listening };
  },
  'POST /control/up': async () => {
    if (!front.listening) await listen(front, port);
    return { listening: front.listening };
  },
};

async function command(req, res) {
  const { pathname, searchParams } = new URL(req.url, 'http://127.0.0.1');
  const name = `${req.method} ${pathname}`;
  if (!Object.hasOwn(COMMANDS, name)) {
    send(res, 404, { 'content-type': 'application/json' }, '{"error":"no such command"}');
    return;
  }
  let status = 200;
  let result;
  try {
    const body = await text(req);
    const params = { ...Object.fromEntries(searchParams), ...JSON.parse(body || '{}') };
    log(`control: ${name} ${JSON.stringify(params)}`);
    result = await COMMANDS[name](params);
  } catch (error) {
    status = 400;
    result = { error: [error.message, error.cause?.message].filter(Boolean).join(': ') };
    log(`control: ${result.error}`);
  }
  send(res, status, { 'content-type': 'application/json' }, JSON.stringify(result));
}

// ---- Both -------------------------------------------------------------------

const listening = (handle) => createServer((req, res) => {
  handle(req, res).catch((error) => {
    log(error);
    res.destroy();
  });
});

async function listen(server, onPort) {
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

// Exits with the test, whose end closes standard input.
const exit = () => process.exit();
process.stdin.on('error', exit).on('end', exit).on('close', exit).resume();
process.on('SIGTERM', exit);

const front = listening(answer);
const port = await listen(front, Number(options.port));
const provider = new RotatingProvider(
  `http://127.0.0.1:${port}${options['issuer-path'].replace(/\/$/, '')}`,
  options.algorithms.split(','));
const controlPort = await listen(listening(command), 0);
const places = { issuer: provider.issuer, control: `http://127.0.0.1:${controlPort}/control` };
process.stdout.write(`${JSON.stringify(places)}\n`);
