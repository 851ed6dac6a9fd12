// A certified OAuth and OpenID server (oidc-provider) that has the addresses of a network: `node oidc.cjs '[{…}, …]'`.
//
// One server for each object of the list: `routes` (its addresses for authorization and token), `scopes`, `client` (the
// app; none where apps register themselves as at Mastodon), `seconds` (how long an access token is good) and `api`: path →
// answer, given only to who has a token that is good now. Whoever opens the address is signed in and agrees, unless the
// request has the header `x-test: deny`. One line of JSON says where they listen. It ends when its input ends.
'use strict'

const crypto = require('node:crypto')
const http = require('node:http')
const { once } = require('node:events')

const LOGIN = '/interaction/'

async function body (request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString())
}

function say (reply, status, values) {
  reply.writeHead(status, { 'content-type': 'application/json' })
  reply.end(JSON.stringify(values))
}

// A short token is over before its time; `/test/over` is asked by the tests alone.
async function over (provider, request, reply) {
  const token = await provider.AccessToken.find((await body(request)).token)
  if (token) await token.destroy()
  return say(reply, 200, { was: Boolean(token) })
}

// What a person does on the pages of the server.
async function interact (provider, request, reply) {
  const details = await provider.interactionDetails(request, reply)
  if (request.headers['x-test'] === 'deny') {
    const result = { error: 'access_denied', error_description: 'The person said no' }
    return provider.interactionFinished(request, reply, result, { mergeWithLastSubmission: false })
  }
  const grant = new provider.Grant({ accountId: 'walks', clientId: details.params.client_id })
  grant.addOIDCScope(details.params.scope)
  const consent = { grantId: await grant.save() }
  const result = { login: { accountId: 'walks' }, consent }
  return provider.interactionFinished(request, reply, result, { mergeWithLastSubmission: true })
}

async function api (provider, answers, request, reply, path) {
  const token = String(request.headers.authorization || '').replace(/^Bearer /, '')
  const found = token && await provider.AccessToken.find(token)
  if (!found) return say(reply, 401, { error: 'invalid_token', error_description: `The token ${token} has run out` })
  return say(reply, 200, answers[path])
}

// Mastodon's way to register an app.
async function register (provider, request, reply) {
  const given = await body(request)
  const client = {
    client_id: crypto.randomBytes(12).toString('hex'),
    client_secret: crypto.randomBytes(24).toString('hex'),
    redirect_uris: [given.redirect_uris],
    application_type: 'native',
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post'
  }
  await provider.Client.adapter.upsert(client.client_id, client)
  return say(reply, 200, { name: given.client_name, ...client })
}

async function started (settings, Provider) {
  const server = http.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(url, {
    clients: settings.client ? [settings.client] : [],
    routes: settings.routes,
    scopes: settings.scopes,
    pkce: { required: () => Boolean(settings.pkce) },
    clockTolerance: 0,
    ttl: { AccessToken: settings.seconds || 3600, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600 },
    rotateRefreshToken: () => Boolean(settings.rotates),
    issueRefreshToken: async () => true,
    interactions: { url: (ctx, interaction) => LOGIN + interaction.uid },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    cookies: { keys: [crypto.randomBytes(16).toString('hex')] }
  })
  const standard = provider.callback()
  let last = Promise.resolve() // one after the other, so that two who renew at once are not both let through
  server.on('request', (request, reply) => {
    const { pathname } = new URL(request.url, url)
    const work = async () => {
      if (pathname.startsWith(LOGIN)) return interact(provider, request, reply)
      if (pathname === '/test/over') return over(provider, request, reply)
      if (pathname === '/api/v1/apps') return register(provider, request, reply)
      if (settings.api && settings.api[pathname]) return api(provider, settings.api, request, reply, pathname)
      standard(request, reply)
      await once(reply, 'close')
    }
    last = last.then(work).catch((error) => { process.stderr.write(`${error.stack}\n`); reply.destroy() })
  })
  return url
}

async function main () {
  const { default: Provider } = await import('oidc-provider')
  const urls = []
  for (const settings of JSON.parse(process.argv[2])) urls.push(await started(settings, Provider))
  process.stdout.write(JSON.stringify({ urls }) + '\n')
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1) })
