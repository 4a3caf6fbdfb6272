// Two OAuth servers on free ports of loopback, until stdin ends: a full provider that checks its
// clients, and a mock whose answers can be bent. Argument: a file with a private key in PEM, whose
// public half is known for the client "by-key". Prints "ready PROVIDER-URL MOCK-URL".
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';
import { Provider } from 'oidc-provider';

const host = '127.0.0.1';
const key = createPublicKey(readFileSync(process.argv[2])).export({ format: 'jwk' });

function client(id, method, more) {
  return {
    client_id: id,
    token_endpoint_auth_method: method,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    ...more,
  };
}

// The issuer holds the port, so the port comes first.
let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((done) => server.listen(0, host, done));
const issuer = `http://${host}:${server.address().port}`;
const secret = 'a secret with: odd % signs + and blanks';
const provider = new Provider(issuer, {
  clients: [
    client('by-basic', 'client_secret_basic', { client_secret: secret }),
    client('by-post', 'client_secret_post', { client_secret: secret }),
    client('by-key', 'private_key_jwt', { jwks: { keys: [{ ...key, use: 'sig' }] } }),
  ],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  scopes: ['all-apis'],
  ttl: { ClientCredentials: 600 },
});
answer = provider.callback();

const mock = new OAuth2Server();
await mock.issuer.keys.generate('RS256');
await mock.start(0, host);
let failures = 2;
mock.service.on('beforeResponse', (response, request) => {
  if (request.body.scope === 'strings') response.body.expires_in = '600';
  if (request.body.scope === 'ended') response.body.expires_in = 0;
  if (request.body.scope === 'fails-twice' && failures-- > 0) {
    response.statusCode = 503;
    response.body = { error: 'temporarily_unavailable' };
  }
});

process.stdin.on('data', () => {});
process.stdin.on('end', () => process.exit(0));
console.log(`ready ${issuer} http://${host}:${mock.address().port}`);
