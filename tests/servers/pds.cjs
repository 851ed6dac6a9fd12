// The official Bluesky server (PDS) with its directory (PLC), for the tests: `node pds.cjs '[{"url": …}, …]'`.
//
// One PDS for each object of the list, all in this process, all in one directory of names. An object holds `url`, by which
// the world knows the PDS (a proxy's address, when one stands before it), and what differs from the settings below, by
// the names of the PDS. One line of JSON says where they listen. It ends when its input ends, so it outlives no test.
'use strict'

const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { once } = require('node:events')

const { PDS, envToCfg, envToSecrets } = require('@atproto/pds')
const { PlcServer, Database } = require('@did-plc/server')

// PDS and PLC listen on all interfaces and on the port they are told. They get sockets that are open already: on this
// computer alone, and on ports that nobody can take from under us.
const sockets = new Map()
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return sockets.has(port) ? listen.call(this, sockets.get(port), ...rest) : listen.call(this, port, ...rest)
}

async function freePort() {
  const socket = net.createServer()
  listen.call(socket, 0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  sockets.set(port, socket)
  return port
}

function settings(port, dir, plc) {
  return {
    port,
    hostname: 'localhost',
    devMode: true,
    dataDirectory: dir,
    blobstoreDiskLocation: path.join(dir, 'blobs'),
    didPlcUrl: plc,
    disableSsrfProtection: true,
    inviteRequired: false,
    serviceHandleDomains: ['.test'],
    enableDidDocWithSession: true,
    jwtSecret: 'the-tests-know-this-secret',
    adminPassword: 'the-tests-know-this-password',
    dpopSecret: '2'.repeat(64),
    plcRotationKeyK256PrivateKeyHex: '1'.repeat(64),
    // Nobody is there: these tests look at the PDS alone.
    bskyAppViewUrl: 'http://127.0.0.1:1',
    bskyAppViewDid: 'did:web:localhost',
  }
}

async function main() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'pds-'))
  const plcPort = await freePort()
  const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
  await plc.start()
  const urls = []
  for (const { url, ...others } of JSON.parse(process.argv[2])) {
    const port = await freePort()
    const dir = path.join(home, String(port))
    fs.mkdirSync(dir)
    const env = { ...settings(port, dir, `http://127.0.0.1:${plcPort}`), ...others }
    const config = envToCfg(env)
    if (url) config.service.publicUrl = url
    const pds = await PDS.create(config, envToSecrets(env))
    await pds.start()
    urls.push(`http://127.0.0.1:${port}`)
  }
  console.log(JSON.stringify({ urls, plc: `http://127.0.0.1:${plcPort}` }))
  const end = () => {
    fs.rmSync(home, { recursive: true, force: true })
    process.exit(0)
  }
  process.stdin.on('end', end).on('close', end).resume()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
