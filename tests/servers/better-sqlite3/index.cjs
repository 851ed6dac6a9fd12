// What the PDS takes for better-sqlite3, which is compiled while it is installed and would need a compiler: libsql, whose
// ready-made programs come from npm. libsql gives a BLOB as an ArrayBuffer, where the PDS wants a Buffer.
'use strict'

const Libsql = require('libsql')

const asBuffer = (value) => (value instanceof ArrayBuffer ? Buffer.from(value) : value)

const withBuffers = (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asBuffer(value)]))

// Only what Kysely, the PDS's builder of queries, asks of a statement; anything else is an error and no guess.
class Statement {
  #inner

  constructor(inner) {
    this.#inner = inner
  }

  get reader() {
    return this.#inner.reader
  }

  run(...values) {
    return this.#inner.run(...values)
  }

  all(...values) {
    return this.#inner.all(...values).map(withBuffers)
  }
}

class Database extends Libsql {
  prepare(sql) {
    return new Statement(super.prepare(sql))
  }
}

module.exports = Database
module.exports.default = Database
