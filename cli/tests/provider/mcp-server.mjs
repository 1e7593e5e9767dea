// An MCP server for tests, made with the official SDK. It serves revision 2026-07-28 and, with --legacy,
// 2025-11-25, too; see README.md.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' },
    tools: { type: 'string' },
    legacy: { type: 'boolean', default: false },
  },
});

const inputSchema = fromJsonSchema({ type: 'object', properties: {} });
/** Ends the calls of `watch`. */
let wake = () => {};

/** Each tool records its call, and says who called it, according to the gate. */
function answer(name, { http }) {
  const user = http.req.headers.get('x-auth-request-user');
  console.log(`called ${name} by ${user}`);
  return { content: [{ type: 'text', text: `${name} by ${user}` }] };
}

/** Notifies the client, and answers once it has called `wake`. So no response may wait for its end. */
async function watch(name, context) {
  const { notify, _meta: { progressToken } } = context.mcpReq;
  const woken = new Promise((resolve) => { wake = resolve; });
  await notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
  await woken;
  return answer(name, context);
}

function mcpServer() {
  const server = new McpServer({ name: 'test', version: '1.0.0' });
  for (const name of options.tools.split(',')) {
    server.registerTool(name, { description: name, inputSchema }, async (_arguments, context) => {
      if (name === 'watch') return watch(name, context);
      if (name === 'wake') wake();
      return answer(name, context);
    });
  }
  return server;
}

const mcp = createMcpHandler(mcpServer, {
  // By default, the SDK serves old clients, too. These send no headers that a gate could go by.
  legacy: options.legacy ? 'stateless' : 'reject',
});
const handler = toNodeHandler({
  fetch: async (...request) => {
    const response = await mcp.fetch(...request);
    // Other servers do not ask nginx to pass events on at once.
    response.headers.delete('X-Accel-Buffering');
    return response;
  },
});

createServer((req, res) => {
  console.log(`got ${req.method} ${req.url}`);
  // The end of the connection ends the answer. nginx would buffer such an answer, but no chunks.
  res.useChunkedEncodingByDefault = false;
  handler(req, res);
}).listen(Number(options.port), '127.0.0.1', () => console.log('listens'));
