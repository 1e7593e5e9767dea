// Runs oidc-provider on http://127.0.0.1:3000, for a trial on this machine. Its only client asks for tokens for itself:
//
//     curl -u app_orders:trial -d grant_type=client_credentials -d resource=https://api.example.com \
//         -d scope=read:orders http://127.0.0.1:3000/token

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';

import { Provider } from 'oidc-provider';

const ADDRESS = { host: '127.0.0.1', port: 3000 };
const API = 'https://api.example.com';
const SCOPE = 'read:orders write:orders';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const provider = new Provider(`http://${ADDRESS.host}:${ADDRESS.port}`, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES384', use: 'sig' }] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  // Only RS256 is on by default.
  enabledJWA: { idTokenSigningAlgValues: ['ES384'] },
  clientDefaults: { id_token_signed_response_alg: 'ES384' },
  clients: [{
    client_id: 'app_orders',
    client_secret: 'trial',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }],
  ttl: { ClientCredentials: 3600 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== API) throw new Error(`no such API: ${resource}`);
        return { audience: resource, scope: SCOPE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES384' } } };
      },
    },
  },
});
await once(provider.listen(ADDRESS), 'listening');
console.log(`${provider.issuer} has keys and tokens`);
