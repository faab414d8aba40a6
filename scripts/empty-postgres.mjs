import { createServer } from 'node:net';

/** What it says of itself, by the names of the columns that are asked for. */
const FACTS = { read_only: 'f', encoding: 'UTF8', hidden: 'f', locked: 't', complete: 'f' };
const PID = 4711;
const VERSION = 180_000;
const TYPES = { boolean: 16, integer: 23, text: 25 };

/**
 * For the warm-ups of a build, which has no database: says what a PostgreSQL would that lets everybody in, has
 * no tables, and carries out what it is sent without doing anything.
 * @returns {Promise<import('node:net').Server>}
 */
export async function startEmptyPostgres() {
  const server = createServer(welcome);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** @param {import('node:net').Socket} socket */
function welcome(socket) {
  socket.unref();
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write(
      Buffer.concat([
        message('R', int32(0)),
        message('K', Buffer.concat([int32(PID), int32(0)])),
        READY,
      ]),
    );
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length > 4 && rest.length > rest.readInt32BE(1)) {
        const length = rest.readInt32BE(1) + 1;
        answer(socket, String.fromCharCode(rest[0]), rest.subarray(5, length));
        rest = rest.subarray(length);
      }
    });
  });
}

/**
 * @param {import('node:net').Socket} socket
 * @param {string} type of the message
 * @param {Buffer} content
 */
function answer(socket, type, content) {
  switch (type) {
    case 'Q':
      socket.write(Buffer.concat([resultOf(textOf(content)), READY]));
      return;
    case 'P':
      socket.parsed = textOf(content.subarray(content.indexOf(0) + 1));
      socket.write(message('1'));
      return;
    case 'B':
      socket.write(message('2'));
      return;
    case 'E':
      socket.write(resultOf(socket.parsed));
      return;
    case 'S':
      socket.write(READY);
      return;
    case 'X':
      socket.end();
  }
}

/** @param {string} sql one statement, or several */
function resultOf(sql) {
  if (/FROM holdfast_migrations m\b/.test(sql)) return UNDEFINED_TABLE;
  if (/FROM holdfast_running\b/.test(sql)) return done('SELECT 0');
  const commits = sql.split('\nCOMMIT').length - 1;
  if (commits > 0)
    return Buffer.concat(
      Array.from({ length: commits }, () => [row(['duration_ms']), done('COMMIT')]).flat(),
    );
  const columns = [...sql.matchAll(/ AS (\w+)/g)].map(([, name]) => name);
  return columns.length > 0 && !sql.startsWith('BEGIN')
    ? Buffer.concat([row(columns), done('SELECT 1')])
    : done('SET');
}

/** @param {readonly string[]} columns */
function row(columns) {
  const described = columns.flatMap((name) => [
    cString(name),
    int32(0),
    int16(0),
    int32(TYPES[typeOf(valueOf(name))]),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  const values = columns.flatMap((name) => {
    const value = Buffer.from(valueOf(name));
    return [int32(value.length), value];
  });
  const count = int16(columns.length);
  return Buffer.concat([
    message('T', Buffer.concat([count, ...described])),
    message('D', Buffer.concat([count, ...values])),
  ]);
}

/** @param {string} column */
function valueOf(column) {
  if (column === 'pid') return String(PID);
  if (column.endsWith('version')) return String(VERSION);
  return FACTS[column] ?? '0';
}

/** @param {string} value */
function typeOf(value) {
  if (value === 't' || value === 'f') return 'boolean';
  return /^\d+$/.test(value) ? 'integer' : 'text';
}

/** @param {string} tag of a command */
function done(tag) {
  return message('C', cString(tag));
}

/**
 * @param {string} type
 * @param {Buffer} [content]
 */
function message(type, content = Buffer.alloc(0)) {
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content]);
}

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** @param {number} value */
function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** @param {string} text */
function cString(text) {
  return Buffer.from(`${text}\0`);
}

/** @param {Buffer} content that begins with a text that ends with a zero byte */
function textOf(content) {
  return content.toString('utf8', 0, content.indexOf(0));
}

const READY = message('Z', Buffer.from('I'));
const UNDEFINED_TABLE = message('E', Buffer.from('SERROR\0C42P01\0Mno such table\0\0'));
